/** One unit of work of cross-validation, by itself so that a worker thread can do it: what it gives depends on its input and seed alone. */
import { Random } from '../base/index.ts';
import {
  type BinnedFeatures,
  binFeatures,
  type Forest,
  predictForest,
  shapValues,
  trainBinned,
} from '../forest/index.ts';
import { featureImportance, type ShapTable } from './attribution.ts';
import { columnSds, DRAWN_AT_LEAST, type FitData } from './problem.ts';

/** Rows that SHAP looks at when it ranks features. */
const RANKING_ROWS = 200;

/** Work on the training rows of one fold, or on all rows (`fold` null). */
export interface FitJob {
  readonly fold: number | null;
  /** Counts of features to keep, decreasing; empty to fit the full forest only. */
  readonly keep: readonly number[];
}

interface KeptFit {
  readonly keep: number;
  /** Column indices of the kept features, most important first. */
  readonly columns: Uint32Array;
  /** Predictions of the fold's rows by a forest refitted on these columns, [m, targets]; empty for `fold` null. */
  readonly prediction: Float64Array;
}

export interface FitResult {
  /** Rows of the fold, [m]. */
  readonly rows: Uint32Array;
  /** Predictions of the fold's rows by the forest on all features, [m, targets]. */
  readonly full: Float64Array;
  readonly kept: readonly KeptFit[];
  /** SHAP values by which the full forest's features were ranked, for `fold` null with `keep`. */
  readonly ranking?: ShapTable;
}

/** Most features left by the first cut, unless more are to be kept: the full forest's ranking is good for no finer cut than this. */
const FIRST_STAGE = 160;
/** What a further cut leaves. */
const SHRINK = 2 / 3;

/**
 * Stages of elimination, decreasing, through every count in `keep` (decreasing as well). Correlated features split each other's importance, so
 * each stage drops a third at most, and ranks what is left again before the next.
 */
function eliminationStages(features: number, keep: readonly number[]): number[] {
  const first = Math.max(FIRST_STAGE, keep[0]);
  const stages = first < features ? [first] : [keep[0]];
  for (const count of keep) {
    let stage = stages[stages.length - 1];
    while (stage > count) {
      stage = Math.max(count, Math.min(stage - 1, Math.round(stage * SHRINK)));
      stages.push(stage);
    }
  }
  return stages;
}

/** Does one job: fits on every row outside the fold, ranks, eliminates and refits, predicts the fold. */
export function fitFold(data: FitData, job: FitJob): FitResult {
  const { features: F, targets: T, n, y } = data;
  const inFold = (row: number) => job.fold !== null && data.foldOf[row] === job.fold;
  const everyRow = Array.from({ length: n }, (_, row) => row);
  const training = Uint32Array.from(everyRow.filter((row) => !inFold(row)));
  const rows = Uint32Array.from(everyRow.filter(inFold));
  const truth = Float64Array.from(
    { length: training.length * T },
    (_, i) => y[training[Math.floor(i / T)] * T + (i % T)],
  );
  const targetSd = columnSds(truth, T).map((sd) => sd || 1);
  const use = job.fold === null ? 'forest' : `forest without fold ${job.fold}`;
  const forestSeed = Random.of(data.seed, use).uint32();
  const sample = Random.of(data.seed, `${use}: ranking rows`)
    .permutation(training.length)
    .subarray(0, RANKING_ROWS)
    .map((i) => training[i])
    .sort();

  // binned once for all stages, on training rows alone
  const binned = binRows(data, training);
  const grow = (columns: Uint32Array) => growForest(data, binned, truth, columns, forestSeed);
  const shapOf = (forest: Forest, columns: Uint32Array): ShapTable => ({
    values: shapValues(forest, gather(data, sample, columns), sample.length).values,
    n: sample.length,
    targets: T,
  });
  const predict = (forest: Forest, columns: Uint32Array) =>
    rows.length === 0 ? new Float64Array(0) : predictForest(forest, gather(data, rows, columns));

  let columns = everyColumn(data);
  let forest = grow(columns);
  const full = predict(forest, columns);
  if (job.keep.length === 0) return { rows, full, kept: [] };
  let shap = shapOf(forest, columns);
  const ranking = shap;
  const kept: KeptFit[] = [];
  for (const stage of eliminationStages(F, job.keep)) {
    columns = strongest(columns, featureImportance(shap, targetSd), stage);
    forest = grow(columns);
    shap = shapOf(forest, columns);
    if (!job.keep.includes(stage)) continue;
    const importance = featureImportance(shap, targetSd);
    kept.push({ keep: stage, columns: strongest(columns, importance, stage), prediction: predict(forest, columns) });
  }
  return { rows, full, kept, ...(job.fold === null ? { ranking } : {}) };
}

/** All features of some rows, binned for growing forests on any of the columns. */
export function binRows(data: FitData, rows: Uint32Array): BinnedFeatures {
  const x = gather(data, rows, everyColumn(data));
  return binFeatures(x, { rows: rows.length, features: data.features });
}

/** Grows a forest on some columns of binned rows; feature f of the forest is `columns[f]` of the problem. */
export function growForest(
  data: FitData,
  binned: BinnedFeatures,
  truth: Float64Array,
  columns: Uint32Array,
  seed: number,
): Forest {
  const { trees, minLeaf, mtry } = data.forest;
  const drawn = Math.min(columns.length, Math.max(DRAWN_AT_LEAST, Math.round(mtry * columns.length)));
  return trainBinned(binned, truth, data.targets, { trees, minLeaf, mtry: drawn, seed }, undefined, columns);
}

/** Indices of all features. */
export function everyColumn(data: FitData): Uint32Array {
  return Uint32Array.from({ length: data.features }, (_, f) => f);
}

/** Rows and columns of the feature matrix, [rows, columns]. */
export function gather(data: FitData, rows: Uint32Array, columns: Uint32Array): Float32Array {
  const result = new Float32Array(rows.length * columns.length);
  for (let i = 0; i < rows.length; i++)
    for (let c = 0; c < columns.length; c++)
      result[i * columns.length + c] = data.x[rows[i] * data.features + columns[c]];
  return result;
}

/** The `count` columns of greatest importance, most important first; ties by position. */
function strongest(columns: Uint32Array, importance: Float64Array, count: number): Uint32Array {
  const order = Uint32Array.from({ length: columns.length }, (_, i) => i);
  order.sort((a, b) => importance[b] - importance[a] || a - b);
  return order.subarray(0, count).map((i) => columns[i]);
}
