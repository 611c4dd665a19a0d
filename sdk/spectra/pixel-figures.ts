/** From the pixels of a patch to what features are computed from: its masked mean spectrum and the singular values of its band images. */
import { NadirError } from '../base/index.ts';
import { provesTopFive } from './eigenvalue-bounds.ts';
import type { PixelKernels } from './kernels/kernels.ts';
import { openPixelKernels } from './kernels/open.ts';
import type { Patch } from './patch.ts';
import { LANCZOS_CHECKS, layoutFor, type PixelLayout } from './pixel-layout.ts';
import { bisectTopFive, lanczosStart, sigmasFrom, wrapScales } from './singular-values.ts';
import { SIGMAS } from './view.ts';

/** Longest short side of a patch whose singular values are computed: the work grows with its cube. */
const MAX_SHORT_SIDE = 512;
/** Largest pixel that 16-bit products take. */
const MAX_EXACT = 32767;
/** What an eigenvalue that Lanczos' method finds may be off, relative. */
const TOLERANCE = 2e-9;
/** Failures in a row after which a patch's bands are no longer tried. */
const MAX_FAILURES = 2;

export interface PatchFigures {
  /** Mean over the pixels that are not masked, per band, [bands]; NaN for bands that were not asked for. */
  readonly mean: Float64Array;
  /** Five largest singular values of each band image, [5, bands], where they were asked for. */
  readonly sigma?: Float64Array;
  /** Pixels that are not masked, in the band that has most. */
  readonly pixels: number;
  /** Share of the pixels that is masked, over the bands that were read. */
  readonly maskShare: number;
}

export interface FigureOptions {
  readonly sigma?: boolean;
  /** Bands that are read; all without it. Singular values need all. */
  readonly bands?: readonly number[];
  /** What values are divided by: 1 without it. */
  readonly scale?: number;
}

/** The kernels' memory as arrays of each kind. */
interface Memory {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly doubles: Float64Array;
}

/** Reduces one patch after another on one reused memory: one reducer a thread. */
export class PatchReducer {
  readonly #prefer: 'wasm' | 'twin';
  #kernels: PixelKernels;
  #memory: Memory;
  #layout: PixelLayout | undefined;
  readonly #eigenvalues = new Float64Array(SIGMAS);

  constructor(prefer: 'wasm' | 'twin' = 'wasm') {
    this.#prefer = prefer;
    this.#kernels = openPixelKernels(0, prefer);
    this.#memory = memoryOf(this.#kernels);
  }

