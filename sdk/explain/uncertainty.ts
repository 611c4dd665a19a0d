/** The intervals of a model, all its targets at once, from estimates of rows that their models had not seen. */
import type { Folds } from '../spectra/index.ts';
import { COVERAGE, intervalFromFolds, type Uncertainty } from './conformal.ts';

export interface HeldOutEstimates {
  /** [n, targets] */
  readonly truth: Float64Array;
  /** Estimate of each row by the model of its fold, [n, targets]. */
  readonly prediction: Float64Array;
  readonly folds: Folds;
  readonly targets: readonly string[];
  /** SD over the trees of the fold's model, [n, targets]. */
  readonly treeSpread?: Float64Array;
  /** Of a bagged forest: half widths from rows that trees had not drawn, of the model on all rows [targets] and of each fold's. */
  readonly outOfBag?: { readonly final: Float64Array; readonly byFold: readonly Float64Array[] };
}

/**
 * Intervals with 90 % coverage. From out-of-bag errors where they are given: more rows are trained on than in folds, so they fit the model on all
 * rows better. Not to be given where rows come in groups: the bag of a tree knows none.
 */
export function uncertaintyOf(given: HeldOutEstimates): Uncertainty {
  const { truth, prediction, folds, targets, treeSpread, outOfBag } = given;
  const T = targets.length;
  const rows = [...folds.of.keys()].filter((row) => folds.of[row] < folds.names.length);
  const foldOf = rows.map((row) => folds.of[row]);
  const intervals = targets.map((_, t) =>
    intervalFromFolds(
      {
        errors: Float64Array.from(rows, (row) => prediction[row * T + t] - truth[row * T + t]),
        foldOf,
        ...(treeSpread && { treeSpread: Float64Array.from(rows, (row) => treeSpread[row * T + t]) }),
      },
      COVERAGE,
    ),
  );
  const byTarget = <V>(value: (interval: (typeof intervals)[number]) => V) =>
    Object.fromEntries(targets.map((name, t) => [name, value(intervals[t])]));
  const spreads = targets.flatMap((name, t) => {
    const { byTreeSpread } = intervals[t];
    return byTreeSpread ? [[name, byTreeSpread] as const] : [];
  });
  const coveredOutOfBag = (t: number, byFold: readonly Float64Array[]) =>
    rows.filter((row) => Math.abs(prediction[row * T + t] - truth[row * T + t]) <= byFold[folds.of[row]][t]).length /
    rows.length;
  const byTreeSpread = spreads.length > 0 ? { byTreeSpread: Object.fromEntries(spreads) } : {};
  if (outOfBag)
    return {
      coverage: COVERAGE,
      method: 'out-of-bag',
      halfWidth: Object.fromEntries(targets.map((name, t) => [name, outOfBag.final[t]])),
      measuredCoverage: Object.fromEntries(targets.map((name, t) => [name, coveredOutOfBag(t, outOfBag.byFold)])),
      ...byTreeSpread,
    };
  return {
    coverage: COVERAGE,
    method: folds.names.length < 2 ? 'split' : 'cross-validation',
    halfWidth: byTarget((interval) => interval.halfWidth),
    measuredCoverage: byTarget((interval) => interval.measuredCoverage),
    ...byTreeSpread,
  };
}
