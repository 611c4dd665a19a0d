/**
 * Confidence intervals of a score: percentile bootstrap (Efron and Tibshirani 1993, ch. 13) over the held-out rows, drawn anew within each
 * fold; or over whole groups, where rows of a group are alike and count as one draw. The models stay as they are: an interval says how far the
 * figure would move with other samples to test on, not with others to train on.
 */
import { quantile, Random } from '../base/index.ts';
import type { Folds } from './folds.ts';
import { foldErrors, mean, pooledFigures, type Score } from './score.ts';

const REPLICATES = 1000;
/** Fewer groups than this say nothing of how much groups differ: no interval then. */
const FEWEST_GROUPS = 6;
const FIGURES = ['r2', 'rmse', 'bias', 'rpd', 'rpiq', 'sep', 'ccc', 'slope', 'sdRatio'] as const;

export interface IntervalOptions {
  readonly seed: number;
  /** Group of each row, [n]: whole groups are drawn. */
  readonly groupOf?: ArrayLike<number>;
  readonly replicates?: number;
}

/**
 * The score with 95 % intervals of its mean and of every target's figures; unchanged where there are too few groups for one.
 * @param truth [n, targets]
 * @param prediction [n, targets]
 */
export function withIntervals(
  score: Score,
  truth: Float64Array,
  prediction: Float64Array,
  folds: Folds,
  options: IntervalOptions,
): Score {
  const targets = Object.keys(score.perTarget);
  const T = targets.length;
  const K = folds.names.length;
  const units = unitsOf(folds, options.groupOf);
  if (options.groupOf && units.reduce((sum, stratum) => sum + stratum.length, 0) < FEWEST_GROUPS) return score;
  const errors = foldErrors(truth, prediction, folds, T);
  const random = Random.of(options.seed, 'bootstrap');
  const means: number[] = [];
  const drawn = targets.map(() => ({
    score: [] as number[],
    ...Object.fromEntries(FIGURES.map((name) => [name, [] as number[]])),
  })) as Record<string, number[]>[];
  for (let replicate = 0; replicate < (options.replicates ?? REPLICATES); replicate++) {
    const rows = units.flatMap((stratum) =>
      Array.from(stratum, () => stratum[random.below(stratum.length)]).flatMap((unit) => [...unit]),
    );
    const scores = targets.map((_, t) => {
      const sums = new Float64Array(2 * K);
      for (const row of rows) {
        sums[2 * folds.of[row]] += errors.model[row * T + t];
        sums[2 * folds.of[row] + 1] += errors.mean[row * T + t];
      }
      // a fold none of whose groups was drawn has no ratio
      const ratios = folds.names.map((_, fold) => sums[2 * fold] / sums[2 * fold + 1]).filter(Number.isFinite);
      return ratios.length === 0 ? Number.NaN : mean(ratios);
    });
    means.push(mean(scores));
    targets.forEach((_, t) => {
      const figures = pooledFigures(
        Float64Array.from(rows, (row) => truth[row * T + t]),
        Float64Array.from(rows, (row) => prediction[row * T + t]),
      );
      drawn[t].score.push(scores[t]);
      for (const name of FIGURES) drawn[t][name].push(figures[name] ?? Number.NaN);
    });
  }
  const overall = interval(means);
  return {
    ...score,
    ...(overall && { interval95: overall }),
    perTarget: Object.fromEntries(
      targets.map((name, t) => {
        const entries = Object.entries(drawn[t]).flatMap(([figure, values]) => {
          const range = interval(values);
          return range === null ? [] : [[figure, range] as const];
        });
        return [name, { ...score.perTarget[name], interval95: Object.fromEntries(entries) }];
      }),
    ),
  };
}

/** What is drawn: rows by fold, or groups all together, each with its held-out rows. */
function unitsOf(folds: Folds, groupOf?: ArrayLike<number>): Uint32Array[][] {
  const K = folds.names.length;
  const rows = [...folds.of.keys()].filter((row) => folds.of[row] < K);
  if (groupOf === undefined) {
    const byFold: Uint32Array[][] = folds.names.map(() => []);
    for (const row of rows) byFold[folds.of[row]].push(Uint32Array.of(row));
    return byFold;
  }
  const members = new Map<number, number[]>();
  for (const row of rows) {
    const group = members.get(groupOf[row]);
    if (group === undefined) members.set(groupOf[row], [row]);
    else group.push(row);
  }
  return [[...members.values()].map((group) => Uint32Array.from(group))];
}

function interval(values: readonly number[]): [number, number] | null {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  return sorted.length < values.length / 2 ? null : [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}
