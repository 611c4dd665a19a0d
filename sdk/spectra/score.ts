/** The challenge score of HYPERVIEW over folds, and the figures that soil spectroscopists expect beside it. */
import { NadirError } from '../base/index.ts';
import type { Folds } from './folds.ts';

/** Figures of one target. All but `score` are over the pooled out-of-fold predictions. */
export interface TargetFigures {
  /** Mean over the folds of MSE(model)/MSE(mean of the fold's training rows). */
  readonly score: number;
  /** 1 − SSE/SST about the mean of all rows (not the squared correlation). */
  readonly r2: number;
  readonly rmse: number;
  /** Mean of prediction − truth. */
  readonly bias: number;
  /** SD(truth)/RMSE, SD with n − 1; null where RMSE is 0. */
  readonly rpd: number | null;
  /** (Q3 − Q1)/RMSE, quartiles by linear interpolation (Hyndman and Fan's type 7, numpy's default); null where RMSE is 0. */
  readonly rpiq: number | null;
}

export interface Score {
  /** The challenge score: mean over folds of the mean over targets. Lower is better, 1 is the training-mean predictor. */
  readonly mean: number;
  /** Standard deviation over the folds, n − 1. */
  readonly sd: number;
  /** Score of each fold: mean over targets. */
  readonly folds: readonly number[];
  readonly perTarget: Readonly<Record<string, TargetFigures>>;
}

/**
 * Scores out-of-fold predictions.
 * @param truth [n, targets]
 * @param prediction [n, targets], each row predicted by a model that saw no row of its fold
 * Throws NadirError where the mean predictor is exact on a fold, which leaves the ratio undefined.
 */
export function scoreFolds(
  truth: Float64Array,
  prediction: Float64Array,
  folds: Folds,
  targets: readonly string[],
): Score {
  const T = targets.length;
  const K = folds.names.length;
  const n = folds.of.length;
  const count = new Float64Array(K);
  const sum = new Float64Array(K * T);
  for (let row = 0; row < n; row++) {
    count[folds.of[row]]++;
    for (let t = 0; t < T; t++) sum[folds.of[row] * T + t] += truth[row * T + t];
  }
  const total = Float64Array.from({ length: T }, (_, t) => {
    let all = 0;
    for (let fold = 0; fold < K; fold++) all += sum[fold * T + t];
    return all;
  });
  const modelError = new Float64Array(K * T);
  const meanError = new Float64Array(K * T);
  for (let row = 0; row < n; row++) {
    const fold = folds.of[row];
    for (let t = 0; t < T; t++) {
      const at = fold * T + t;
      const trainingMean = (total[t] - sum[at]) / (n - count[fold]);
      modelError[at] += (prediction[row * T + t] - truth[row * T + t]) ** 2;
      meanError[at] += (trainingMean - truth[row * T + t]) ** 2;
    }
  }
  const ratio = modelError.map((error, at) => error / meanError[at]);
  const undefinedAt = ratio.findIndex((value) => !Number.isFinite(value));
  if (undefinedAt >= 0)
    throw new NadirError({
      what: 'the score is undefined because the mean predictor is exact',
      where: `target ${targets[undefinedAt % T]}, fold ${folds.names[Math.floor(undefinedAt / T)]}`,
      remedy: 'Choose fewer folds, or leave out a target that does not vary',
    });
  const perFold = Array.from({ length: K }, (_, fold) => mean(ratio.subarray(fold * T, (fold + 1) * T)));
  return {
    mean: mean(perFold),
    sd: standardDeviation(perFold),
    folds: perFold,
    perTarget: Object.fromEntries(
      targets.map((name, t) => {
        const ratios = perFold.map((_, fold) => ratio[fold * T + t]);
        return [name, { score: mean(ratios), ...pooledFigures(column(truth, t, T), column(prediction, t, T)) }];
      }),
    ),
  };
}

/** r2, rmse, bias, rpd and rpiq of one target's predictions. */
export function pooledFigures(truth: Float64Array, prediction: Float64Array): Omit<TargetFigures, 'score'> {
  const errors = prediction.map((value, row) => value - truth[row]);
  const sse = errors.reduce((sum, error) => sum + error * error, 0);
  const centre = mean(truth);
  const sst = truth.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const rmse = Math.sqrt(sse / truth.length);
  const sorted = truth.slice().sort();
  return {
    r2: 1 - sse / sst,
    rmse,
    bias: mean(errors),
    rpd: rmse === 0 ? null : standardDeviation(truth) / rmse,
    rpiq: rmse === 0 ? null : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / rmse,
  };
}

/** Arithmetic mean. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Standard deviation with n − 1; 0 for a single value. */
export function standardDeviation(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Quantile of sorted values by linear interpolation (type 7). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Column t of a row-major [n, width] array. */
export function column(values: Float64Array, t: number, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + t]);
}
