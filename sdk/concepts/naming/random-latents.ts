/**
 * What chance would name. A random direction is Σ aᵢ·(xᵢ − x̄) over training rows with normal aᵢ: it has the data's covariance, so it lies
 * where scenes vary, and no training picked it. A random latent looks along such a direction, read off in the metric, and fires on the
 * scenes that lie furthest along it, on as many as some latent of the model does.
 */
import { kthLargest, Random } from '../../base/index.ts';
import type { DenseProduct } from '../../sae/index.ts';
import { ASKED_IMAGES } from './evidence.ts';
import { type Metric, transposed } from './metric.ts';
import { meanRow, sceneDirection } from './scene-directions.ts';

/** Latents whose projections are held at once. */
const CHUNK = 256;

/** Draws directions [count, d] with the covariance of the sample [rows, d]. */
export function randomDirections(
  sample: Float32Array,
  d: number,
  random: Random,
  dense: DenseProduct,
): (count: number) => Promise<Float32Array> {
  const rows = sample.length / d;
  const mean = meanRow(sample, d);
  const columns = transposed(
    sample.map((value, i) => value - mean[i % d]),
    rows,
    d,
  );
  return (count) => {
    const weights = Float32Array.from({ length: count * rows }, () => random.normal());
    return dense.multiply(weights, columns, rows);
  };
}

export interface RandomLatentOptions {
  /** Rows that stand for the data's covariance, [rows, d]. */
  readonly sample: Float32Array;
  readonly d: number;
  /** Rows that latents are scored on and rows that confirm, [rows, d]. */
  readonly scored: Float32Array;
  readonly confirming: Float32Array;
  /** Scored rows that latents of the model fire on, one of which is drawn for each random latent. */
  readonly densities: ArrayLike<number>;
  readonly count: number;
  readonly seed: number;
  /** What they are drawn for: another use, other latents. */
  readonly use: string;
}

export interface RandomLatents {
  /** Where the scenes lie that they fire on, [count, d] (scene-directions.ts). */
  readonly directions: Float32Array;
  /** Confirming rows where each is strongest. */
  readonly images: readonly (readonly number[])[];
}

/** Draws random latents and lets them fire. */
export async function randomLatents(
  options: RandomLatentOptions,
  metric: Metric,
  dense: DenseProduct,
): Promise<RandomLatents> {
  const { sample, d, scored, confirming, densities, count, seed, use } = options;
  const random = Random.of(seed, use);
  const draw = randomDirections(sample, d, random, dense);
  const mean = meanRow(scored, d);
  const directions = new Float32Array(count * d);
  const images: number[][] = [];
  for (let from = 0; from < count; from += CHUNK) {
    const some = await metric.readouts(await draw(Math.min(CHUNK, count - from)));
    const along = await dense.multiply(some, scored, d);
    const alongConfirming = await dense.multiply(some, confirming, d);
    const [rows, confirmingRows] = [scored.length / d, confirming.length / d];
    for (let i = 0; i < some.length / d; i++) {
      const values = along.subarray(i * rows, (i + 1) * rows);
      const active = Math.min(rows - 1, densities[random.below(densities.length)]);
      const threshold = kthLargest(values.slice(), active + 1);
      const firing = activeRows(values, threshold);
      sceneDirection(scored, d, mean, firing.rows, firing.activations, directions.subarray((from + i) * d));
      const shown = activeRows(alongConfirming.subarray(i * confirmingRows, (i + 1) * confirmingRows), threshold);
      const order = shown.rows.map((_, at) => at).sort((a, b) => shown.activations[b] - shown.activations[a] || a - b);
      images.push(order.slice(0, ASKED_IMAGES).map((at) => shown.rows[at]));
    }
  }
  return { directions, images };
}

function activeRows(values: Float32Array, threshold: number): { rows: number[]; activations: number[] } {
  const rows: number[] = [];
  const activations: number[] = [];
  for (let row = 0; row < values.length; row++) {
    if (!(values[row] > threshold)) continue;
    rows.push(row);
    activations.push(values[row] - threshold);
  }
  return { rows, activations };
}
