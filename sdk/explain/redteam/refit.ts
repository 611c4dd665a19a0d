/** The audited model's own recipe, fitted again: on other rows, features or targets. Each job stands alone, so that threads can share them. */
import { Random } from '../../base/index.ts';
import {
  ESTIMATOR_KINDS,
  type Estimator,
  type EstimatorKind,
  type EstimatorOptions,
  fitEstimator,
  impurityImportance,
} from '../../forest/index.ts';
import { featureImportance } from '../attribution.ts';
import { columnSds } from '../problem.ts';
import { explainEstimator } from '../shap-any.ts';

/** How the audited model was made. */
export interface Recipe {
  readonly kind: EstimatorKind;
  readonly options: EstimatorOptions;
}

/** What every refit draws on: plain data, arrays on shared memory. */
export interface RefitData {
  /** [n, columns]: the model's features first, then the reflectance of every band. */
  readonly x: Float32Array;
  /** [n, targets] */
  readonly y: Float64Array;
  readonly n: number;
  readonly columns: number;
  readonly targets: number;
  /** null where the model is not fitted again. */
  readonly recipe: Recipe | null;
  /** Mean edge of each row's patch in pixels, [n]; for models that switch by it. */
  readonly edge?: Float64Array;
}

export interface RefitJob {
  /** Rows to fit to, and rows to estimate. */
  readonly rows: Uint32Array;
  readonly predict: Uint32Array;
  /** Columns of the data that the model may see. */
  readonly columns: Uint32Array;
  /** Row whose targets row i is given, [n]: a permutation for label randomisation. */
  readonly targetsOf?: Uint32Array;
  readonly seed: number;
  /** How to rank the columns afterwards. */
  readonly rank: readonly Ranking[];
}

export const RANKINGS = ['shap', 'impurity', 'permutation'] as const;
export type Ranking = (typeof RANKINGS)[number];

export interface RefitResult {
  /** [predict, targets] */
  readonly prediction: Float64Array;
  /** Importance of each of the job's columns, by the rankings asked for. */
  readonly importance: Readonly<Partial<Record<Ranking, Float64Array>>>;
}

/** Rows that SHAP and permutation look at for a ranking. */
const RANKING_ROWS = 160;

/** What a model's options may say of its fit, by the type of its values. */
const OPTION_TYPES: Readonly<Record<keyof EstimatorOptions, 'number' | 'boolean' | 'string' | 'object'>> = {
  trees: 'number',
  minLeaf: 'number',
  mtry: 'number',
  learningRate: 'number',
  leaves: 'number',
  bagging: 'number',
  l2: 'number',
  earlyStopping: 'boolean',
  components: 'number',
  componentRule: 'string',
  jointly: 'boolean',
  scale: 'boolean',
  lambdas: 'object',
  neighbours: 'number',
};

/** The recipe in a model's options; what they do not say is as the kind's own default. null for a model of several. */
export function recipeOf(kind: string, options: Readonly<Record<string, unknown>>): Recipe | null {
  const known = ESTIMATOR_KINDS.find((one) => one === kind);
  if (known === undefined) return null;
  const asked = Object.entries(OPTION_TYPES).filter(([name, type]) => typeof options[name] === type);
  return { kind: known, options: Object.fromEntries(asked.map(([name]) => [name, options[name]])) };
}

/** Rows to fit to or to estimate, with what else a model may want of them. */
export interface Rows {
  /** [n, features] */
  readonly x: Float32Array;
  readonly n: number;
  readonly features: number;
  readonly edge?: Float64Array;
}

/** Fits the recipe to rows with targets [n, targets]. */
export function fitRecipe(
  { kind, options }: Recipe,
  rows: Rows,
  y: Float64Array,
  targets: number,
  seed: number,
): Estimator {
  return fitEstimator(kind, { ...rows, y, targets }, options, seed);
}

