/** The little linear algebra that the checks need: least squares by Cholesky, leading eigenvectors of a covariance by subspace iteration. */

/**
 * Least squares with an intercept: coefficients of the columns and the intercept last, [width + 1].
 * @param columns one array of n values for each regressor
 * @param weights of the rows, [n]; all alike where absent
 */
export function leastSquares(
  columns: readonly ArrayLike<number>[],
  y: ArrayLike<number>,
  weights: ArrayLike<number> = new Float64Array(y.length).fill(1),
): Float64Array {
  const width = columns.length;
  const n = y.length;
  const means = columns.map((column) => weightedMean(column, weights));
  const yMean = weightedMean(y, weights);
  const gram = new Float64Array(width * width);
  const right = new Float64Array(width);
  for (let a = 0; a < width; a++) {
    const column = columns[a];
    for (let i = 0; i < n; i++) right[a] += weights[i] * (column[i] - means[a]) * (y[i] - yMean);
    for (let b = 0; b <= a; b++) {
      const other = columns[b];
      let sum = 0;
      for (let i = 0; i < n; i++) sum += weights[i] * (column[i] - means[a]) * (other[i] - means[b]);
      gram[a * width + b] = sum;
    }
  }
  let trace = 0;
  for (let a = 0; a < width; a++) trace += gram[a * width + a];
  // keeps regressors that say the same from blowing up
  for (let a = 0; a < width; a++) gram[a * width + a] += (RIDGE * trace) / width + Number.MIN_VALUE;
  const solved = solve(gram, right);
  let intercept = yMean;
  for (let a = 0; a < width; a++) intercept -= solved[a] * means[a];
  return Float64Array.from([...solved, intercept]);
}

/** Added to the diagonal of the normal equations, as a share of its mean. */
const RIDGE = 1e-10;
const REWEIGHTINGS = 12;

/**
 * Residuals of the line of least absolute deviations, [n], by reweighted least squares: rows that do not follow the line of the others, up to
 * nearly half of them, do not bend it.
 */
export function robustResiduals(columns: readonly ArrayLike<number>[], y: ArrayLike<number>): Float64Array {
  const n = y.length;
  const residuals = new Float64Array(n);
  const weights = new Float64Array(n).fill(1);
  for (let round = 0; round <= REWEIGHTINGS; round++) {
    const coefficients = leastSquares(columns, y, weights);
    for (let i = 0; i < n; i++) {
      let told = coefficients[columns.length];
      for (let k = 0; k < columns.length; k++) told += coefficients[k] * columns[k][i];
      residuals[i] = y[i] - told;
    }
    const sizes = residuals.map(Math.abs).sort();
    const typical = sizes[Math.floor(n / 2)] || 1;
    for (let i = 0; i < n; i++) weights[i] = 1 / Math.max(Math.abs(residuals[i]) / typical, 1e-3);
  }
  return residuals;
}

/** Solves a symmetric positive definite system whose lower triangle is given, [width, width]. */
function solve(gram: Float64Array, right: Float64Array): Float64Array {
  const width = right.length;
  const lower = gram.slice();
  for (let a = 0; a < width; a++)
    for (let b = 0; b <= a; b++) {
      let sum = lower[a * width + b];
      for (let k = 0; k < b; k++) sum -= lower[a * width + k] * lower[b * width + k];
      lower[a * width + b] = a === b ? Math.sqrt(Math.max(sum, Number.EPSILON)) : sum / lower[b * width + b];
    }
  const x = right.slice();
  for (let a = 0; a < width; a++) {
    for (let k = 0; k < a; k++) x[a] -= lower[a * width + k] * x[k];
    x[a] /= lower[a * width + a];
  }
  for (let a = width - 1; a >= 0; a--) {
    for (let k = a + 1; k < width; k++) x[a] -= lower[k * width + a] * x[k];
    x[a] /= lower[a * width + a];
  }
  return x;
}

