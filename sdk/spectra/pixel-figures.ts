/** From the pixels of a patch to what features are computed from: its masked mean spectrum and the singular values of its band images. */
import { NadirError } from '../base/index.ts';
import type { PixelKernels } from './kernels/kernels.ts';
import { openPixelKernels } from './kernels/open.ts';
import type { Patch } from './patch.ts';
import { layoutFor, type PixelLayout } from './pixel-layout.ts';
import { wrapScales } from './singular-values.ts';
import { TopFive } from './top-five.ts';
import { SIGMAS } from './view.ts';

/** Longest short side of a patch whose singular values are computed: the work grows with its cube. */
const MAX_SHORT_SIDE = 512;
/** Largest pixel that 16-bit products take. */
const MAX_EXACT = 32767;
/** Longest side whose sums of pixels 32 bits hold. */
const MAX_LONG_SIDE = 65_536;

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

/** A band of a patch, and what is said of it where it is refused. */
interface Band {
  readonly patch: Patch;
  readonly band: number;
  readonly layout: PixelLayout;
  readonly where: string;
}

/** Of the pixels that are not masked. */
interface BandFigures {
  readonly sum: number;
  readonly count: number;
}

interface IntegerFigures extends BandFigures {
  /** Where its pixels are, and what is taken from them when they are paired. */
  readonly x: number;
  readonly centre: number;
}

/** Reduces one patch after another on one reused memory: one reducer a thread. */
export class PatchReducer {
  readonly #prefer: 'wasm' | 'twin';
  #kernels: PixelKernels;
  #memory: Memory;
  #layout: PixelLayout | undefined;

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
    const take = (band: number, { sum, count }: BandFigures): void => {
      mean[band] = sum / count / scale;
      most = Math.max(most, count);
      total += count;
      read++;
    };
    if (values === undefined) {
      for (const band of bands ?? mean.keys()) {
        const one = { patch, band, layout, where };
        take(band, this.#readIntegers(one, 0, false) ?? this.#readDoubles(one));
      }
    } else {
      const topFive = new TopFive(this.#kernels, layout);
      for (let first = 0; first < patch.bands; first += 2) {
        const last = Math.min(first + 1, patch.bands - 1);
        const odd = last > first ? { patch, band: last, layout, where } : undefined;
        const figures = this.#gramOf({ patch, band: first, layout, where }, odd);
        take(first, figures.even);
        if (odd) take(last, figures.odd);
        topFive.write(first, last, patch.bands, values);
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
      this.#memory.bytes.fill(0, layout.x, layout.x + 2 * layout.laneBytes);
      const scales = layout.scales / 8;
      this.#memory.doubles
        .fill(0, scales, scales + layout.short + 4)
        .set(wrapScales(layout.short, layout.long), scales);
    }
    this.#layout = layout;
    return layout;
  }

  /** Gram matrices of one or two bands, each into its lane. */
  #gramOf(one: Band, other: Band | undefined): { even: BandFigures; odd: BandFigures } {
    const even = this.#readIntegers(one, 0, true);
    const odd = other === undefined ? even : even && this.#readIntegers(other, 1, true);
    if (even === undefined || odd === undefined) {
      const doubles = this.#readDoubles(one, 0);
      return { even: doubles, odd: other === undefined ? doubles : this.#readDoubles(other, 1) };
    }
    const { h, tall, short, width, rows, words, scales, shifts, a } = one.layout;
    const kernels = this.#kernels;
    if (tall) kernels.pairRows(even.x, odd.x, h, width, even.centre, odd.centre, words);
    else kernels.pairColumns(even.x, odd.x, rows, width, even.centre, odd.centre, words);
    const depth = tall ? Math.ceil(h / 2) : width / 2;
    // so many sums of two products stay below 2^31
    const chunk = Math.min(depth, Math.floor((2 ** 31 - 1) / (2 * Math.max(1, even.centre, odd.centre) ** 2)));
    const side = tall ? width : rows;
    kernels.gramOfPairs(words, depth, chunk, side, short, even.centre, odd.centre, scales, shifts, a);
    return { even, odd };
  }

  /**
   * Sum and count of a band whose pixels are whole numbers that 16-bit products take, and its pixels where Gram matrices are made of them;
   * undefined where they are not.
   */
  #readIntegers({ patch, band, layout, where }: Band, lane: number, gram: boolean): IntegerFigures | undefined {
    const { h, w, width, long, figures } = layout;
    const pixels = h * w;
    const mask = maskOf(patch, band, pixels);
    const { bytes, halves, doubles } = this.#memory;
    if (!copyIntegers(patch.data, band * pixels, pixels, halves, layout.data / 2)) return undefined;
    if (mask) bytes.set(mask, layout.mask);
    const x = gram ? layout.x + lane * layout.laneBytes : 0;
    this.#kernels.maskedRows(layout.data, mask ? layout.mask : 0, h, w, x, width, figures);
    const sum = doubles[figures / 8];
    const count = doubles[figures / 8 + 1];
    const largest = doubles[figures / 8 + 2];
    if (largest > MAX_EXACT || (gram && long > MAX_LONG_SIDE)) return undefined;
    if (count === 0) throw allMasked(band, where);
    // of pixels less half the largest, four times as many products fit 32 bits
    return { sum, count, x, centre: Math.ceil(largest / 2) };
  }

  /** Sum and count of any band, and its Gram matrix into a lane where one is given. */
  #readDoubles({ patch, band, layout, where }: Band, lane = -1): BandFigures {
    const { h, w, tall, short, long } = layout;
    const start = band * h * w;
    const mask = maskOf(patch, band, h * w);
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
}

function memoryOf({ buffer }: PixelKernels): Memory {
  return { bytes: new Uint8Array(buffer), halves: new Uint16Array(buffer), doubles: new Float64Array(buffer) };
}

/** The mask of one band; one for all bands serves each of them. */
function maskOf({ mask }: Patch, band: number, pixels: number): Uint8Array | undefined {
  const start = mask?.length === pixels ? 0 : band * pixels;
  return mask?.subarray(start, start + pixels);
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
