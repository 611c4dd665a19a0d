/**
 * `nadir spectra prune --rankings`: features kept by SHAP beside those kept by impurity, by permutation, at random, and beside reflectances at
 * equal steps; same folds, same forests, same elimination. And how far each ranking agrees with itself over folds and seeds.
 */
import { type Progress, Random, runJobs, workerUrl } from '../base/index.ts';
import { mean, scoreFolds, standardDeviation } from '../spectra/index.ts';
import { signed } from './decimals.ts';
import type { Problem } from './problem.ts';
import { RANKINGS, type RankingName, rankFold } from './rankings-fits.ts';
import { outOfFold } from './run-fits.ts';

/** Share of all forests, over folds and seeds, in whose top list a feature of the stable core stands. */
export const CORE_SHARE = 0.8;
const FURTHER_SEEDS = 2;

interface RankingPoint {
  readonly keep: number;
  readonly score: number;
  /** Over the folds. */
  readonly sd: number;
  readonly lossPercent: number;
  /** Score less that of SHAP, mean over the folds, and its standard error: above 0, SHAP does better. */
  readonly behindShap: number;
  readonly behindShapError: number;
}

export interface RankingOutcome {
  readonly name: RankingName;
  readonly points: readonly RankingPoint[];
  /** Mean Jaccard overlap of the top 24 features of two folds (same seed), and of two seeds (same fold); absent where no forest ranks. */
  readonly agreementOfFolds?: number;
  readonly agreementOfSeeds?: number;
  /** Features in the top 24 of at least `CORE_SHARE` of the forests over folds and seeds, by name. */
  readonly core?: readonly string[];
}

/** Compares the rankings at each count of features. */
export async function compareRankings(
  { fit, folds, features, selection, table }: Problem,
  keep: readonly number[],
  fullScore: number,
  threads: number,
  progress: Progress,
): Promise<RankingOutcome[]> {
  const columnOf = new Map(features.map((feature, column) => [feature.name, column]));
  const reflectance = Array.from(table.wavelengthsNm, (_, band) => columnOf.get(`arr@${band}`) ?? -1);
  const random = Random.of(fit.seed, 'further forests');
  const seeds = Array.from({ length: FURTHER_SEEDS }, () => random.uint32());
  const jobs = folds.names.map((_, fold) => ({
    fold,
    keep: keep.toSorted((a, b) => b - a),
    reflectance: reflectance.includes(-1) ? [] : reflectance,
    seeds,
  }));
  const results = await runJobs({
    worker: workerUrl(import.meta.url, './rankings-worker'),
    data: fit,
    jobs,
    threads,
    work: rankFold,
    onDone: (done) => progress.log(`rankings: ${done} of ${jobs.length} folds done`),
  });
  const scoreOf = (name: RankingName, count: number) => {
    const parts = results.flatMap(({ rows, rankings }) => {
      const kept = rankings.find((ranking) => ranking.name === name)?.kept.find((fitted) => fitted.keep === count);
      return kept ? [{ rows, prediction: kept.prediction }] : [];
    });
    if (parts.length < results.length) return undefined;
    return scoreFolds(selection.truth, outOfFold(fit, parts), folds, selection.targets);
  };
  return RANKINGS.map((name) => {
    const points = keep.flatMap((count): RankingPoint[] => {
      const own = scoreOf(name, count);
      const shap = scoreOf('shap', count);
      if (own === undefined || shap === undefined) return [];
      const behind = own.folds.map((value, fold) => value - shap.folds[fold]);
      return [
        {
          keep: count,
          score: own.mean,
          sd: own.sd,
          lossPercent: 100 * (own.mean / fullScore - 1),
          behindShap: mean(behind),
          behindShapError: standardDeviation(behind) / Math.sqrt(behind.length),
        },
      ];
    });
    const tops = results.map(({ rankings }) => rankings.find((ranking) => ranking.name === name)?.top ?? []);
    return { name, points, ...(tops[0].length > 0 && stability(tops, (column) => features[column].name)) };
  });
}

/** Agreement of top lists [folds][seeds], and what nearly all of them hold. */
function stability(tops: readonly (readonly Uint32Array[])[], nameOf: (column: number) => string) {
  const lists = tops.flat();
  const count = new Map<number, number>();
  for (const list of lists) for (const column of list) count.set(column, (count.get(column) ?? 0) + 1);
  const core = [...count].filter(([, times]) => times >= CORE_SHARE * lists.length);
  return {
    agreementOfFolds: meanJaccard(tops.map((seeds) => seeds[0])),
    agreementOfSeeds: mean(tops.map((seeds) => meanJaccard(seeds))),
    core: core.sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([column]) => nameOf(column)),
  };
}

/** Mean over all pairs of |A ∩ B| / |A ∪ B|; 1 for a single set. */
export function meanJaccard(sets: readonly Iterable<number>[]): number {
  const own = sets.map((set) => new Set(set));
  const pairs = own.flatMap((a, i) => own.slice(i + 1).map((b) => jaccard(a, b)));
  return pairs.length === 0 ? 1 : mean(pairs);
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const common = [...a].filter((item) => b.has(item)).length;
  return common / Math.max(1, a.size + b.size - common);
}

/** Where SHAP is not better than another ranking by more than one standard error: in words, for the report. */
export function whereShapDoesNotWin(rankings: readonly RankingOutcome[]): string[] {
  return rankings.flatMap(({ name, points }) =>
    name === 'shap'
      ? []
      : points
          .filter((point) => point.behindShap <= point.behindShapError)
          .map((point) => {
            const ahead = point.behindShap < -point.behindShapError;
            return `${name} at ${point.keep} features: ${ahead ? 'better than SHAP' : 'as good as SHAP within one standard error'} (${signed(-point.behindShap, 4)} ± ${point.behindShapError.toFixed(4)} of score gained)`;
          }),
  );
}