  /** Means, and singular values where asked. Throws a NadirError that names `where` and the band for a patch with a band wholly masked or not finite. */
  reduce(patch: Patch, where: string, { sigma = false, bands, scale = 1 }: FigureOptions = {}): PatchFigures {
    const { height, width } = patch;
    if (sigma && Math.min(height, width) > MAX_SHORT_SIDE)
      throw new NadirError({
        what: `singular values of ${height} × ${width} pixels are too much work (short side above ${MAX_SHORT_SIDE})`,
        where,
        remedy: 'Cut the frame into fields, or choose groups that need no pixels',
      });
    const layout = this.#prepare(height, width, sigma);
    const mean = new Float64Array(patch.bands).fill(bands === undefined ? 0 : Number.NaN);
    const values = sigma ? new Float64Array(SIGMAS * patch.bands) : undefined;
    let [most, total, read] = [0, 0, 0];
    const reduceBand = (band: number, lane: number): void => {
      const { sum, count } = this.#readBand(patch, band, lane, values !== undefined, layout, where);
      mean[band] = sum / count / scale;
      most = Math.max(most, count);
      total += count;
      read++;
    };
    if (values === undefined) for (const band of bands ?? mean.keys()) reduceBand(band, 0);
    else {
      let failures = layout.basis === 0 ? MAX_FAILURES : 0;
      for (let band = 0; band < patch.bands; band += 2) {
        const second = Math.min(band + 1, patch.bands - 1);
        reduceBand(band, 0);
        if (second > band) reduceBand(second, 1);
        if (failures < MAX_FAILURES && this.#fewSteps(layout, band, second, patch.bands, values)) failures = 0;
        else {
          failures++;
          this.#singularValues(layout, band, second, patch.bands, values);
        }
      }
      if (scale !== 1) for (let i = 0; i < values.length; i++) values[i] /= scale;
    }
    const maskShare = 1 - total / (read * height * width);
    return { mean, ...(values && { sigma: values }), pixels: most, maskShare };
  }

  #prepare(h: number, w: number, sigma: boolean): PixelLayout {
    const before = this.#layout;
    if (before?.h === h && before.w === w && (!sigma || before.roots > 0)) return before;
    const layout = layoutFor(h, w, sigma);
    if (this.#memory.bytes.length < layout.bytes) {
      this.#kernels = openPixelKernels(Math.ceil(layout.bytes * 1.25), this.#prefer);
      this.#memory = memoryOf(this.#kernels);
    }
    if (sigma) {
      // rows beyond the last are zero whatever the patch before left there
      this.#memory.bytes.fill(0, layout.x, layout.x + layout.rows * layout.width * 2);
      const scales = layout.scales / 8;
      this.#memory.doubles
        .fill(0, scales, scales + layout.short + 4)
        .set(wrapScales(layout.short, layout.long), scales);
      const start = lanczosStart(layout.basis > 0 ? layout.short : 0);
      start.forEach((value, i) => {
        this.#memory.doubles.fill(value, layout.basis / 8 + 2 * i, layout.basis / 8 + 2 * i + 2);
      });
    }
    this.#layout = layout;
    return layout;
  }

  /** Sum and count of a band's pixels, and its Gram matrix into a lane where singular values are asked for. */
  #readBand(patch: Patch, band: number, lane: number, gram: boolean, layout: PixelLayout, where: string) {
    const { h, w, x, width, figures } = layout;
    const kernels = this.#kernels;
    const pixels = h * w;
    const start = band * pixels;
    const maskStart = patch.mask?.length === pixels ? 0 : start;
    const mask = patch.mask?.subarray(maskStart, maskStart + pixels);
    const { bytes, halves, doubles } = this.#memory;
    if (mask) bytes.set(mask, layout.mask);
    if (copyIntegers(patch.data, start, pixels, halves, layout.data / 2)) {
      kernels.maskedRows(layout.data, mask ? layout.mask : 0, h, w, gram ? x : 0, width, figures);
      const sum = doubles[figures / 8];
      const count = doubles[figures / 8 + 1];
      const largest = doubles[figures / 8 + 2];
      if (largest <= MAX_EXACT) {
        if (count === 0) throw allMasked(band, where);
        if (gram) gramOfIntegers(kernels, layout, largest, lane);
        return { sum, count };
      }
    }
    return this.#readDoubles(patch, start, mask, layout, gram ? lane : -1, band, where);
  }

  #readDoubles(
    patch: Patch,
    start: number,
    mask: Uint8Array | undefined,
    layout: PixelLayout,
    lane: number,
    band: number,
    where: string,
  ): { sum: number; count: number } {
    const { h, w, tall, short, long } = layout;
    const depth = long + (long & 1);
    const { doubles } = this.#memory;
    const [lines, scales] = [layout.doubles / 8, layout.scales / 8];
    if (lane >= 0) doubles.fill(0, lines, lines + short * depth);
    let [sum, count] = [0, 0];
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const pixel = row * w + column;
        if (mask !== undefined && mask[pixel] !== 0) continue;
        const value = Number(patch.data[start + pixel]);
        if (!Number.isFinite(value)) throw notFinite(band, row, column, value, where);
        sum += value;
        count++;
        const line = tall ? column : row;
        if (lane >= 0) doubles[lines + line * depth + (tall ? row : column)] = value * doubles[scales + line];
      }
    if (count === 0) throw allMasked(band, where);
    if (!Number.isFinite(sum)) throw notFinite(band, 0, 0, sum, where);
    if (lane >= 0) this.#kernels.gramOfDoubles(layout.doubles, depth, short, layout.a, lane);
    return { sum, count };
  }

  /** Singular values by Lanczos' method, where it proves them in the few steps that pay; false where it does not. */
  #fewSteps(layout: PixelLayout, first: number, second: number, bands: number, out: Float64Array): boolean {
    const { short: n, a, basis, d, e2, room, roots, sums, spare } = layout;
    const { doubles } = this.#memory;
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
      for (let lane = 0; lane <= second - first && proven; lane++) {
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
      if (proven) return true;
    }
    return false;
  }

  #eigenvaluesOf(roots: number, lane: number): Float64Array {
    for (let k = 0; k < SIGMAS; k++) this.#eigenvalues[k] = this.#memory.doubles[roots / 8 + 2 * k + lane];
    return this.#eigenvalues;
  }

  #singularValues(layout: PixelLayout, first: number, second: number, bands: number, out: Float64Array): void {
    const { short: n, a, vectors, d, e2, room, roots, spare } = layout;
    const { doubles } = this.#memory;
    this.#kernels.tridiagonalise(n, a, vectors, d, e2);
    // topFive writes over what bisection would need
    doubles.copyWithin(spare / 8, d / 8, d / 8 + 2 * n);
    doubles.copyWithin(spare / 8 + 2 * n, e2 / 8, e2 / 8 + 2 * n);
    const doubtful = this.#kernels.topFive(n, d, e2, room, roots);
    for (let lane = 0; lane <= second - first; lane++) {
      const eigenvalues = this.#eigenvaluesOf(roots, lane);
      if ((doubtful >> lane) & 1) {
        const ofLane = (at: number) => Float64Array.from({ length: n }, (_, i) => doubles[at + 2 * i + lane]);
        eigenvalues.set(bisectTopFive(ofLane(spare / 8), ofLane(spare / 8 + 2 * n)));
      }
      sigmasFrom(eigenvalues, n, out, first + lane, bands);
    }
  }
}