function weightedMean(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

export interface PrincipalComponents {
  /** [bands] */
  readonly mean: Float64Array;
  /** Unit vectors, greatest variance first, [components, bands]. */
  readonly vectors: Float64Array;
  /** Variance along each, [components]. */
  readonly variances: Float64Array;
  readonly components: number;
}

/** Principal components of n spectra [n, bands]: at most `most`, and no more than explain `share` of the variance. */
export function principalComponents(
  spectra: ArrayLike<number>,
  bands: number,
  most: number,
  share = 1,
): PrincipalComponents {
  const n = spectra.length / bands;
  const centre = new Float64Array(bands);
  for (let i = 0; i < n; i++) for (let b = 0; b < bands; b++) centre[b] += spectra[i * bands + b] / n;
  const covariance = new Float64Array(bands * bands);
  const row = new Float64Array(bands);
  for (let i = 0; i < n; i++) {
    for (let b = 0; b < bands; b++) row[b] = spectra[i * bands + b] - centre[b];
    for (let a = 0; a < bands; a++) for (let b = 0; b <= a; b++) covariance[a * bands + b] += row[a] * row[b];
  }
  const scale = 1 / Math.max(1, n - 1);
  for (let a = 0; a < bands; a++)
    for (let b = 0; b <= a; b++) covariance[b * bands + a] = covariance[a * bands + b] *= scale;
  let total = 0;
  for (let a = 0; a < bands; a++) total += covariance[a * bands + a];
  const { vectors, variances } = leading(covariance, bands, Math.min(most, n - 1, bands));
  let components = 0;
  for (let explained = 0; components < variances.length && explained < share * total; components++) {
    if (!(variances[components] > 1e-12 * total)) break;
    explained += variances[components];
  }
  components = Math.max(1, components);
  return {
    mean: centre,
    vectors: vectors.subarray(0, components * bands),
    variances: variances.subarray(0, components),
    components,
  };
}

/** The leading eigenvectors of a symmetric matrix by subspace iteration: its start is fixed, so equal input gives equal output. */
function leading(
  matrix: Float64Array,
  size: number,
  count: number,
): { vectors: Float64Array; variances: Float64Array } {
  const width = Math.min(size, count + 4);
  // cosines of rising frequency: near to what spectra vary by, and never orthogonal to them all
  let basis = Float64Array.from({ length: width * size }, (_, i) =>
    Math.cos((Math.PI * Math.floor(i / size) * ((i % size) + 0.5)) / size),
  );
  orthonormalise(basis, width, size);
  for (let round = 0; round < 60; round++) {
    basis = times(matrix, basis, width, size);
    orthonormalise(basis, width, size);
  }
  const image = times(matrix, basis, width, size);
  const variance = Float64Array.from({ length: width }, (_, k) => dot(basis, k * size, image, k * size, size));
  const order = Uint32Array.from(variance.keys()).sort((a, b) => variance[b] - variance[a]);
  const vectors = new Float64Array(count * size);
  for (let k = 0; k < count; k++) vectors.set(basis.subarray(order[k] * size, (order[k] + 1) * size), k * size);
  return { vectors, variances: Float64Array.from(order.subarray(0, count), (k) => variance[k]) };
}

function times(matrix: Float64Array, basis: Float64Array, width: number, size: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(width * size);
  for (let k = 0; k < width; k++)
    for (let a = 0; a < size; a++) result[k * size + a] = dot(matrix, a * size, basis, k * size, size);
  return result;
}

function orthonormalise(basis: Float64Array, width: number, size: number): void {
  for (let k = 0; k < width; k++) {
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < k; other++) {
        const along = dot(basis, k * size, basis, other * size, size);
        for (let a = 0; a < size; a++) basis[k * size + a] -= along * basis[other * size + a];
      }
    const length = Math.sqrt(dot(basis, k * size, basis, k * size, size));
    for (let a = 0; a < size; a++) basis[k * size + a] /= length || 1;
  }
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}

/** Scores of spectra [n, bands] on the components: [n, components]. */
export function project(pca: PrincipalComponents, spectra: ArrayLike<number>, bands: number): Float64Array {
  const n = spectra.length / bands;
  const { mean, vectors, components } = pca;
  const scores = new Float64Array(n * components);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < components; k++) {
      let sum = 0;
      for (let b = 0; b < bands; b++) sum += (spectra[i * bands + b] - mean[b]) * vectors[k * bands + b];
      scores[i * components + k] = sum;
    }
  return scores;
}
