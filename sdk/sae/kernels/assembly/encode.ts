// Encoding of embeddings: what of the trainer's kernels it takes, in a module of its own.
export { product, quantise, strongest, weightBytes } from './sae/screen';
export { select } from './sae/select';