/** Rows of the data on some of its columns. */
export function rowsOf(data: RefitData, rows: Uint32Array, columns: Uint32Array): Rows {
  const { edge } = data;
  return {
    x: gatherColumns(data, rows, columns),
    n: rows.length,
    features: columns.length,
    ...(edge && { edge: Float64Array.from(rows, (row) => edge[row]) }),
  };
}

/** Does one job. */
export function refit(data: RefitData, job: RefitJob): RefitResult {
  const { targets: T, recipe } = data;
  if (recipe === null) throw new RangeError('a model of several is not fitted again');
  const training = rowsOf(data, job.rows, job.columns);
  const y = new Float64Array(job.rows.length * T);
  for (let i = 0; i < job.rows.length; i++) {
    const from = (job.targetsOf?.[job.rows[i]] ?? job.rows[i]) * T;
    for (let t = 0; t < T; t++) y[i * T + t] = data.y[from + t];
  }
  const estimator = fitRecipe(recipe, training, y, T, job.seed);
  const asked = rowsOf(data, job.predict, job.columns);
  const prediction = asked.n === 0 ? new Float64Array(0) : estimator.predict(asked.x, asked.n, asked.edge);
  const importance: Partial<Record<Ranking, Float64Array>> = {};
  if (job.rank.length > 0) {
    const sd = columnSds(y, T).map((value) => value || 1);
    const sample = Random.of(job.seed, 'ranking rows').permutation(job.rows.length).subarray(0, RANKING_ROWS).sort();
    const own = rowsOf(
      data,
      sample.map((i) => job.rows[i]),
      job.columns,
    );
    for (const ranking of job.rank) importance[ranking] = rankColumns(ranking, estimator, own, sd, job.seed);
  }
  return { prediction, importance };
}

/** Rows and columns of the data, [rows, columns]. */
function gatherColumns(data: RefitData, rows: Uint32Array, columns: Uint32Array): Float32Array {
  const F = columns.length;
  const result = new Float32Array(rows.length * F);
  for (let i = 0; i < rows.length; i++)
    for (let c = 0; c < F; c++) result[i * F + c] = data.x[rows[i] * data.columns + columns[c]];
  return result;
}

/** Importance of each feature; SHAP and impurity fall back to permutation where the model has none. */
export function rankColumns(
  ranking: Ranking,
  estimator: Estimator,
  rows: Rows,
  sd: Float64Array,
  seed: number,
): Float64Array {
  const { forest, targets } = estimator;
  if (ranking === 'shap') {
    const shap = explainEstimator(estimator, rows.x, rows.n, { means: featureMeans(rows) });
    if (shap) return featureImportance({ values: shap.values, n: rows.n, targets }, sd);
  }
  if (forest && ranking === 'impurity') return impurityImportance(forest, sd);
  return permutationImportance(estimator, rows, sd, seed);
}

/** Mean of each feature, [features]. */
export function featureMeans({ x, n, features }: Rows): Float64Array {
  const means = new Float64Array(features);
  for (let i = 0; i < x.length; i++) means[i % features] += x[i] / n;
  return means;
}

/** Mean squared change of the estimate where a feature's values are shuffled among the rows, [features]. */
function permutationImportance(
  estimator: Estimator,
  { x, n, features: F, edge }: Rows,
  sd: Float64Array,
  seed: number,
): Float64Array {
  const T = estimator.targets;
  const straight = estimator.predict(x, n, edge);
  const shuffled = x.slice();
  return Float64Array.from({ length: F }, (_, f) => {
    const order = Random.of(seed, `shuffle ${f}`).permutation(n);
    for (let i = 0; i < n; i++) shuffled[i * F + f] = x[order[i] * F + f];
    const moved = estimator.predict(shuffled, n, edge);
    for (let i = 0; i < n; i++) shuffled[i * F + f] = x[i * F + f];
    let sum = 0;
    for (let i = 0; i < moved.length; i++) sum += ((moved[i] - straight[i]) / sd[i % T]) ** 2;
    return sum / moved.length;
  });
}
