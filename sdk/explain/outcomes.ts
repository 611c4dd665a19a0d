/** What the three commands give back: the keys of their JSON documents. */
import type { Score, SoilModel } from '../spectra/index.ts';
import type { Attribution } from './attribution.ts';
import type { BandPoint } from './bands.ts';
import type { Uncertainty } from './conformal.ts';
import type { Validation } from './first-lines.ts';
import type { FormulaOutcome } from './formula.ts';
import type { Candidate } from './pareto.ts';
import type { RankingOutcome } from './rankings.ts';

/** What `auto` made of its candidates. */
export interface AutoOutcome {
  /** Out-of-fold score of each candidate by itself. */
  readonly candidates: readonly { readonly name: string; readonly score: number }[];
  /** Weight of each candidate by fold and target, as chosen without the fold. */
  readonly inFold: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
  /** Weights of the model that was kept, by target. */
  readonly final: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface TrainOutcome {
  readonly score: Score;
  /** The model folder. */
  readonly model: string;
  /** Kind of the model in the folder. */
  readonly kind: SoilModel['model'];
  /** CPU time of growing the final model on all rows. */
  readonly trainCpuSeconds: number;
  readonly features: number;
  /** Rows left out because a target is unknown. */
  readonly droppedRows: number;
  readonly uncertainty: Uncertainty;
  readonly validation: Validation;
  readonly auto?: AutoOutcome;
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
  /** With `--bands`: one entry a budget; what no other choice beats in score, bands and arithmetic; and its knee. */
  readonly bandCurve?: readonly BandPoint[];
  readonly front?: readonly Candidate[];
  /** All that stood for the front, with the score of each fold. */
  readonly candidates?: readonly Candidate[];
  readonly knee?: Candidate & {
    readonly rule: string;
    /** Bands of the knee when each fold in turn is left out. */
    readonly withoutEachFold: readonly number[];
  };
  /** With `--rankings`. */
  readonly rankings?: readonly RankingOutcome[];
  /** With `--formula`: by target, on the smallest count of kept features. */
  readonly formula?: Readonly<Record<string, FormulaOutcome>>;
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
  /** How the SHAP values were found. */
  readonly method: string;
  /** Share of the rows whose spectra are unlike those trained on; null for a model that does not know. */
  readonly outsideShare: number | null;
  /** Strongest pairs of features, where asked for: mean |interaction| ÷ SD, both halves of a pair together. */
  readonly interactions?: readonly { readonly a: string; readonly b: string; readonly strength: number }[];
  readonly shapCpuSeconds: number;
  readonly report: string;
}
