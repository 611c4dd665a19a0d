/** The five largest singular values of two bands at a time, from the Gram matrices of their pixels. */
import { provesTopFive } from './eigenvalue-bounds.ts';
import type { PixelKernels } from './kernels/kernels.ts';
import { LANCZOS_CHECKS, type PixelLayout } from './pixel-layout.ts';
import { bisectTopFive, lanczosStart, sigmasFrom } from './singular-values.ts';
import { SIGMAS } from './view.ts';

/** What an eigenvalue that Lanczos' method finds may be off, relative. */
const TOLERANCE = 2e-9;
/** Failures in a row after which a patch's bands are no longer tried. */
const MAX_FAILURES = 2;

/** Goes through the bands of one patch, in their order. */
export class TopFive {
  readonly #kernels: PixelKernels;
  readonly #layout: PixelLayout;
  readonly #doubles: Float64Array;
  readonly #eigenvalues = new Float64Array(SIGMAS);
  #failures: number;

  constructor(kernels: PixelKernels, layout: PixelLayout) {
    this.#kernels = kernels;
    this.#layout = layout;
    this.#doubles = new Float64Array(kernels.buffer);
    this.#failures = layout.basis === 0 ? MAX_FAILURES : 0;
    this.#startAnew();
  }

  /** Those of the bands `first` and `last` (the next, or the same) whose Gram matrices are in the two lanes, to out [5, bands]. */
  write(first: number, last: number, bands: number, out: Float64Array): void {
    if (this.#failures < MAX_FAILURES && this.#fewSteps(first, last, bands, out)) this.#failures = 0;
    else {
      this.#failures++;
      this.#startAnew();
      this.#singularValues(first, last, bands, out);
    }
  }

  /** Lanczos' first vector where nothing is known of the bands before. */
  #startAnew(): void {
    const { basis, short } = this.#layout;
    if (basis === 0) return;
    lanczosStart(short).forEach((value, i) => {
      this.#doubles.fill(value, basis / 8 + 2 * i, basis / 8 + 2 * i + 2);
    });
  }

  /** Singular values by Lanczos' method from the bands before, where it proves them in the few steps that pay; false where it does not. */
  #fewSteps(first: number, last: number, bands: number, out: Float64Array): boolean {
    const { short: n, a, basis, d, e2, room, roots, sums, spare } = this.#layout;
    const doubles = this.#doubles;
    const kernels = this.#kernels;
    const [diagonal, couplings] = [spare, spare + 16 * n];
    doubles.fill(0, couplings / 8, couplings / 8 + 2);
    kernels.traceAndSquares(n, a, sums);
    let from = 0;
    for (const steps of LANCZOS_CHECKS) {
      kernels.lanczos(n, a, basis, from, steps, diagonal, couplings, room);
      from = steps;
      // topFive writes over what it reads
      doubles.copyWithin(d / 8, diagonal / 8, diagonal / 8 + 2 * steps);
      doubles.copyWithin(e2 / 8, couplings / 8, couplings / 8 + 2 * steps);
      if (kernels.topFive(steps, d, e2, room, roots) !== 0) continue;
      let proven = true;
      for (let lane = 0; lane <= last - first && proven; lane++) {
        const eigenvalues = this.#eigenvaluesOf(roots, lane);
        const run = {
          n,
          steps,
          d: doubles.subarray(diagonal / 8),
          e2: doubles.subarray(couplings / 8),
          at: lane,
          stride: 2,
          trace: doubles[sums / 8 + lane],
          squares: doubles[sums / 8 + 2 + lane],
        };
        proven = provesTopFive(run, eigenvalues, TOLERANCE);
        if (proven) sigmasFrom(eigenvalues, n, out, first + lane, bands);
      }
      if (!proven) continue;
      // neighbouring bands show much the same picture
      kernels.restart(n, basis, steps, diagonal, couplings, roots, room);
      return true;
    }
    return false;
  }

  #eigenvaluesOf(roots: number, lane: number): Float64Array {
    for (let k = 0; k < SIGMAS; k++) this.#eigenvalues[k] = this.#doubles[roots / 8 + 2 * k + lane];
    return this.#eigenvalues;
  }

  #singularValues(first: number, last: number, bands: number, out: Float64Array): void {
    const { short: n, a, vectors, d, e2, room, roots, spare } = this.#layout;
    const doubles = this.#doubles;
    this.#kernels.tridiagonalise(n, a, vectors, d, e2);
    // topFive writes over what bisection would need
    doubles.copyWithin(spare / 8, d / 8, d / 8 + 2 * n);
    doubles.copyWithin(spare / 8 + 2 * n, e2 / 8, e2 / 8 + 2 * n);
    const doubtful = this.#kernels.topFive(n, d, e2, room, roots);
    for (let lane = 0; lane <= last - first; lane++) {
      const eigenvalues = this.#eigenvaluesOf(roots, lane);
      if ((doubtful >> lane) & 1) {
        const ofLane = (at: number) => Float64Array.from({ length: n }, (_, i) => doubles[at + 2 * i + lane]);
        eigenvalues.set(bisectTopFive(ofLane(spare / 8), ofLane(spare / 8 + 2 * n)));
      }
      sigmasFrom(eigenvalues, n, out, first + lane, bands);
    }
  }
}
