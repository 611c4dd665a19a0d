/**
 * Proof that some steps of Lanczos' method have found the five largest eigenvalues of a positive semidefinite matrix A: none missed, however
 * often it is repeated, and each within a given share of its value.
 *
 * In the basis of Lanczos' vectors and of their complement A is [T, β·e; ·, C], T the tridiagonal matrix of the m steps, β the coupling to
 * the step not made. The roots of T bound A's from below (Cauchy). From above: the trace and the sum of squares of C are those of A less what T
 * holds, which bounds its largest eigenvalue (Wolkowicz & Styan, Linear Algebra Appl. 29, 1980); for μ above that bound, A has no more
 * eigenvalues above μ than T with β²/(μ − bound) added to its last diagonal entry (Haynsworth's inertia of the Schur complement).
 */
import { SIGMAS } from './view.ts';

/** What rounding may have left in traces and sums of squares, relative. */
const SLACK = 64 * Number.EPSILON;

/** What Lanczos' steps have left of one matrix. */
export interface LanczosRun {
  readonly n: number;
  readonly steps: number;
  /** Diagonal of T: entry i at d[at + i·stride]. */
  readonly d: Float64Array;
  /** Squared couplings, entry 0 zero, entry `steps` the coupling to the step not made. */
  readonly e2: Float64Array;
  readonly at: number;
  readonly stride: number;
  /** Of A. */
  readonly trace: number;
  readonly squares: number;
}

/** Whether the largest roots of T, falling, are A's largest eigenvalues to within `tolerance` of each. */
export function provesTopFive(run: LanczosRun, roots: ArrayLike<number>, tolerance: number): boolean {
  const { steps, e2, at, stride } = run;
  const bound = complementBound(run);
  const coupling = e2[at + steps * stride];
  for (let k = 0; k < SIGMAS; k++) {
    const above = roots[k] * (1 + tolerance);
    if (!(above > bound) || countAbove(run, above, coupling / (above - bound)) > k) return false;
  }
  return true;
}

/** No eigenvalue of C is above it. Infinite where the vectors ended early. */
function complementBound({ n, steps, d, e2, at, stride, trace, squares }: LanczosRun): number {
  let restOfTrace = trace;
  let restOfSquares = squares * (1 + SLACK);
  for (let i = 0; i < steps; i++) {
    const alpha = d[at + i * stride];
    const coupling = e2[at + (i + 1) * stride];
    if (coupling === 0) return Number.POSITIVE_INFINITY;
    restOfTrace -= alpha;
    restOfSquares -= alpha * alpha + 2 * coupling;
  }
  const rows = n - steps;
  const mean = restOfTrace / rows;
  const spread = Math.sqrt(Math.max(0, (rows - 1) * (restOfSquares / rows - mean * mean)));
  return mean + spread + SLACK * trace;
}

/** Number of eigenvalues of T, `added` to its last diagonal entry, above x: negative pivots of xI − T. */
function countAbove({ steps, d, e2, at, stride }: LanczosRun, x: number, added: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < steps; i++) {
    const place = at + i * stride;
    pivot = x - d[place] - e2[place] / pivot;
    if (i === steps - 1) pivot -= added;
    if (!(pivot > 0)) count++;
  }
  return count;
}
