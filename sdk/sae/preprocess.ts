/** What embeddings go through before training: x' = (x − mean)·scale with mean norm √d, so that a value's power is about 1. */
import { NadirError } from '../base/index.ts';

export interface Preprocessed {
  /** x' [rows, d]. */
  readonly data: Float32Array;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly nonNegative: boolean;
}

/** Preprocesses embeddings [rows, d]. */
export function preprocess(embeddings: Float32Array, d: number): Preprocessed {
  const rows = embeddings.length / d;
  const sums = new Float64Array(d);
  let lowest = 0;
  for (let i = 0; i < embeddings.length; i++) {
    sums[i % d] += embeddings[i];
    if (embeddings[i] < lowest) lowest = embeddings[i];
  }
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  const data = new Float32Array(embeddings.length);
  let norms = 0;
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = 0, at = row * d; i < d; i++, at++) {
      data[at] = embeddings[at] - mean[i];
      square += data[at] ** 2;
    }
    norms += Math.sqrt(square);
  }
  if (norms === 0)
    throw new NadirError({ what: 'all rows are equal', where: 'training data', remedy: 'Give embeddings that differ' });
  const scale = (Math.sqrt(d) * rows) / norms;
  for (let i = 0; i < data.length; i++) data[i] *= scale;
  return { data, mean, scale, nonNegative: lowest >= 0 };
}
