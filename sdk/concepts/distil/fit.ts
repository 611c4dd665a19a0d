/**
 * Fits units and biases to the teacher once the weights are rounded: for each latent the line from its integer sums to the teacher's
 * pre-activations, by least squares over the calibration rows, where a row weighs the more the nearer the teacher is to the row's cut.
 */
import { DenseProduct, preActivationsOf, type SaeWeights, strongestLatents } from '../../sae/index.ts';
import { type Calibration, chunksOf } from './calibration.ts';
import { COMPARED, cutOf } from './contention.ts';
import { bytesOf } from './student.ts';

/** Weight of a row far from the cut against one at it. */
const FAR = 1e-3;
/** A fitted unit that is not within this factor of the rounding's own comes from too few rows: it is not taken. */
const TRUSTED = 1.5;
/** Per latent: Σw, Σw·sum, Σw·pre, Σw·sum², Σw·sum·pre. */
const MOMENTS = 5;

/** Latents whose weights are rounded. */
export interface Rounded {
  readonly latents: readonly number[];
  /** [m, d]. */
  readonly weights: Int8Array;
  /** [m]. */
  readonly unit: Float64Array;
}

/** What turns integer sums into pre-activations. */
export interface Fitted {
  /** [m]. */
  readonly unit: Float32Array;
  /** [m]. */
  readonly bias: Float32Array;
}

/** Fits some rounded latents; `sae` is the teacher without thresholds. */
export async function fitLatents(
  sae: SaeWeights,
  { range, rows }: Calibration,
  rounded: Rounded,
  threads: number,
): Promise<Fitted> {
  const { d, n } = sae;
  const { latents } = rounded;
  const m = latents.length;
  if (m === 0) return { unit: new Float32Array(), bias: new Float32Array() };
  const moments = new Float64Array(m * MOMENTS);
  const weights = Float32Array.from(rounded.weights);
  const dense = await DenseProduct.open(threads);
  try {
    for (const chunk of chunksOf(rows, d)) {
      const pre = await preActivationsOf(sae, chunk, threads);
      const sums = await dense.multiply(Float32Array.from(bytesOf(range, chunk)), weights, d);
      for (let row = 0; row < chunk.length / d; row++) {
        const cut = cutOf(strongestLatents(pre, COMPARED + 1, row * n, n).values, COMPARED);
        for (let i = 0, at = 0; i < m; i++) {
          const [x, y] = [sums[row * m + i], pre[row * n + latents[i]]];
          const weight = FAR + (cut ? Math.exp(-0.5 * ((y - cut.at) / cut.near) ** 2) : 0);
          moments[at++] += weight;
          moments[at++] += weight * x;
          moments[at++] += weight * y;
          moments[at++] += weight * x * x;
          moments[at++] += weight * x * y;
        }
      }
    }
  } finally {
    await dense.close();
  }
  const unit = new Float32Array(m);
  const bias = new Float32Array(m);
  for (let i = 0; i < m; i++) {
    const [w, x, y, xx, xy] = moments.subarray(i * MOMENTS, (i + 1) * MOMENTS);
    const own = rounded.unit[i];
    const slope = (xy - (x * y) / w) / (xx - (x * x) / w);
    unit[i] = slope > own / TRUSTED && slope < own * TRUSTED ? slope : own;
    bias[i] = (y - unit[i] * x) / w;
  }
  return { unit, bias };
}
