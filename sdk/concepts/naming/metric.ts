/**
 * Angles between directions of an embedding space, where a direction along which all scenes vary much counts less: the inner product
 * uᵀ(Σ + λI)⁻¹v, with the data's covariance Σ and λ a multiple of its mean eigenvalue. In plain angles the few directions that carry most of the variance make any
 * two directions of scenes look alike (random ones reach a cosine of 0.6 with a land-cover class, and a threshold above that leaves
 * hardly a name); the full inverse would trust directions that a sample cannot estimate.
 *
 * With Σ = AᵀA of m rows, Woodbury's identity gives λ·uᵀ(Σ + λI)⁻¹v = u·v − (K u)·(K v), K = L⁻¹A, LLᵀ = λI + AAᵀ.
 */
import type { DenseProduct } from '../../sae/index.ts';
import { choleskyLower } from '../cholesky.ts';

/** λ over the mean eigenvalue. */
const SHRINKAGE = 3;

export interface Metric {
  /** Cosines [a, b] between the rows of two sets [a, d] and [b, d]; 0 for a row of zeros. */
  cosines(a: Float32Array, b: Float32Array): Promise<Float32Array>;
  /** λ(Σ + λI)⁻¹v of rows v [a, d]: the product with it is the metric's inner product with v. [a, d]. */
  readouts(rows: Float32Array): Promise<Float32Array>;
  /** The directions whose readouts the rows are: (Σ + λI)w/λ of rows w [a, d]. [a, d]. */
  readFrom(rows: Float32Array): Promise<Float32Array>;
}

/** The metric of the data that the sample [m, d] comes from. */
export async function whitenedMetric(sample: Float32Array, d: number, dense: DenseProduct): Promise<Metric> {
  const m = sample.length / d;
  const centred = new Float32Array(sample.length);
  let trace = 0;
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let i = 0; i < m; i++) mean += sample[i * d + j] / m;
    for (let i = 0; i < m; i++) {
      centred[i * d + j] = (sample[i * d + j] - mean) / Math.sqrt(m);
      trace += centred[i * d + j] ** 2;
    }
  }
  const lambda = (SHRINKAGE * trace) / d || 1;
  const gram = Float64Array.from(await dense.multiply(centred, centred, d));
  for (let i = 0; i < m; i++) gram[i * m + i] += lambda;
  const reduced = solveLower(choleskyLower(gram, m), centred, m, d);
  const columns = transposed(reduced, m, d);
  const project = async (rows: Float32Array) => {
    const projected = await dense.multiply(rows, reduced, d);
    return { rows, projected, lengths: lengthsOf(rows, projected, d, m) };
  };
  return {
    async cosines(a, b) {
      const [left, right] = [await project(a), await project(b)];
      const cosines = await dense.multiply(a, b, d);
      const taken = await dense.multiply(left.projected, right.projected, m);
      const columns = right.lengths.length;
      for (let i = 0; i < cosines.length; i++) {
        const length = left.lengths[Math.floor(i / columns)] * right.lengths[i % columns];
        cosines[i] = length > 0 ? (cosines[i] - taken[i]) / length : 0;
      }
      return cosines;
    },
    async readouts(rows) {
      const coordinates = await dense.multiply(rows, reduced, d);
      const taken = await dense.multiply(coordinates, columns, m);
      for (let i = 0; i < taken.length; i++) taken[i] = rows[i] - taken[i];
      return taken;
    },
    async readFrom(rows) {
      const responses = await dense.multiply(rows, centred, d);
      const varied = await dense.multiply(responses, transposed(centred, m, d), m);
      for (let i = 0; i < varied.length; i++) varied[i] = rows[i] + varied[i] / lambda;
      return varied;
    },
  };
}

/** [m, d] as [d, m]. */
export function transposed(rows: Float32Array, m: number, d: number): Float32Array {
  const columns = new Float32Array(rows.length);
  for (let i = 0; i < m; i++) for (let j = 0; j < d; j++) columns[j * m + i] = rows[i * d + j];
  return columns;
}

function lengthsOf(rows: Float32Array, projected: Float32Array, d: number, m: number): Float64Array {
  return Float64Array.from({ length: rows.length / d }, (_, row) => {
    let square = 0;
    for (let i = row * d; i < (row + 1) * d; i++) square += rows[i] ** 2;
    for (let i = row * m; i < (row + 1) * m; i++) square -= projected[i] ** 2;
    return Math.sqrt(Math.max(0, square));
  });
}

/** L⁻¹·rows for rows [m, d]. */
function solveLower(lower: Float64Array, rows: Float32Array, m: number, d: number): Float32Array {
  const result = Float64Array.from(rows);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < i; k++) {
      const factor = lower[i * m + k];
      for (let j = 0; j < d; j++) result[i * d + j] -= factor * result[k * d + j];
    }
    for (let j = 0; j < d; j++) result[i * d + j] /= lower[i * m + i];
  }
  return Float32Array.from(result);
}
