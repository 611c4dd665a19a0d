/** Where the scenes lie that a latent fires on: their mean, weighted by activation, less the mean of all. */

/** Mean of rows [rows, d], [d]. */
export function meanRow(rows: Float32Array, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows.length; i++) mean[i % d] += rows[i];
  return mean.map((sum) => sum / (rows.length / d));
}

/** Writes Σ aᵢxᵢ/Σ aᵢ − mean [d] over some rows of data [n, d] to the front of `into`; zeros where there are none. */
export function sceneDirection(
  data: Float32Array,
  d: number,
  mean: Float64Array,
  rows: ArrayLike<number>,
  activations: ArrayLike<number>,
  into: Float32Array,
): void {
  const sums = new Float64Array(d);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    total += activations[i];
    for (let j = 0, at = rows[i] * d; j < d; j++) sums[j] += activations[i] * data[at + j];
  }
  for (let j = 0; j < d; j++) into[j] = total > 0 ? sums[j] / total - mean[j] : 0;
}
