/** One fold's work of comparing rankings, for a worker thread: the same elimination by each importance, and two choices that need no forest. */
import { Random } from '../base/index.ts';
import { type Forest, impurityImportance } from '../forest/index.ts';
import { featureImportance } from './attribution.ts';
import { equallySpaced } from './band-features.ts';
import { eliminate, everyColumn, gather, openFold, strongestColumns, truthOf } from './fits.ts';
import { permutationImportance } from './permutation-importance.ts';
import type { FitData } from './problem.ts';

/** Rankings that are compared. */
export const RANKINGS = ['shap', 'impurity', 'permutation', 'random', 'equal'] as const;
export type RankingName = (typeof RANKINGS)[number];

export interface RankingJob {
  readonly fold: number;
  /** Counts of features, decreasing. */
  readonly keep: readonly number[];
  /** Column of the reflectance of each band, in the order of the bands; empty where it is not among the features. */
  readonly reflectance: readonly number[];
  /** Seeds of further full forests, to see how far a ranking hangs on chance. */
  readonly seeds: readonly number[];
}

export interface RankingResult {
  readonly rows: Uint32Array;
  readonly rankings: readonly {
    readonly name: RankingName;
    readonly kept: readonly { readonly keep: number; readonly prediction: Float64Array }[];
    /** The `TOP` strongest columns of the full forest, a set for each seed, the first the forest's own; empty where no forest ranks. */
    readonly top: readonly Uint32Array[];
  }[];
}

/** Length of the lists whose overlap says how stable a ranking is. */
const TOP = 24;

type Importance = (forest: Forest, columns: Uint32Array) => Float64Array;

/** Ranks on the rows outside the fold by each means, keeps, refits and predicts the fold. */
export function rankFold(data: FitData, job: RankingJob): RankingResult {
  const fold = openFold(data, job.fold);
  const all = everyColumn(data);
  const forests = [fold.grow(all), ...job.seeds.map((seed) => fold.grow(all, seed))];
  const sampleTruth = truthOf(data, fold.sample);
  const random = () => Random.of(data.seed, `permutation importance without fold ${job.fold}`);
  const importances: Record<'shap' | 'impurity' | 'permutation', Importance> = {
    shap: (forest, columns) => featureImportance(fold.shap(forest, columns), fold.targetSd),
    impurity: (forest) => impurityImportance(forest, fold.targetSd),
    permutation: (forest, columns) =>
      permutationImportance(forest, gather(data, fold.sample, columns), sampleTruth, fold.targetSd, random()),
  };
  const byForest = (['shap', 'impurity', 'permutation'] as const).map((name) => {
    const full = forests.map((forest) => importances[name](forest, all));
    const own: Importance = (forest, columns) => (forest === forests[0] ? full[0] : importances[name](forest, columns));
    return {
      name,
      kept: eliminate(fold, forests[0], all, job.keep, own).map(({ keep, prediction }) => ({ keep, prediction })),
      top: full.map((importance) => strongestColumns(all, importance, Math.min(TOP, all.length))),
    };
  });
  const refit = (keep: number, columns: Uint32Array) => ({
    keep,
    prediction: fold.predict(fold.grow(columns), columns),
  });
  const order = Random.of(data.seed, `random features without fold ${job.fold}`).permutation(data.features);
  const byChance = {
    name: 'random' as const,
    kept: job.keep.map((keep) => refit(keep, order.slice(0, keep))),
    top: [],
  };
  const bands = job.reflectance;
  const equal = {
    name: 'equal' as const,
    kept: job.keep
      .filter((keep) => keep <= bands.length)
      .map((keep) =>
        refit(
          keep,
          Uint32Array.from(equallySpaced(keep, bands.length), (band) => bands[band]),
        ),
      ),
    top: [],
  };
  return { rows: fold.rows, rankings: [...byForest, byChance, equal] };
}
