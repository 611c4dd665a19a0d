/**
 * What a concept does to a decision. Scaling the activation z of latent j by t moves a row to x + decode(z') − decode(z) = x + (t − 1)·z_j·d_j/s,
 * d_j the latent's atom and s the model's scale: the error of the reconstruction stays out of it. (So does the projection of a non-negative
 * decoder, which is no part of the concept.) A linear classifier's logits move by (t − 1)·z_j·W·d_j/s.
 */
import { DenseProduct, type SaeWeights } from '../../sae/index.ts';
import { softmax } from '../../sae/measures/index.ts';
import { type Activations, gatherActivations } from '../activations.ts';
import type { Classifier } from './classifier.ts';

export interface Interventions extends Activations {
  readonly classes: number;
  /** Logits of the rows as they are, [rows, classes]. */
  readonly logits: Float32Array;
  /** What one unit of each latent's activation adds to the logits, [n, classes]. */
  readonly pull: Float32Array;
}

/** Encodes rows [rows, d] to their k strongest latents and prepares every intervention on them. */
export async function openInterventions(
  sae: SaeWeights,
  embeddings: Float32Array,
  classifier: Classifier,
  k: number,
  threads: number,
): Promise<Interventions> {
  const { d } = sae;
  const classes = classifier.names.length;
  const activations = await gatherActivations(sae, [embeddings], { k, threads });
  const weights = Float32Array.from(classifier.weights);
  const dense = await DenseProduct.open(threads);
  let logits: Float32Array;
  let pull: Float32Array;
  try {
    logits = await dense.multiply(embeddings, weights, d);
    pull = await dense.multiply(sae.wDec, weights, d);
  } finally {
    await dense.close();
  }
  for (let i = 0; i < logits.length; i++) logits[i] += classifier.bias[i % classes];
  for (let i = 0; i < pull.length; i++) pull[i] /= sae.scale;
  return { ...activations, classes, logits, pull };
}

/** Probabilities of the classes [classes] at one entry of `latent`, its activation scaled by `factor`. */
export function probabilitiesAt(
  { classes, logits, pull, row, value }: Interventions,
  latent: number,
  entry: number,
  factor: number,
  into: Float64Array,
): Float64Array {
  const step = (factor - 1) * value[entry];
  const [at, to] = [row[entry] * classes, latent * classes];
  for (let c = 0; c < classes; c++) into[c] = logits[at + c] + step * pull[to + c];
  softmax(into);
  return into;
}

/** Probabilities of the rows as they are, [rows, classes]. */
export function probabilities({ rows, classes, logits }: Interventions): Float64Array {
  const result = Float64Array.from(logits);
  for (let row = 0; row < rows; row++) softmax(result, row * classes, classes);
  return result;
}

/** Place of the greatest of each row of [rows, width], the first of equals. */
export function decisions(values: ArrayLike<number>, width: number): Int32Array {
  return Int32Array.from({ length: values.length / width }, (_, row) => {
    let best = row * width;
    for (let at = best + 1; at < (row + 1) * width; at++) if (values[at] > values[best]) best = at;
    return best - row * width;
  });
}
