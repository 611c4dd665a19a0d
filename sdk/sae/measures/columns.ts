/** Means and standard deviations of the columns of rows [rows, d], summed in float64. */

/** [d]. */
export function columnMeans(rows: Float32Array, d: number): Float64Array {
  const means = new Float64Array(d);
  for (let from = 0; from < rows.length; from += d) for (let j = 0; j < d; j++) means[j] += rows[from + j];
  return means.map((sum) => (sum * d) / rows.length);
}

/** Of all rows, without Bessel's correction, [d]. */
export function columnDeviations(rows: Float32Array, d: number): Float64Array {
  const means = columnMeans(rows, d);
  const squares = new Float64Array(d);
  for (let from = 0; from < rows.length; from += d)
    for (let j = 0; j < d; j++) squares[j] += (rows[from + j] - means[j]) ** 2;
  return squares.map((sum) => Math.sqrt((sum * d) / rows.length));
}
