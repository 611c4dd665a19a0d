/** Codes of many embeddings at once, by dense products: what evaluation, naming and distillation work on. */
import { DenseProduct } from './dense.ts';
import { type SparseCode, strongestLatents } from './encode.ts';
import type { SaeWeights } from './weights.ts';

const CHUNK_ROWS = 512;

/** Writes x' − b_pre of embeddings [rows, d] into rows that are `width` long. */
export function centreInto(
  { d, mean, scale, bPre }: SaeWeights,
  embeddings: Float32Array,
  width: number,
  into: Float32Array,
): void {
  for (let source = 0, target = 0; source < embeddings.length; source += d, target += width)
    for (let i = 0; i < d; i++) into[target + i] = (embeddings[source + i] - mean[i]) * scale - bPre[i];
}

/** Pre-activations [rows, n] of embeddings [rows, d]; those not above their latent's threshold, where it has one, are 0. */
export async function preActivationsOf(
  sae: SaeWeights,
  embeddings: Float32Array,
  threads: number,
): Promise<Float32Array> {
  const { d, n, wEnc, bLat, threshold } = sae;
  const rows = embeddings.length / d;
  const result = new Float32Array(rows * n);
  const centred = new Float32Array(CHUNK_ROWS * d);
  const dense = await DenseProduct.open(threads);
  try {
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - from);
      centreInto(sae, embeddings.subarray(from * d, (from + count) * d), d, centred);
      const pre = result.subarray(from * n, (from + count) * n);
      await dense.multiply(centred.subarray(0, count * d), wEnc, d, pre);
      for (let i = 0; i < pre.length; i++) pre[i] += bLat[i % n];
      if (threshold) for (let i = 0; i < pre.length; i++) if (!(pre[i] > threshold[i % n])) pre[i] = 0;
    }
  } finally {
    await dense.close();
  }
  return result;
}

/** The at most k strongest latents of each row of pre-activations [rows, n]. */
export function codesOf(pre: Float32Array, n: number, k: number): SparseCode[] {
  return Array.from({ length: pre.length / n }, (_, row) => strongestLatents(pre, k, row * n, n));
}

/** Numbers of latents as codes can have them, each once and rising: at most n. */
export function risingKs(ks: readonly number[], n: number): number[] {
  return [...new Set(ks.map((k) => Math.min(k, n)))].sort((a, b) => a - b);
}

/** The first k latents of a code. */
export function prefix(code: SparseCode, k: number): SparseCode {
  return { latents: code.latents.subarray(0, k), values: code.values.subarray(0, k) };
}
