/** The challenge score of HYPERVIEW over folds, and the figures that soil spectroscopists expect beside it. */
import { NadirError, quantile } from '../base/index.ts';
import type { Folds } from './folds.ts';

/** Figures of one target. All but `score` are over the pooled out-of-fold predictions of the rows that were held out. */
export interface TargetFigures {
  /** Mean over the folds of MSE(model)/MSE(mean of the fold's training rows). */
  readonly score: number;
  /** Rows held out. */
  readonly n: number;
  /** Of the truth: least, greatest, standard deviation (n − 1), Q3 − Q1. */
  readonly min: number;
  readonly max: number;
  readonly sd: number;
  readonly iqr: number;
  /** 1 − SSE/SST about the mean of all rows (not the squared correlation). */
  readonly r2: number;
  readonly rmse: number;
  /** Mean of prediction − truth. */
  readonly bias: number;
  /** SD(truth)/RMSE, SD with n − 1; null where RMSE is 0. */
  readonly rpd: number | null;
  /** (Q3 − Q1)/RMSE, quartiles by linear interpolation (Hyndman and Fan's type 7, numpy's default); null where RMSE is 0. */
  readonly rpiq: number | null;
  /** Standard error of prediction: SD (n − 1) of prediction − truth, so without the bias. */
  readonly sep: number;
  /** Concordance of prediction and truth (Lin 1989), moments with 1/n; null where neither varies. */
  readonly ccc: number | null;
  /** Least squares of the prediction on the truth: prediction ≈ intercept + slope·truth; null where the truth does not vary. */
  readonly slope: number | null;
  readonly intercept: number | null;
  /** SD(prediction)/SD(truth): far below 1 is a model that predicts in a narrow range; null where the truth does not vary. */
  readonly sdRatio: number | null;
  /** 95 % confidence intervals of figures by name, low and high; see score-intervals.ts. */
  readonly interval95?: Readonly<Record<string, readonly [number, number]>>;
}

export interface Score {
  /** The challenge score: mean over folds of the mean over targets. Lower is better, 1 is the training-mean predictor. */
  readonly mean: number;
  /** Standard deviation over the folds, n − 1. */
  readonly sd: number;
  /** Score of each fold: mean over targets. */
  readonly folds: readonly number[];
  readonly perTarget: Readonly<Record<string, TargetFigures>>;
  /** 95 % confidence interval of `mean`. */
  readonly interval95?: readonly [number, number];
}

/** Squared errors of the model and of the training-mean predictor, [n, targets]; zero for rows that no fold holds out. */
export interface FoldErrors {
  readonly model: Float64Array;
  readonly mean: Float64Array;
}

/** Both squared errors of every held-out row. */
export function foldErrors(truth: Float64Array, prediction: Float64Array, folds: Folds, targets: number): FoldErrors {
  const T = targets;
  const K = folds.names.length;
  const n = folds.of.length;
  const count = new Float64Array(K);
  const sum = new Float64Array(K * T);
  const total = new Float64Array(T);
  for (let row = 0; row < n; row++) {
    const fold = folds.of[row];
    for (let t = 0; t < T; t++) {
      total[t] += truth[row * T + t];
      if (fold < K) sum[fold * T + t] += truth[row * T + t];
    }
    if (fold < K) count[fold]++;
  }
  const errors = { model: new Float64Array(n * T), mean: new Float64Array(n * T) };
  for (let row = 0; row < n; row++) {
    const fold = folds.of[row];
    if (fold >= K) continue;
    for (let t = 0; t < T; t++) {
      const trainingMean = (total[t] - sum[fold * T + t]) / (n - count[fold]);
      errors.model[row * T + t] = (prediction[row * T + t] - truth[row * T + t]) ** 2;
      errors.mean[row * T + t] = (trainingMean - truth[row * T + t]) ** 2;
    }
  }
  return errors;
}

/**
 * Scores out-of-fold predictions.
 * @param truth [n, targets]
 * @param prediction [n, targets], each held-out row predicted by a model that saw no row of its fold
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
  const errors = foldErrors(truth, prediction, folds, T);
  const modelError = new Float64Array(K * T);
  const meanError = new Float64Array(K * T);
  const heldOut: number[] = [];
  folds.of.forEach((fold, row) => {
    if (fold >= K) return;
    heldOut.push(row);
    for (let t = 0; t < T; t++) {
      modelError[fold * T + t] += errors.model[row * T + t];
      meanError[fold * T + t] += errors.mean[row * T + t];
    }
  });
  const varies = targets.map((_, t) => truth.some((value, at) => at % T === t && value !== truth[t]));
  // the mean of equal values need not be that value: an error of rounding is none
  const ratio = modelError.map((error, at) => (varies[at % T] ? error / meanError[at] : Number.NaN));
  const undefinedAt = ratio.findIndex((value) => !Number.isFinite(value));
  if (undefinedAt >= 0)
    throw new NadirError({
      what: 'the score is undefined because the mean predictor is exact',
      where: `target ${targets[undefinedAt % T]}, fold ${folds.names[Math.floor(undefinedAt / T)]}`,
      remedy: 'Choose fewer folds, or leave out a target that does not vary',
    });
  const perFold = Array.from({ length: K }, (_, fold) => mean(ratio.subarray(fold * T, (fold + 1) * T)));
  const held = (values: Float64Array, t: number) => Float64Array.from(heldOut, (row) => values[row * T + t]);
  return {
    mean: mean(perFold),
    sd: standardDeviation(perFold),
    folds: perFold,
    perTarget: Object.fromEntries(
      targets.map((name, t) => {
        const ratios = perFold.map((_, fold) => ratio[fold * T + t]);
        return [name, { score: mean(ratios), ...pooledFigures(held(truth, t), held(prediction, t)) }];
      }),
    ),
  };
}

/** All figures of one target's predictions but `score`. */
export function pooledFigures(
  truth: Float64Array,
  prediction: Float64Array,
): Omit<TargetFigures, 'score' | 'interval95'> {
  const n = truth.length;
  const centre = mean(truth);
  const predictedCentre = mean(prediction);
  let sse = 0;
  let sst = 0;
  let spread = 0;
  let joint = 0;
  for (let row = 0; row < n; row++) {
    sse += (prediction[row] - truth[row]) ** 2;
    sst += (truth[row] - centre) ** 2;
    spread += (prediction[row] - predictedCentre) ** 2;
    joint += (prediction[row] - predictedCentre) * (truth[row] - centre);
  }
  const rmse = Math.sqrt(sse / n);
  const bias = predictedCentre - centre;
  const sd = n < 2 ? 0 : Math.sqrt(sst / (n - 1));
  const sorted = truth.slice().sort();
  const iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const agreement = sst / n + spread / n + bias * bias;
  const slope = sst > 0 ? joint / sst : null;
  return {
    n,
    min: sorted[0],
    max: sorted[n - 1],
    sd,
    iqr,
    r2: 1 - sse / sst,
    rmse,
    bias,
    rpd: rmse === 0 ? null : sd / rmse,
    rpiq: rmse === 0 ? null : iqr / rmse,
    sep: n < 2 ? 0 : Math.sqrt(Math.max(0, sse - n * bias * bias) / (n - 1)),
    ccc: agreement > 0 ? (2 * joint) / n / agreement : null,
    slope,
    intercept: slope === null ? null : predictedCentre - slope * centre,
    sdRatio: sst > 0 ? Math.sqrt(spread / sst) : null,
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

/** Column t of a row-major [n, width] array. */
export function column(values: Float64Array, t: number, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + t]);
}
