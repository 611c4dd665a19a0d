/** The direction of a component of partial least squares: where the covariance of features and targets is greatest. */

/** Writes the first left singular vector of a [F, T] matrix to `w`; returns its singular value. Its sign is of no consequence. */
export function dominantDirection(matrix: Float64Array, F: number, T: number, w: Float64Array): number {
  const v = T === 1 ? Float64Array.of(1) : dominantEigenvector(gramOf(matrix, F, T), T);
  let square = 0;
  for (let f = 0; f < F; f++) {
    let sum = 0;
    for (let t = 0; t < T; t++) sum += matrix[f * T + t] * v[t];
    w[f] = sum;
    square += sum * sum;
  }
  const length = Math.sqrt(square);
  if (length > 0) for (let f = 0; f < F; f++) w[f] /= length;
  return length;
}

/** MᵀM of a [F, T] matrix, [T, T]. */
function gramOf(matrix: Float64Array, F: number, T: number): Float64Array {
  const gram = new Float64Array(T * T);
  for (let f = 0; f < F; f++)
    for (let s = 0; s < T; s++) for (let t = 0; t < T; t++) gram[s * T + t] += matrix[f * T + s] * matrix[f * T + t];
  return gram;
}

/** Eigenvector of the greatest eigenvalue of a small symmetric matrix, by Jacobi's rotations (Golub & Van Loan, Matrix Computations, 8.5). */
function dominantEigenvector(matrix: Float64Array, T: number): Float64Array {
  const a = matrix.slice();
  const vectors = new Float64Array(T * T);
  for (let t = 0; t < T; t++) vectors[t * T + t] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < T; p++)
      for (let q = p + 1; q < T; q++) {
        const off = a[p * T + q];
        if (Math.abs(off) <= 1e-17 * Math.sqrt(Math.abs(a[p * T + p] * a[q * T + q]))) continue;
        rotated = true;
        const theta = (a[q * T + q] - a[p * T + p]) / (2 * off);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        const sine = tangent * cosine;
        for (let k = 0; k < T; k++) turn(a, k * T + p, k * T + q, cosine, sine);
        for (let k = 0; k < T; k++) turn(a, p * T + k, q * T + k, cosine, sine);
        for (let k = 0; k < T; k++) turn(vectors, k * T + p, k * T + q, cosine, sine);
      }
    if (!rotated) break;
  }
  let best = 0;
  for (let t = 1; t < T; t++) if (a[t * T + t] > a[best * T + best]) best = t;
  return Float64Array.from({ length: T }, (_, t) => vectors[t * T + best]);
}

function turn(values: Float64Array, i: number, j: number, cosine: number, sine: number): void {
  const [first, second] = [values[i], values[j]];
  values[i] = cosine * first - sine * second;
  values[j] = sine * first + cosine * second;
}
