// The hot loops of the trainer in AssemblyScript. Rows are `width` float32 long, a multiple of 32, padded with zeros; pointers are byte
// offsets into the one memory. Every sum is made in the order that ../twin.ts makes it in, so that both give the same bits.
export { squaredNorm, stepAtoms, stepRows, stepValues } from './sae/adam';
export { addLevel, byLatent, derive, subtractRows, sumRows } from './sae/backward';
export { decode, inversePowers, levelErrors } from './sae/decode';
export { centre, pack, unpack } from './sae/segments';
export { merge, select } from './sae/select';
export { axpy, dot } from './sae/vector';
