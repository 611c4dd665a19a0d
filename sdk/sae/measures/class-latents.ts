/** Which latents tell a class, and the rows that only they make. */
import type { SparseCode } from '../encode.ts';

/** Rows of some classes with their codes and embeddings [rows, d]. A label below 0 is of no class. */
export interface LabelledCodes {
  readonly codes: readonly SparseCode[];
  readonly embeddings: Float32Array;
  readonly labels: ArrayLike<number>;
}

/** 1 for rows of the class, 0 for others. */
export function ownRows(labels: ArrayLike<number>, label: number): Uint8Array {
  return Uint8Array.from(labels, (value) => Number(value === label));
}

/**
 * Latents 0 … n − 1 by how well each alone tells rows with `own` 1 from those with 0, best first, ties by index: the difference of both means
 * over the SD within, |μ₁ − μ₀| / σ, σ² pooled over both (the t statistic but for the numbers of rows).
 */
export function latentsByClass(codes: readonly SparseCode[], n: number, own: ArrayLike<number>): number[] {
  const counts = [0, 0];
  const sums = [new Float64Array(n), new Float64Array(n)];
  const squares = [new Float64Array(n), new Float64Array(n)];
  codes.forEach(({ latents, values }, row) => {
    const side = own[row];
    counts[side]++;
    for (let i = 0; i < latents.length; i++) {
      sums[side][latents[i]] += values[i];
      squares[side][latents[i]] += values[i] ** 2;
    }
  });
  const score = Float64Array.from({ length: n }, (_, latent) => {
    const mean = [0, 1].map((side) => sums[side][latent] / Math.max(1, counts[side]));
    const apart = Math.abs(mean[1] - mean[0]);
    if (apart === 0) return 0;
    const within = [0, 1].map((side) => squares[side][latent] - counts[side] * mean[side] ** 2);
    const deviation = Math.sqrt(Math.max(0, within[0] + within[1]) / codes.length);
    // a latent that never varies within tells the class for certain
    return apart / Math.max(deviation, Number.EPSILON * apart);
  });
  return Array.from(score.keys()).sort((a, b) => score[b] - score[a] || a - b);
}

/** Activations of some latents, [rows, latents]. */
export function denseColumns(codes: readonly SparseCode[], latents: readonly number[]): Float32Array {
  const place = new Map(latents.map((latent, i) => [latent, i]));
  const columns = new Float32Array(codes.length * latents.length);
  codes.forEach((code, row) => {
    for (let i = 0; i < code.latents.length; i++) {
      const at = place.get(code.latents[i]);
      if (at !== undefined) columns[row * latents.length + at] = code.values[i];
    }
  });
  return columns;
}
