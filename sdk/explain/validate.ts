/**
 * Fits candidates to some rows and predicts others, in worker threads: the one thing that cross-validation, nested or not, is made of. What
 * a job gives depends on its rows and the seed alone.
 */
import { type Progress, Random, runJobs, workerUrl } from '../base/index.ts';
import { type Estimator, fitEstimator, treeSpread } from '../forest/index.ts';
import type { Folds } from '../spectra/index.ts';
import { featureImportance } from './attribution.ts';
import type { Candidate } from './candidates.ts';
import { outOfBagHalfWidths } from './conformal.ts';
import { gather, truthOf } from './fits.ts';
import { leafProximity } from './leaf-proximity.ts';
import { columnSds, type FitData } from './problem.ts';
import { explainEstimator } from './shap-any.ts';

/** What worker threads are given. */
export interface ValidationData {
  readonly fit: FitData;
  readonly candidates: readonly Candidate[];
}

/** One fit. */
export interface Trial {
  readonly candidate: number;
  readonly trained: Uint32Array;
  readonly predicted: Uint32Array;
  /** Also explain the predicted rows and say how far the trees disagree. */
  readonly detail: boolean;
}

export interface TrialResult {
  /** [predicted, targets] */
  readonly prediction: Float64Array;
  /** SD over the trees at each predicted row, [predicted, targets]; of averaging forests, with `detail`. */
  readonly treeSpread?: Float64Array;
  /** Mean |SHAP| ÷ SD of the candidate's features on predicted rows, [columns]; of models with exact SHAP values, with `detail`. */
  readonly importance?: Float64Array;
  /** Greatest share of trees in which a predicted row shares a leaf with a row trained on, [predicted]; of trees, with `detail`. */
  readonly proximity?: Float64Array;
  /** Half width of an interval from the errors of trees that had not drawn the training row, [targets]; of bagged forests, with `detail`. */
  readonly outOfBagHalfWidth?: Float64Array;
}

const WORKER = workerUrl(import.meta.url, './validate-worker');
/** Predicted rows that are explained. */
const EXPLAINED_ROWS = 40;

/** Runs trials on some threads; results in their order, whatever the number of threads. */
export function runTrials(
  data: ValidationData,
  trials: readonly Trial[],
  threads: number,
  progress: Progress,
): Promise<TrialResult[]> {
  const step = Math.max(1, Math.ceil(trials.length / 10));
  return runJobs({
    worker: WORKER,
    data,
    jobs: trials,
    threads,
    work: runTrial,
    onDone: (done) => {
      if (done % step === 0 || done === trials.length) progress.log(`fits: ${done} of ${trials.length} done`);
    },
  });
}

/** Does one trial. */
export function runTrial({ fit, candidates }: ValidationData, trial: Trial): TrialResult {
  const candidate = candidates[trial.candidate];
  const estimator = fitCandidate(fit, candidate, trial.trained);
  const n = trial.predicted.length;
  const x = gather(fit, trial.predicted, candidate.columns);
  const prediction = estimator.predict(x, n, edgeOf(fit, trial.predicted));
  if (!trial.detail || n === 0) return { prediction };
  const { forest } = estimator;
  const explained = Math.min(n, EXPLAINED_ROWS);
  const shap = explainEstimator(estimator, x.subarray(0, explained * candidate.columns.length), explained, {
    means: columnMeans(fit, trial.trained, candidate.columns),
  });
  const truth = truthOf(fit, trial.trained);
  const sds = columnSds(truth, fit.targets).map((sd) => sd || 1);
  const { outOfBag } = estimator;
  return {
    prediction,
    ...(outOfBag && { outOfBagHalfWidth: outOfBagHalfWidths(outOfBag, truth, fit.targets) }),
    ...(forest &&
      averages(estimator) && {
        proximity: leafProximity(forest, x, n, gather(fit, trial.trained, candidate.columns), trial.trained.length),
      }),
    ...(forest && averages(estimator) && { treeSpread: treeSpread(forest, x, n) }),
    ...(shap && { importance: featureImportance({ values: shap.values, n: explained, targets: fit.targets }, sds) }),
  };
}

/** Fits a candidate to some rows. */
export function fitCandidate(
  fit: FitData,
  { kind, options, columns, name }: Candidate,
  trained: Uint32Array,
): Estimator {
  const edge = edgeOf(fit, trained);
  const rows = {
    x: gather(fit, trained, columns),
    y: truthOf(fit, trained),
    n: trained.length,
    features: columns.length,
    targets: fit.targets,
    ...(edge && { edge }),
  };
  return fitEstimator(kind, rows, options, Random.of(fit.seed, name).uint32());
}

/** Whether the estimate is the mean of trees that each estimate the whole, so that their spread says something. */
function averages({ kind }: Pick<Estimator, 'kind'>): boolean {
  return kind === 'forest' || kind === 'extra';
}

/** Trials of a candidate, one a fold: fitted on all other rows. */
export function foldTrials(folds: Folds, candidate: number, detail: boolean): Trial[] {
  const rows = Uint32Array.from(folds.of.keys());
  return folds.names.map((_, fold) => ({
    candidate,
    trained: rows.filter((row) => folds.of[row] !== fold),
    predicted: rows.filter((row) => folds.of[row] === fold),
    detail,
  }));
}

/** Mean of each column over some rows, [columns]. */
export function columnMeans(fit: FitData, rows: Uint32Array, columns: Uint32Array): Float64Array {
  return Float64Array.from(columns, (column) => {
    let sum = 0;
    for (const row of rows) sum += fit.x[row * fit.features + column];
    return sum / rows.length;
  });
}

function edgeOf({ edge }: FitData, rows: Uint32Array): Float64Array | undefined {
  return edge && Float64Array.from(rows, (row) => edge[row]);
}
