/** Cholesky's factor of a positive definite matrix, in float64. */

/** Upper triangle R [m, m] with matrix = Rᵀ·R. The matrix is left as it is. */
export function choleskyUpper(matrix: Float64Array, m: number): Float64Array {
  const lower = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * m + j];
      for (let k = 0, a = i * m, b = j * m; k < j; k++) sum -= lower[a + k] * lower[b + k];
      lower[i * m + j] = i === j ? Math.sqrt(sum) : sum / lower[j * m + j];
    }
  }
  const upper = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) upper[j * m + i] = lower[i * m + j];
  return upper;
}
