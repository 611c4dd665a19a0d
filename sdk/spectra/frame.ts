/**
 * A frame: the cube of an imaging spectrometer as some file or instrument gave it, whatever the format. The readers fill in the
 * parts that their format has; `frameOf` checks them together, so that whatever computes from a frame need not.
 */
import { basename } from 'node:path';
import { NadirError, type NumericArray } from '../base/index.ts';
import { checkWavelengths } from './frame-wavelengths.ts';

/** Values of a frame; 64-bit integers are read as float64. */
export type FrameData = Exclude<NumericArray, BigInt64Array | BigUint64Array>;

export const QUANTITIES = ['counts', 'radiance', 'reflectance', 'unknown'] as const;
export type Quantity = (typeof QUANTITIES)[number];

export interface Frame {
  /** File name without its folder. */
  readonly name: string;
  /** SHA-256 of the bytes of the files that it was read from. */
  readonly sha256: string;
  readonly bands: number;
  readonly height: number;
  readonly width: number;
  /** Values in the file's own unit, band-sequential [bands, height, width]. */
  readonly data: FrameData;
  /** Band centres in nm in the file's order, which need not be increasing, [bands]. */
  readonly wavelengthsNm: Float64Array;
  /** Full widths at half maximum in nm, [bands]. */
  readonly fwhmNm?: Float64Array;
  /** What each pixel is, [height, width]; 0 = unlabelled. */
  readonly labels?: Int32Array;
  /** Names of the labels, by number. */
  readonly labelNames?: readonly string[];
  /** 1 where a pixel is EXCLUDED in all bands (numpy's masked-array convention), [height, width]. */
  readonly mask?: Uint8Array;
  /** Value that stands for "nothing measured here". Values that are not finite always do. */
  readonly noData?: number;
  /** 0 where a band is not to be used, [bands]. */
  readonly goodBands?: Uint8Array;
  readonly quantity: Quantity;
  /** Divide by it for reflectance 0 … 1. */
  readonly scale?: number;
  /** What was inferred in reading it, for the user to check. */
  readonly notes: readonly string[];
}

/** What a format's reader knows; the rest comes from files beside and from the user's options. */
export interface FrameParts extends Partial<Omit<Frame, 'name' | 'sha256' | 'notes'>> {
  readonly bands: number;
  readonly height: number;
  readonly width: number;
  readonly data: FrameData;
  readonly notes: readonly string[];
}

/** Bands that are used, and pixels that are not. */
export interface Usable {
  /** Bands to be used by increasing wavelength. */
  readonly bands: Uint32Array;
  /** Bands marked as bad. */
  readonly badBands: number;
  /** Bands without a value in any pixel. */
  readonly emptyBands: number;
  /** 1 where a pixel is masked or lacks a value in a band that is used, [height, width]. */
  readonly excluded: Uint8Array;
  readonly excludedPixels: number;
}

export const MAX_BANDS = 4096;
const MAX_EDGE = 2 ** 20;
/** Values of a frame: 2^28, as many as a HYPSO-1 capture three times over. */
const MAX_VALUES = 2 ** 28;
/** Largest file of a frame. */
export const MAX_FRAME_BYTES = 2 ** 31 - 1;

/**
 * Number of values of a frame; refuses sizes that are empty, no whole numbers or too large to be held, before anything is
 * allocated.
 */
export function frameValues(bands: number, height: number, width: number, where: string): number {
  const whole = [bands, height, width].every((length) => Number.isSafeInteger(length) && length >= 1);
  const values = bands * height * width;
  if (!whole || bands > MAX_BANDS || height > MAX_EDGE || width > MAX_EDGE || values > MAX_VALUES)
    throw new NadirError({
      what: `a frame of ${bands} bands, ${height} rows and ${width} columns is empty or too large`,
      where,
      remedy: `Give at most ${MAX_BANDS} bands and 2^28 values; check the sizes, or cut the frame into parts`,
    });
  return values;
}

