/** One unit of work of cross-validation, by itself so that a worker thread can do it: what it gives depends on its input and seed alone. */
import { Random } from '../base/index.ts';
import {
  type BinnedFeatures,
  binFeatures,
  drawnOf,
  type Forest,
  featuresRead,
  predictForest,
  shapValues,
  trainBinned,
  treeSpread,
} from '../forest/index.ts';
import { featureImportance, type ShapTable } from './attribution.ts';
import { netByCentre } from './band-net.ts';
import { comparisonsPerEstimate } from './pareto-cost.ts';
import { columnSds, type FitData } from './problem.ts';
import { strongest } from './strongest.ts';

/** Rows that SHAP looks at when it ranks features. */
const RANKING_ROWS = 200;

/** Work on the training rows of one fold, or on all rows (`fold` null). */
export interface FitJob {
  readonly fold: number | null;
  /** Counts of features to keep, decreasing; empty to fit the full forest only. */
  readonly keep: readonly number[];
  /** Band at which each feature stands, or -1, [features]: to have `bandNet` of so many bands. */
  readonly centres?: { readonly of: Int32Array; readonly bands: number };
}

/** What a forest costs to evaluate. */
export interface FitCost {
  /** Columns that at least one node tests. */
  readonly read: Uint32Array;
  /** Threshold comparisons of one estimate, on average over the training rows. */
  readonly comparisons: number;
}

export interface KeptFit extends FitCost {
  readonly keep: number;
  /** Column indices of the kept features, most important first. */
  readonly columns: Uint32Array;
  /** Predictions of the fold's rows by a forest refitted on these columns, [m, targets]; empty for `fold` null. */
  readonly prediction: Float64Array;
  /** SD over its trees of their predictions, [m, targets]. */
  readonly treeSpread: Float64Array;
}

export interface FitResult {
  /** Rows of the fold, [m]. */
  readonly rows: Uint32Array;
  /** Predictions of the fold's rows by the forest on all features, [m, targets]. */
  readonly full: Float64Array;
  readonly fullCost: FitCost;
  readonly kept: readonly KeptFit[];
  /** SHAP values by which the full forest's features were ranked, for `fold` null with `keep`. */
  readonly ranking?: ShapTable;
  /** Mean |Σ SHAP of the features that stand at a band|/SD, [bands], where `centres` was given. */
  readonly bandNet?: Float64Array;
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
  const fold = openFold(data, job.fold);
  const columns = everyColumn(data);
  const forest = fold.grow(columns);
  const { rows } = fold;
  const full = fold.predict(forest, columns);
  const fullCost = costOf(forest, columns);
  if (job.keep.length === 0) return { rows, full, fullCost, kept: [] };
  const ranking = fold.shap(forest, columns);
  const importance = (own: Forest, of: Uint32Array) =>
    featureImportance(own === forest ? ranking : fold.shap(own, of), fold.targetSd);
  const kept = eliminate(fold, forest, columns, job.keep, importance);
  return {
    rows,
    full,
    fullCost,
    kept,
    ...(job.fold === null ? { ranking } : {}),
    ...(job.centres && { bandNet: netByCentre(ranking, job.centres.of, job.centres.bands, fold.targetSd) }),
  };
}

/** Eliminates in stages by any importance of a forest's columns; `keep` decreasing. */
export function eliminate(
  fold: OpenFold,
  full: Forest,
  all: Uint32Array,
  keep: readonly number[],
  importanceOf: (forest: Forest, columns: Uint32Array) => Float64Array,
): KeptFit[] {
  let columns = all;
  let forest = full;
  let importance = importanceOf(forest, columns);
  const kept: KeptFit[] = [];
  for (const stage of eliminationStages(all.length, keep)) {
    columns = strongestColumns(columns, importance, stage);
    forest = fold.grow(columns);
    importance = importanceOf(forest, columns);
    if (!keep.includes(stage)) continue;
    kept.push({
      keep: stage,
      columns: strongestColumns(columns, importance, stage),
      prediction: fold.predict(forest, columns),
      treeSpread: fold.spread(forest, columns),
      ...costOf(forest, columns),
    });
  }
  return kept;
}

/** The training rows of a fold, binned once for every forest on any of the columns; no row of the fold is looked at but to predict it. */
export interface OpenFold {
  readonly training: Uint32Array;
  /** Rows of the fold, [m]. */
  readonly rows: Uint32Array;
  /** Targets of the training rows, [training, targets]. */
  readonly truth: Float64Array;
  readonly targetSd: Float64Array;
  /** Training rows on which importance is measured. */
  readonly sample: Uint32Array;
  grow(columns: Uint32Array, seed?: number): Forest;
  predict(forest: Forest, columns: Uint32Array): Float64Array;
  spread(forest: Forest, columns: Uint32Array): Float64Array;
  shap(forest: Forest, columns: Uint32Array): ShapTable;
}

export function openFold(data: FitData, fold: number | null): OpenFold {
  const T = data.targets;
  const { training, rows } = foldRows(data, fold);
  const truth = truthOf(data, training);
  const use = fold === null ? 'forest' : `forest without fold ${fold}`;
  const forestSeed = Random.of(data.seed, use).uint32();
  const sample = Random.of(data.seed, `${use}: ranking rows`)
    .permutation(training.length)
    .subarray(0, RANKING_ROWS)
    .map((i) => training[i])
    .sort();
  const binned = binRows(data, training);
  return {
    training,
    rows,
    truth,
    targetSd: columnSds(truth, T).map((sd) => sd || 1),
    sample,
    grow: (columns, seed = forestSeed) => growForest(data, binned, truth, columns, seed),
    predict: (forest, columns) =>
      rows.length === 0 ? new Float64Array(0) : predictForest(forest, gather(data, rows, columns)),
    spread: (forest, columns) => treeSpread(forest, gather(data, rows, columns), rows.length),
    shap: (forest, columns) => ({
      values: shapValues(forest, gather(data, sample, columns), sample.length).values,
      n: sample.length,
      targets: T,
    }),
  };
}

/** Rows outside a fold and rows in it; every row is outside where `fold` is null. */
export function foldRows(data: FitData, fold: number | null): { training: Uint32Array; rows: Uint32Array } {
  const inFold = (row: number) => fold !== null && data.foldOf[row] === fold;
  const everyRow = Array.from({ length: data.n }, (_, row) => row);
  return {
    training: Uint32Array.from(everyRow.filter((row) => !inFold(row))),
    rows: Uint32Array.from(everyRow.filter(inFold)),
  };
}

/** Targets of some rows, [rows, targets]. */
export function truthOf({ y, targets: T }: FitData, rows: Uint32Array): Float64Array {
  return Float64Array.from({ length: rows.length * T }, (_, i) => y[rows[Math.floor(i / T)] * T + (i % T)]);
}

function costOf(forest: Forest, columns: Uint32Array): FitCost {
  return { read: featuresRead(forest).map((f) => columns[f]), comparisons: comparisonsPerEstimate(forest) };
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
  const { trees } = data.forest;
  const minLeaf = Math.min(data.forest.minLeaf, binned.rows);
  const mtry = featuresDrawn(data, columns.length);
  return trainBinned(binned, truth, data.targets, { trees, minLeaf, mtry, seed }, undefined, columns);
}

/** Features that a split looks at, of so many. */
export function featuresDrawn(data: FitData, features: number): number {
  return drawnOf(data.forest.mtry, features);
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
export function strongestColumns(columns: Uint32Array, importance: Float64Array, count: number): Uint32Array {
  return strongest(importance, count).map((i) => columns[i]);
}