function memoryOf({ buffer }: PixelKernels): Memory {
  return { bytes: new Uint8Array(buffer), halves: new Uint16Array(buffer), doubles: new Float64Array(buffer) };
}

function gramOfIntegers(kernels: PixelKernels, layout: PixelLayout, largest: number, lane: number): void {
  const { h, tall, short, width, rows, x, words, scales, a } = layout;
  // so many sums of two products stay below 2^31
  const chunk = Math.floor((2 ** 31 - 1) / (2 * Math.max(1, largest) ** 2));
  if (tall) kernels.pairRows(x, h, width, words);
  else kernels.pairColumns(x, rows, width, words);
  const depth = tall ? Math.ceil(h / 2) : width / 2;
  kernels.gramOfPairs(words, depth, Math.min(chunk, depth), tall ? width : rows, short, scales, a, lane);
}

/** Copies a band's values where all are whole numbers that 16 bits hold; false where one is not. */
function copyIntegers(data: Patch['data'], start: number, count: number, to: Uint16Array, at: number): boolean {
  if (data instanceof Uint16Array || data instanceof Int16Array) {
    to.set(data.subarray(start, start + count), at);
    return true;
  }
  for (let i = 0; i < count; i++) {
    const value = Number(data[start + i]);
    to[at + i] = value;
    if (to[at + i] !== value) return false;
  }
  return true;
}

function allMasked(band: number, where: string): NadirError {
  return new NadirError({
    what: `every pixel of band ${band} is masked`,
    where,
    remedy: 'In a mask true means left out (numpy); turn it round, or leave the patch out',
  });
}

function notFinite(band: number, row: number, column: number, value: number, where: string): NadirError {
  return new NadirError({
    what: `band ${band} is not finite: ${value} at row ${row}, column ${column}`,
    where,
    remedy: 'Mask the pixel, or leave the patch out',
  });
}
