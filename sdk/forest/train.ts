/**
 * Random forests for regression with several targets (Breiman 2001), as scikit-learn grows them: weighted bootstrap, features drawn anew
 * at each node, thresholds midway between the neighbouring values of a node; but large nodes look at 256 quantile bins of a feature and
 * small ones at its exact ranks.
 */
import { NadirError, Random } from '../base/index.ts';
import { type BinnedFeatures, binFeatures } from './bins.ts';
import type { Forest } from './forest.ts';
import { type Tree, TreeGrower } from './tree.ts';

/** How a forest is grown. */
export interface ForestOptions {
  readonly trees: number;
  /** Fewest distinct rows in a leaf. */
  readonly minLeaf: number;
  /** Features drawn at each node, 1 … features; more are drawn where none of them varies. */
  readonly mtry: number;
  /** Tree i depends on this and i alone, whichever thread grows it. */
  readonly seed: number;
  /** Draw n of n rows with replacement for each tree (default), or give every tree all rows. */
  readonly bootstrap?: boolean;
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
  return trainBinned(binFeatures(x, shape), y, shape.targets, options, rows);
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
  rows: Uint32Array = indices(binned.rows),
  columns: Uint32Array = indices(binned.features),
): Forest {
  if (y.length !== binned.rows * targets)
    throw new RangeError(`${y.length} targets are not [${binned.rows}, ${targets}]`);
  checkOptions(options, rows.length, columns.length);
  const { minLeaf, mtry, bootstrap = true } = options;
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
  const grower = new TreeGrower({ binned, rows, columns, targets, y: own, minLeaf, mtry, bootstrap });
  const trees = Array.from({ length: options.trees }, (_, i) => grower.grow(Random.of(options.seed, `tree ${i}`)));
  return plant(trees, targets, columns.length);
}

/** Trees one after another. */
function plant(trees: readonly Tree[], targets: number, features: number): Forest {
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const forest = {
    targets,
    features,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes).fill(-1),
    right: new Int32Array(nodes).fill(-1),
    value: new Float64Array(nodes * targets),
    cover: new Float64Array(nodes),
  };
  let root = 0;
  trees.forEach((tree, i) => {
    forest.roots[i] = root;
    forest.feature.set(tree.feature, root);
    forest.threshold.set(tree.threshold, root);
    forest.value.set(tree.value, root * targets);
    forest.cover.set(tree.cover, root);
    for (let node = 0; node < tree.feature.length; node++) {
      if (tree.feature[node] < 0) continue;
      forest.left[root + node] = root + tree.left[node];
      forest.right[root + node] = root + tree.right[node];
    }
    root += tree.feature.length;
  });
  return forest;
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
