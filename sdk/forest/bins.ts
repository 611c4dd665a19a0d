/** Features as ranks and bins, made once and used by every tree, and by every forest on subsets of the same rows or columns. */
import { NadirError } from '../base/index.ts';

/** Bins of a histogram: what a byte holds. */
export const BINS = 256;
const RANKS = 65_536;
/** Rows that a sort key of 53 bits has room for beside 32 bits of value. */
const MAX_ROWS = 2 ** 21;

/** Features of a table, feature-major: what one feature says of each row lies together. */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** The values themselves, [rows, features], row-major. */
  readonly x: Float32Array;
  /** Place of each value among the distinct values of its feature, [features, rows]; exact up to 65,536 distinct values. */
  readonly rank: Uint16Array;
  /** Bin of each value, [features, rows]: its own bin where a feature has at most 256 distinct values, else bins of about equal counts. */
  readonly bin: Uint8Array;
}

/**
 * Ranks and bins every feature by all rows given. Folds may share the result: a threshold is always taken from the values of the rows
 * trained on, and held-out rows only shift, by their features alone, which neighbouring values large nodes see as one. Bin a fold's training rows by
 * themselves where not even that is wanted.
 * @param x [rows, features], row-major, finite
 */
export function binFeatures(
  x: Float32Array,
  shape: { readonly rows: number; readonly features: number },
): BinnedFeatures {
  const { rows, features } = shape;
  if (x.length !== rows * features) throw new RangeError(`${x.length} values are not [${rows}, ${features}]`);
  if (rows > MAX_ROWS) {
    throw new NadirError({
      what: `${rows} rows are more than a forest takes`,
      where: 'training rows',
      remedy: `Train on at most ${MAX_ROWS}`,
    });
  }
  const rank = new Uint16Array(features * rows);
  const bin = new Uint8Array(features * rows);
  const keys = new Float64Array(rows);
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  for (let f = 0; f < features; f++) {
    for (let row = 0; row < rows; row++) {
      const value = x[row * features + f];
      if (!Number.isFinite(value)) throw notFinite(value, row, f);
      float[0] = value + 0; // -0 + 0 = 0: both zeros are one value
      // the bits of a negative float32 grow as it falls: turn them over, so that keys sort as values do, then as rows
      keys[row] = (bits[0] < 0 ? ~bits[0] : bits[0] + 2 ** 31) * MAX_ROWS + row;
    }
    keys.sort();
    const distinct = countDistinct(keys);
    let place = -1;
    let before = 0; // rows whose value is lower
    for (let i = 0; i < rows; i++) {
      if (i === 0 || valueBits(keys[i]) !== valueBits(keys[i - 1])) {
        place++;
        before = i;
      }
      const at = f * rows + (keys[i] % MAX_ROWS);
      rank[at] = distinct <= RANKS ? place : Math.floor((place * RANKS) / distinct);
      bin[at] = distinct <= BINS ? place : Math.floor((before * BINS) / rows);
    }
  }
  return { rows, features, x, rank, bin };
}

function valueBits(key: number): number {
  return Math.floor(key / MAX_ROWS);
}

function countDistinct(sortedKeys: Float64Array): number {
  let distinct = sortedKeys.length === 0 ? 0 : 1;
  for (let i = 1; i < sortedKeys.length; i++) if (valueBits(sortedKeys[i]) !== valueBits(sortedKeys[i - 1])) distinct++;
  return distinct;
}

function notFinite(value: number, row: number, feature: number): NadirError {
  return new NadirError({
    what: `feature value ${value} is not a finite number`,
    where: `row ${row}, feature ${feature}`,
    remedy: 'Remove or repair the row',
  });
}
