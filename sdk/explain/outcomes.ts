/** What the three commands give back: the keys of their JSON documents. */
import type { Score } from '../spectra/index.ts';
import type { Attribution } from './attribution.ts';

export interface TrainOutcome {
  readonly score: Score;
  /** The model folder. */
  readonly model: string;
  /** CPU time of growing the final model on all rows. */
  readonly trainCpuSeconds: number;
  readonly features: number;
  /** Rows left out because a target is unknown. */
  readonly droppedRows: number;
  readonly report: string;
}

/** One count of kept features. */
export interface CurvePoint {
  readonly keep: number;
  /** Cross-validated challenge score, and its standard deviation over the folds. */
  readonly score: number;
  readonly sd: number;
  /** Relative increase of the score against all features, same folds and seed, in percent; negative is better than all features. */
  readonly lossPercent: number;
  /** Standard deviation over the folds of the fold's own relative increase. */
  readonly lossSdPercent: number;
  /** Bands that the kept features read, when chosen on all rows. */
  readonly bandsRead: number;
  /** Their names, most important first. */
  readonly features: readonly string[];
  /** Mean share of the kept features that two folds have in common (Jaccard): how stable the choice is. */
  readonly agreement: number;
}

export interface PruneOutcome {
  readonly full: { readonly score: number; readonly sd: number; readonly features: number; readonly bandsRead: number };
  readonly curve: readonly CurvePoint[];
  /** Count of features of the model that was written, and by which rule it was chosen. */
  readonly chosen: number;
  readonly rule: string;
  readonly model: string;
  readonly droppedRows: number;
  readonly perTarget: Score['perTarget'];
  readonly report: string;
}

export interface ExplainOutcome extends Attribution {
  /** Path of the SHAP values of every row of the table, .npy float64 [n, features, targets]. */
  readonly shap: string;
  readonly n: number;
  readonly targets: readonly string[];
  readonly features: readonly string[];
  /** Expected prediction of each target, [targets]: base + Σ SHAP of a row = its prediction. */
  readonly base: readonly number[];
  /** Largest |base + Σ SHAP − prediction| over all rows and targets, in the targets' units. */
  readonly additivityError: number;
  readonly shapCpuSeconds: number;
  readonly report: string;
}
