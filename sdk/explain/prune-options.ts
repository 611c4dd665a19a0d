/** What pruning is asked for, and by which rule it chooses. */
import type { ForestChoices, ProblemOptions } from './problem.ts';

/** Loss up to which a smaller model is taken. */
export const ACCEPTED_LOSS_PERCENT = 5;
export const CHOICE_RULE = `the smallest count whose loss is at most ${ACCEPTED_LOSS_PERCENT} %; where none is, the count with the best score`;

export interface PruneOptions extends ProblemOptions {
  /** Counts of features to keep. */
  readonly keep: readonly number[];
  /** Budgets of bands to search. */
  readonly bands?: readonly number[];
  /** Compare SHAP with other rankings. */
  readonly rankings?: boolean;
  /** Fit a formula to the strongest features. */
  readonly formula?: boolean;
  /** Which model is written: the one of the chosen count of features (default), or the knee of the searched bands. */
  readonly choose?: 'features' | 'bands';
  readonly forest: ForestChoices;
  readonly out: string;
  readonly threads: number;
}
