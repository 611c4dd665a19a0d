/** Score against bands read against on-board arithmetic: what no other choice beats in all three, and the knee. */
import { mean, standardDeviation } from '../spectra/index.ts';
import type { BoardCost } from './pareto-cost.ts';

/** One way to fly the model. */
export interface Candidate {
  /** `all` features of the catalogue, `features` pruned by SHAP, or what a set of `bands` allows. */
  readonly kind: 'all' | 'features' | 'bands';
  /** Count asked for: features kept, or the budget of bands. */
  readonly asked: number;
  readonly score: number;
  readonly lossPercent: number;
  readonly cost: BoardCost;
  /** Score of each fold. */
  readonly folds: readonly number[];
}

export const KNEE_RULE =
  'the fewest bands whose score is within one standard error of the best on the front; the standard error is that of the difference over the folds; between equals, the least arithmetic';

/** The candidates that no other one equals or beats in score, bands and operations at once; fewest bands first. */
export function paretoFront(candidates: readonly Candidate[]): Candidate[] {
  const measures = ({ score, cost }: Candidate) => [score, cost.bands, cost.operations];
  const dominates = (a: Candidate, b: Candidate) => {
    const [of, against] = [measures(a), measures(b)];
    return of.every((value, i) => value <= against[i]) && of.some((value, i) => value < against[i]);
  };
  return candidates
    .filter((own) => !candidates.some((other) => dominates(other, own)))
    .sort((a, b) => a.cost.bands - b.cost.bands || a.cost.operations - b.cost.operations);
}

/** The knee of some candidates by `KNEE_RULE`. */
export function kneeOf(candidates: readonly Candidate[]): Candidate {
  const best = candidates.reduce((least, own) => (own.score < least.score ? own : least));
  const within = candidates.filter((own) => {
    const behind = own.folds.map((value, fold) => value - best.folds[fold]);
    return mean(behind) <= standardDeviation(behind) / Math.sqrt(behind.length);
  });
  return within.reduce((least, own) => {
    const order = own.cost.bands - least.cost.bands || own.cost.operations - least.cost.operations;
    return order < 0 ? own : least;
  });
}

/** Bands of the knee when each fold in turn is left out of the scores: how much the choice hangs on one fold. */
export function kneeWithoutEachFold(candidates: readonly Candidate[]): number[] {
  const folds = candidates[0].folds.length;
  if (folds < 3) return [];
  return Array.from({ length: folds }, (_, out) => {
    const without = candidates.map((own) => {
      const rest = own.folds.filter((__, fold) => fold !== out);
      return { ...own, folds: rest, score: mean(rest) };
    });
    return kneeOf(paretoFront(without)).cost.bands;
  });
}
