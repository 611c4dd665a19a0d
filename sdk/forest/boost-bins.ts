/** Features as histogram bins for boosting, as LightGBM makes them: bins of about equal counts, bounded midway between neighbouring values. */
import { NadirError } from '../base/index.ts';

/** Most bins of a feature. On LimeSoDa 255 score the same at twice the time, and 64 score 4 % worse. */
export const BOOST_BINS = 128;

export interface BoostBins {
  readonly rows: number;
  readonly features: number;
  /** Bin of each value, [features, rows]. */
  readonly bin: Uint8Array;
  /** Values of bin b are at most bound b, in float32; [features, BOOST_BINS]. The last bin of a feature has no bound. */
  readonly bound: Float32Array;
  /** Bins of each feature, [features]; 1 where it does not vary. */
  readonly count: Uint8Array;
}

/** @param x [rows, features], row-major, finite */
export function binForBoosting(x: Float32Array, rows: number, features: number): BoostBins {
  const bin = new Uint8Array(features * rows);
  const bound = new Float32Array(features * BOOST_BINS);
  const count = new Uint8Array(features);
  const column = new Float32Array(rows);
  for (let f = 0; f < features; f++) {
    for (let i = 0; i < rows; i++) {
      const value = x[i * features + f];
      if (!Number.isFinite(value))
        throw new NadirError({
          what: `feature value ${value} is not a finite number`,
          where: `row ${i}, feature ${f}`,
          remedy: 'Remove or repair the row',
        });
      column[i] = value;
    }
    const own = bound.subarray(f * BOOST_BINS, (f + 1) * BOOST_BINS);
    count[f] = drawBounds(column.sort(), own);
    for (let i = 0; i < rows; i++) bin[f * rows + i] = binOf(x[i * features + f], own, count[f]);
  }
  return { rows, features, bin, bound, count };
}

/** Bounds of the bins of sorted values; returns the number of bins. */
function drawBounds(sorted: Float32Array, bound: Float32Array): number {
  let bins = 0;
  let start = 0;
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) continue;
    const wanted = (sorted.length - start) / (BOOST_BINS - bins);
    if (i - start < wanted || bins === BOOST_BINS - 1) continue;
    const middle = Math.fround(sorted[i - 1] / 2 + sorted[i] / 2);
    bound[bins++] = middle >= sorted[i - 1] && middle < sorted[i] ? middle : sorted[i - 1];
    start = i;
  }
  return bins + 1;
}

/** First bin whose bound is not below the value. */
function binOf(value: number, bound: Float32Array, count: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bound[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