/** The frame of these parts, checked: `path` names it in errors. */
export function frameOf(
  parts: FrameParts & { readonly wavelengthsNm: Float64Array },
  path: string,
  sha256: string,
): Frame {
  const { bands, height, width, data, wavelengthsNm, fwhmNm, labels, mask, goodBands, scale } = parts;
  const fail = (what: string, place: string, remedy: string) =>
    new NadirError({ what, where: `${path} ${place}`, remedy });
  const values = frameValues(bands, height, width, path);
  const pixels = height * width;
  const lengths: readonly (readonly [string, ArrayLike<number> | undefined, number])[] = [
    ['data', data, values],
    ['wavelengths', wavelengthsNm, bands],
    ['fwhm', fwhmNm, bands],
    ['good bands', goodBands, bands],
    ['labels', labels, pixels],
    ['mask', mask, pixels],
  ];
  for (const [name, array, length] of lengths)
    if (array !== undefined && array.length !== length)
      throw fail(
        `${array.length} values where ${length} are needed`,
        name,
        'Give one for each band or pixel of the cube',
      );
  checkWavelengths(wavelengthsNm, goodBands, path);
  if (fwhmNm?.some((width) => !(width > 0 && width < 10_000)))
    throw fail('a band width is not a positive number of nm', 'fwhm', 'Give widths in the unit of the wavelengths');
  if (scale !== undefined && !(scale > 0 && Number.isFinite(scale)))
    throw fail(
      `the reflectance scale is ${scale}`,
      'scale',
      'Give the positive number that stands for a reflectance of 1',
    );
  const frame: Frame = { ...parts, name: basename(path), sha256, quantity: parts.quantity ?? 'unknown' };
  const usable = usableOf(frame);
  if (usable.bands.length === 0)
    throw fail('no band has a value and is marked as good', 'bands', 'Check bbl and the no-data value');
  if (usable.excludedPixels === pixels)
    throw fail(
      'every pixel is masked or lacks a value in some band',
      'pixels',
      'Check the mask (true = excluded), the no-data value, and mark bands without values as bad',
    );
  return frame;
}

/**
 * Which bands and pixels can be computed from. Bands marked bad are dropped first, then bands without any value; a pixel that
 * lacks a value in a band that is left, or is masked, is excluded from all.
 */
export function usableOf(frame: Frame): Usable {
  const { bands, data, mask, goodBands, wavelengthsNm } = frame;
  const pixels = frame.height * frame.width;
  const excluded = mask === undefined ? new Uint8Array(pixels) : Uint8Array.from(mask, (flag) => (flag === 0 ? 0 : 1));
  const masked = excluded.slice();
  const noData = noDataAs(data, frame.noData);
  const mayLack = noData !== undefined || isFloating(data);
  const kept: number[] = [];
  let badBands = 0;
  let emptyBands = 0;
  const lacking = new Uint32Array(mayLack ? pixels : 0);
  for (let band = 0; band < bands; band++) {
    if (goodBands?.[band] === 0) {
      badBands++;
      continue;
    }
    let count = 0;
    if (mayLack) {
      const start = band * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        if (masked[pixel] !== 0) continue;
        const value = data[start + pixel];
        if (Number.isFinite(value) && value !== noData) continue;
        lacking[count++] = pixel;
      }
      let open = 0;
      for (let pixel = 0; pixel < pixels; pixel++) open += 1 - masked[pixel];
      if (count === open) {
        emptyBands++;
        continue;
      }
      for (let i = 0; i < count; i++) excluded[lacking[i]] = 1;
    }
    kept.push(band);
  }
  kept.sort((a, b) => wavelengthsNm[a] - wavelengthsNm[b]);
  let excludedPixels = 0;
  for (const flag of excluded) excludedPixels += flag;
  return { bands: Uint32Array.from(kept), badBands, emptyBands, excluded, excludedPixels };
}

/** The no-data value as the data's type holds it: −3.4e38 written in a header is another number in float32. */
function noDataAs(data: FrameData, noData: number | undefined): number | undefined {
  return data instanceof Float32Array && noData !== undefined ? Math.fround(noData) : noData;
}

function isFloating(data: FrameData): boolean {
  return data instanceof Float32Array || data instanceof Float64Array || data instanceof Float16Array;
}
