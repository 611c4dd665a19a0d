/** How each kind of soil model is fitted unless asked otherwise. */
import { NadirError } from '../base/index.ts';
import type { EstimatorKind } from './estimator.ts';

/** What may be asked of a fit; a kind takes what concerns it and ignores the rest. */
export interface EstimatorOptions {
  /** Trees of `forest` (200), `extra` (200) and `eagleeyes` (1,000); most trees a target of `boost` (300). */
  readonly trees?: number;
  /** Fewest rows in a leaf: 2 for `forest` and `extra`, 1 for `eagleeyes`, 5 for `boost`. */
  readonly minLeaf?: number;
  /** Share of the features that a split (`boost`: a tree) looks at, in (0, 1]: ⅓, `eagleeyes` 1; never fewer than `DRAWN_AT_LEAST`, or all. */
  readonly mtry?: number;
  /** `boost`: what each tree adds of its own estimate, in (0, 1]: 0.05. */
  readonly learningRate?: number;
  /** `boost`: most leaves of a tree: 15. */
  readonly leaves?: number;
  /** `boost`: share of the rows that a tree sees, in (0, 1]: 0.8. */
  readonly bagging?: number;
  /** `boost`: L2 penalty on leaf values, in rows: 1. */
  readonly l2?: number;
  /** `boost`: choose the number of trees by inner folds (default), or grow all of them. */
  readonly earlyStopping?: boolean;
  /** `pls`: most components that the inner folds may choose: 20. */
  readonly components?: number;
  /** `pls`: how they choose: the fewest within one standard error of the least error (`one-se`, default), the least error, or all `components`. */
  readonly componentRule?: 'one-se' | 'least' | 'all';
  /**
   * One model for all targets instead of one a target: `forest` and `extra` true, `pls` false. Trees of single targets are as many times more, and
   * better: on the 16 pairs of soils and targets in models/soil-spectra `extra` has a median R² of 0.65 instead of 0.63.
   */
  readonly jointly?: boolean;
  /** Divide each feature by its SD over the training rows: `ridge` does, `pls` does not, for bands share a unit and noise is no signal. */
  readonly scale?: boolean;
  /** `ridge`: penalties to choose from; without it 25 from 1e-9 to 10 times the sum of squares of all (scaled) features. */
  readonly lambdas?: readonly number[];
  /** `neighbours`: rows that are asked, at most all; without it chosen by leave-one-out. `eagleeyes`: 170. */
  readonly neighbours?: number;
}

/** A split or tree looks at this many features at least: a third of 12 would leave it to chance which target it serves. */
export const DRAWN_AT_LEAST = 24;

/** Features that a share means. */
export function drawnOf(share: number, features: number): number {
  return Math.min(features, Math.max(DRAWN_AT_LEAST, Math.round(share * features)));
}

/** Refuses options that no model can have. */
export function checkEstimatorOptions(kind: EstimatorKind, options: EstimatorOptions): void {
  const check = (option: keyof EstimatorOptions, isRight: (value: number) => boolean, range: string) => {
    const value = options[option];
    if (value === undefined || (typeof value === 'number' && isRight(value))) return;
    throw new NadirError({
      what: `a model cannot have ${option} ${value}`,
      where: kind,
      remedy: `Give ${range}`,
      exitCode: 2,
    });
  };
  const whole = (low: number, high: number) => (value: number) =>
    Number.isInteger(value) && value >= low && value <= high;
  const share = (value: number) => value > 0 && value <= 1;
  check('trees', whole(1, 100_000), 'a whole number, 1 to 100,000');
  check('minLeaf', whole(1, 1e9), 'a whole number of rows, 1 or more');
  check('mtry', share, 'a share above 0, at most 1');
  check('learningRate', share, 'a rate above 0, at most 1');
  check('leaves', whole(2, 1024), 'a whole number, 2 to 1,024');
  check('bagging', share, 'a share above 0, at most 1');
  check('l2', (value) => value >= 0 && Number.isFinite(value), 'a penalty of 0 or more');
  check('components', whole(1, 1000), 'a whole number, 1 to 1,000');
  check('neighbours', whole(1, 1e9), 'a whole number, 1 or more');
  for (const lambda of options.lambdas ?? [])
    if (!(lambda > 0 && Number.isFinite(lambda)))
      throw new NadirError({
        what: `a model cannot have lambda ${lambda}`,
        where: kind,
        remedy: 'Give penalties above 0',
        exitCode: 2,
      });
}
