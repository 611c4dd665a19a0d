/**
 * The five largest singular values of a band image that is wrap-padded to a square, as the EagleEyes features have them. Padding only
 * repeats rows (or columns), so they are the square roots of the largest eigenvalues of the short side's Gram matrix with row i scaled by
 * √(times it stands in the square): integer pixels give it exactly. Of large patches a few steps of Lanczos' method, from the vectors of the
 * bands before, if they prove that they found the top five (eigenvalue-bounds.ts); else Householder's tridiagonal form (top-five.ts).
 * Laguerre's method for the roots of either (kernels/assembly/pixels.ts); bisection by Sturm counts where it would not vouch for them.
 */
import { SIGMAS } from './view.ts';

/** How often each line of the short side stands in a square of `long` lines, as square roots, [short]. */
export function wrapScales(short: number, long: number): Float64Array {
  return Float64Array.from({ length: short }, (_, line) => Math.sqrt(Math.floor((long - 1 - line) / short) + 1));
}

/** Unit vector that Lanczos' method starts from: uneven, so that no symmetry of an image hides an eigenvector from it, [n]. */
export function lanczosStart(n: number): Float64Array {
  const start = Float64Array.from({ length: n }, (_, i) => 0.5 + (((i + 1) * 0.6180339887498949) % 1));
  const norm = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0));
  return start.map((value) => value / norm);
}

/**
 * Singular values from the eigenvalues of a Gram matrix. Below n·ε of the largest, an eigenvalue is what rounding left of zero, and is
 * given as zero: an image of rank one has σ2 = 0.
 */
export function sigmasFrom(
  eigenvalues: ArrayLike<number>,
  n: number,
  out: Float64Array,
  at: number,
  stride: number,
): void {
  const least = n * Number.EPSILON * eigenvalues[0];
  for (let k = 0; k < SIGMAS; k++) out[at + k * stride] = eigenvalues[k] > least ? Math.sqrt(eigenvalues[k]) : 0;
}

/**
 * The five largest eigenvalues of a positive semidefinite tridiagonal matrix (diagonal d, squared couplings e2 with e2[0] = 0) by
 * bisection: slow, and right whatever the matrix (Golub & Van Loan, Matrix Computations, 8.4.2).
 */
export function bisectTopFive(d: Float64Array, e2: Float64Array): Float64Array {
  const n = d.length;
  let bound = 0;
  for (let i = 0; i < n; i++) bound = Math.max(bound, d[i] + Math.sqrt(e2[i]) + (i + 1 < n ? Math.sqrt(e2[i + 1]) : 0));
  const roots = new Float64Array(SIGMAS);
  for (let k = 0; k < Math.min(SIGMAS, n); k++) {
    let [low, high] = [0, bound];
    while (high - low > 1e-16 * bound && (low + high) / 2 > low && (low + high) / 2 < high) {
      const middle = (low + high) / 2;
      if (countAbove(d, e2, middle) > k) low = middle;
      else high = middle;
    }
    roots[k] = (low + high) / 2;
  }
  return roots;
}

/** Number of eigenvalues above x: negative pivots of xI − T. */
function countAbove(d: Float64Array, e2: Float64Array, x: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < d.length; i++) {
    pivot = x - d[i] - e2[i] / pivot;
    if (pivot === 0) pivot = Number.MIN_VALUE * 2 ** 60;
    if (pivot < 0) count++;
  }
  return count;
}
