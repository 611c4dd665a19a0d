/** Features as codes of 16 bits, made once and used by every tree, and by every forest on subsets of the same rows or columns. */
import { NadirError } from '../base/index.ts';
import { openTrainKernels } from './kernels/open-train.ts';

/** Distinct values of a feature that codes can tell apart, whatever the rows. */
export const CODES = 65_536;
const MAX_ROWS = 2 ** 21;
/** Features coded together: the values of so many lie in one cache line. */
const TOGETHER = 16;
/** Digits that values are sorted by. */
const SORT_BYTES = 3 * 2048 * 4;

/** A table as forests see it, row-major. */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** The values themselves, [rows, features]. */
  readonly x: Float32Array;
  /**
   * Codes, [rows, features], on memory that threads can share. The codes of a feature order its values; values that differ have codes that
   * differ, up to 65,536 rows. The high byte is the value's bin of about equal counts, or its own where there are at most 256 values.
   */
  readonly code: Uint16Array;
}

/**
 * Codes every feature by all rows given. Folds may share the result: a threshold is always taken from the values of the rows
 * trained on, and held-out rows only shift, by their features alone, which neighbouring values large nodes see as one. Bin a fold's training rows by
 * themselves where not even that is wanted.
 * @param x [rows, features], row-major, finite
 */
export function binFeatures(
  x: Float32Array,
  shape: { readonly rows: number; readonly features: number },
): BinnedFeatures {
  const { rows, features } = shape;
  const code = new Uint16Array(new SharedArrayBuffer(rows * features * 2));
  codeFeatures(x, shape, code);
  return { rows, features, x, code };
}

/** Writes the codes of every feature, [rows, features], to `code`. */
export function codeFeatures(
  x: Float32Array,
  { rows, features }: { readonly rows: number; readonly features: number },
  code: Uint16Array,
): void {
  if (x.length !== rows * features) throw new RangeError(`${x.length} values are not [${rows}, ${features}]`);
  if (rows > MAX_ROWS) {
    throw new NadirError({
      what: `${rows} rows are more than a forest takes`,
      where: 'training rows',
      remedy: `Train on at most ${MAX_ROWS}`,
    });
  }
  const columnBytes = Math.ceil(rows / 4) * 16;
  const codesAt = TOGETHER * columnBytes;
  const scratch = codesAt + TOGETHER * (columnBytes / 2);
  const kernels = openTrainKernels(scratch + rows * 16 + SORT_BYTES);
  const values = new Float32Array(kernels.buffer);
  const codes = new Uint16Array(kernels.buffer, codesAt);
  const columnLength = columnBytes / 4;
  for (let first = 0; first < features; first += TOGETHER) {
    const count = Math.min(TOGETHER, features - first);
    for (let row = 0; row < rows; row++) {
      const from = row * features + first;
      for (let i = 0; i < count; i++) values[i * columnLength + row] = x[from + i];
    }
    for (let i = 0; i < count; i++) {
      const wrong = kernels.codeFeature(i * columnBytes, rows, codesAt + i * columnLength * 2, scratch);
      if (wrong >= 0) throw notFinite(x[wrong * features + first + i], wrong, first + i);
    }
    for (let row = 0; row < rows; row++) {
      const to = row * features + first;
      for (let i = 0; i < count; i++) code[to + i] = codes[i * columnLength + row];
    }
  }
}

/** Throws where a value is not finite. */
export function requireFinite(x: Float32Array, features: number): void {
  for (let i = 0; i < x.length; i++)
    if (!Number.isFinite(x[i])) throw notFinite(x[i], Math.floor(i / features), i % features);
}

function notFinite(value: number, row: number, feature: number): NadirError {
  return new NadirError({
    what: `feature value ${value} is not a finite number`,
    where: `row ${row}, feature ${feature}`,
    remedy: 'Remove or repair the row',
  });
}
