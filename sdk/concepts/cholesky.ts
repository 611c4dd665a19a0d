/** Cholesky's factors of a positive definite matrix [m, m], in float64. */

/** Lower triangle L with matrix = L·Lᵀ, in the matrix's own lower half; what lies above it stays as it is. */
export function choleskyLower(matrix: Float64Array, m: number): Float64Array {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * m + j];
      for (let k = 0, a = i * m, b = j * m; k < j; k++) sum -= matrix[a + k] * matrix[b + k];
      matrix[i * m + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * m + j];
    }
  }
  return matrix;
}

/** Upper triangle R [m, m] with matrix = Rᵀ·R, zeros below it. The matrix is left as it is. */
export function choleskyUpper(matrix: Float64Array, m: number): Float64Array {
  const lower = choleskyLower(matrix.slice(), m);
  const upper = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) upper[j * m + i] = lower[i * m + j];
  return upper;
}
