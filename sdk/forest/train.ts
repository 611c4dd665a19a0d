/**
 * Forests for regression with several targets: random forests (Breiman 2001) as scikit-learn grows them (weighted bootstrap, features
 * drawn anew at each node, thresholds midway between the neighbouring values of a node), where large nodes look at 256 quantile bins of a
 * feature, smaller ones at finer ones, and small ones at its exact order; and extra trees (Geurts, Ernst & Wehenkel 2006).
 */
import { NadirError } from '../base/index.ts';
import { type BinnedFeatures, binFeatures, CODES, codeFeatures, requireFinite } from './bins.ts';
import type { Forest } from './forest.ts';
import type { TrainEngine } from './kernels/open-train.ts';
import { plantForest } from './plant.ts';
import { type GrowingGround, type GrownTree, TreeGrower } from './tree.ts';

/** How a forest is grown. */
export interface ForestOptions {
  readonly trees: number;
  /** Fewest distinct rows in a leaf. */
  readonly minLeaf: number;
  /** Features drawn at each node, 1 … features; more are drawn where none of them can part the node. */
  readonly mtry: number;
  /** Tree i depends on this and i alone, whichever thread grows it. */
  readonly seed: number;
  /** `forest` (default): the best threshold of each feature drawn. `extra`: one random threshold each, so trees differ more and cost less. */
  readonly kind?: 'forest' | 'extra';
  /** Draw n of n rows with replacement for each tree (default, but not of extra trees), or give every tree all rows. */
  readonly bootstrap?: boolean;
  /** `wasm` (default) falls back to the plain twin, which grows the same trees, where WASM SIMD cannot load. */
  readonly engine?: TrainEngine;
}

/** Whether trees are grown on bags, the default of their kind filled in. */
export function drawsBags({ kind, bootstrap }: Pick<ForestOptions, 'kind' | 'bootstrap'>): boolean {
  return bootstrap ?? kind !== 'extra';
}

/**
 * Trains a forest.
 * @param x [rows, features], row-major, finite
 * @param y [rows, targets], in any units: a split weighs each target by one over its variance over the training rows, so units do not matter
 * @param rows rows to train on, distinct (default all)
 * Throws NadirError on values that are not finite and on options that no forest can have.
 */
export function trainForest(
  x: Float32Array,
  y: Float64Array,
  shape: { readonly rows: number; readonly features: number; readonly targets: number },
  options: ForestOptions,
  rows?: Uint32Array,
): Forest {
  if (rows !== undefined || options.kind === 'extra' || shape.rows > CODES)
    return trainBinned(tableFor(options, x, shape), y, shape.targets, options, rows);
  // one forest on the whole table: its codes are made where the trees are grown, and nowhere else
  const table = { rows: shape.rows, features: shape.features, x, code: new Uint16Array(0) };
  const ground = prepareGround(table, y, shape.targets, options);
  const grower = new TreeGrower(ground, (own) => codeFeatures(x, shape, own as Uint16Array));
  return plantForest(ground, table, growAll(grower, options.trees));
}

/** What a forest of this kind needs of the features: extra trees look at no codes. */
export function tableFor(
  { kind }: ForestOptions,
  x: Float32Array,
  shape: { readonly rows: number; readonly features: number },
): BinnedFeatures {
  if (kind !== 'extra') return binFeatures(x, shape);
  const { rows, features } = shape;
  if (x.length !== rows * features) throw new RangeError(`${x.length} values are not [${rows}, ${features}]`);
  requireFinite(x, features);
  return { rows, features, x, code: new Uint16Array(0) };
}

/**
 * Trains a forest on features that are binned already, so that several forests share that work.
 * @param y [binned.rows, targets]
 * @param rows rows to train on, distinct (default all)
 * @param columns features to use, distinct (default all): feature f of the forest is `columns[f]` of the table
 */
export function trainBinned(
  binned: BinnedFeatures,
  y: Float64Array,
  targets: number,
  options: ForestOptions,
  rows?: Uint32Array,
  columns?: Uint32Array,
): Forest {
  const ground = prepareGround(binned, y, targets, options, rows, columns);
  return plantForest(ground, binned, growAll(new TreeGrower(ground), options.trees));
}

function growAll(grower: TreeGrower, trees: number): GrownTree[] {
  return Array.from({ length: trees }, (_, tree) => grower.grow(tree));
}

/** What the trees of a forest are grown on; checks the options and the targets. */
export function prepareGround(
  binned: BinnedFeatures,
  y: Float64Array,
  targets: number,
  options: ForestOptions,
  rows: Uint32Array = indices(binned.rows),
  columns: Uint32Array = indices(binned.features),
): GrowingGround {
  if (y.length !== binned.rows * targets)
    throw new RangeError(`${y.length} targets are not [${binned.rows}, ${targets}]`);
  checkOptions(options, rows.length, columns.length);
  const { minLeaf, mtry, seed, kind, engine = 'wasm' } = options;
  const own = new Float64Array(rows.length * targets);
  for (let i = 0; i < rows.length; i++) {
    for (let t = 0; t < targets; t++) {
      const value = y[rows[i] * targets + t];
      if (!Number.isFinite(value)) {
        throw new NadirError({
          what: `target value ${value} is not a finite number`,
          where: `row ${rows[i]}, target ${t}`,
          remedy: 'Leave the row out',
        });
      }
      own[i * targets + t] = value;
    }
  }
  return {
    table: kind === 'extra' ? binned.x : binned.code,
    tableFeatures: binned.features,
    rows,
    columns,
    targets,
    y: own,
    minLeaf,
    mtry,
    bootstrap: drawsBags(options),
    seed,
    engine,
  };
}

function checkOptions({ trees, minLeaf, mtry }: ForestOptions, rows: number, features: number): void {
  const check = (isRight: boolean, option: string, value: number, range: string) => {
    if (isRight) return;
    throw new NadirError({
      what: `a forest cannot have ${option} ${value}`,
      where: `${rows} rows, ${features} features`,
      remedy: `Give ${range}`,
      exitCode: 2,
    });
  };
  const within = (value: number, high: number) => Number.isInteger(value) && value >= 1 && value <= high;
  check(rows > 0, 'training rows', rows, 'at least one row');
  check(within(trees, 100_000), 'trees', trees, '1 to 100,000');
  check(within(minLeaf, rows), 'minLeaf', minLeaf, '1 to the number of rows');
  check(within(mtry, features), 'mtry', mtry, '1 to the number of features');
}

function indices(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}
