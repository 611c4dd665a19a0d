/**
 * Gradient boosting of one target at a time (Friedman 2001; stochastic: Friedman 2002), its number of trees chosen by inner folds, and the
 * whole ensemble turned into a forest, so that whatever explains, prunes, writes and flies forests takes it.
 */
import { Random } from '../base/index.ts';
import { type BoostBins, binForBoosting } from './boost-bins.ts';
import { BoostGrower, type BoostTree, type BoostTreeOptions } from './boost-tree.ts';
import type { TrainingRows } from './estimator.ts';
import { drawnOf, type EstimatorOptions } from './estimator-options.ts';
import type { Forest } from './forest.ts';
import { targetColumn } from './linear-columns.ts';

const INNER_FOLDS = 5;
/** Rounds without a lower error after which the inner folds stop. */
const PATIENCE = 30;

export interface BoostFit {
  readonly forest: Forest;
  /** Trees of each target. */
  readonly trees: readonly number[];
}

/** Fits boosting to every target. */
export function fitBoost(rows: TrainingRows, options: EstimatorOptions, seed: number): BoostFit {
  const { x, y, n, features, targets } = rows;
  const bins = binForBoosting(x, n, features);
  const most = options.trees ?? 300;
  const treeOptions: BoostTreeOptions = {
    leaves: options.leaves ?? 15,
    minLeaf: options.minLeaf ?? 5,
    drawn: drawnOf(options.mtry ?? 1 / 3, features),
    bagging: options.bagging ?? 0.8,
    l2: options.l2 ?? 1,
    learningRate: options.learningRate ?? 0.05,
  };
  const grower = new BoostGrower(bins, treeOptions);
  const everyRow = Uint32Array.from({ length: n }, (_, row) => row);
  const series = Array.from({ length: targets }, (_, t) => {
    const aim = targetColumn(y, targets, t);
    const rounds =
      options.earlyStopping === false || n < 2 * INNER_FOLDS ? most : chooseRounds(bins, grower, aim, most, seed, t);
    const run = new BoostRun(bins, grower, aim, everyRow, Random.of(seed, `boost target ${t}`));
    for (let round = 0; round < rounds; round++) run.step();
    return run;
  });
  return { forest: forestOf(series, features), trees: series.map(({ trees }) => trees.length) };
}

/** The ensemble of one target while it grows. */
class BoostRun {
  readonly base: number;
  readonly trees: BoostTree[] = [];
  /** Estimate of every row of the table, [rows]. */
  readonly estimate: Float64Array;
  readonly #grower: BoostGrower;
  readonly #aim: Float64Array;
  readonly #training: Uint32Array;
  readonly #random: Random;
  readonly #residual: Float64Array;

  constructor(bins: BoostBins, grower: BoostGrower, aim: Float64Array, training: Uint32Array, random: Random) {
    this.base = training.reduce((sum, row) => sum + aim[row], 0) / training.length;
    this.estimate = new Float64Array(bins.rows).fill(this.base);
    this.#residual = new Float64Array(bins.rows);
    this.#grower = grower;
    this.#aim = aim;
    this.#training = training;
    this.#random = random;
  }

  /** Adds a tree. */
  step(): void {
    for (const row of this.#training) this.#residual[row] = this.#aim[row] - this.estimate[row];
    const tree = this.#grower.grow(this.#training, this.#residual, this.#random);
    this.#grower.addTo(this.estimate, tree);
    this.trees.push(tree);
  }
}

/** Number of trees with the least squared error on inner folds, all folds growing side by side; at least one. */
function chooseRounds(
  bins: BoostBins,
  grower: BoostGrower,
  aim: Float64Array,
  most: number,
  seed: number,
  target: number,
): number {
  const order = Random.of(seed, 'boost folds').permutation(bins.rows);
  const runs = Array.from({ length: INNER_FOLDS }, (_, fold) => {
    const training = order.filter((__, i) => i % INNER_FOLDS !== fold).sort();
    const random = Random.of(seed, `boost target ${target} fold ${fold}`);
    return {
      held: order.filter((__, i) => i % INNER_FOLDS === fold),
      run: new BoostRun(bins, grower, aim, training, random),
    };
  });
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= most && round - best <= PATIENCE; round++) {
    let error = 0;
    for (const { held, run } of runs) {
      run.step();
      for (const row of held) error += (run.estimate[row] - aim[row]) ** 2;
    }
    if (error >= least) continue;
    least = error;
    best = round;
  }
  return best;
}

/**
 * Sums of trees as the mean of a forest's trees: with N trees in all, a leaf of target t holds N times what it adds, plus t's base; of the
 * other targets it holds their base.
 */
function forestOf(series: readonly BoostRun[], features: number): Forest {
  const targets = series.length;
  const trees = series.flatMap(({ trees }, target) => trees.map((tree) => ({ tree, target })));
  const nodes = trees.reduce((sum, { tree }) => sum + tree.feature.length, 0);
  const forest = {
    targets,
    features,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(nodes).fill(-1),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes).fill(-1),
    right: new Int32Array(nodes).fill(-1),
    value: new Float64Array(nodes * targets),
    cover: new Float64Array(nodes),
  };
  let next = 0;
  trees.forEach(({ tree, target }, i) => {
    forest.roots[i] = next;
    const waiting = [{ from: 0, parent: -1, isLeft: false }];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const { from, parent, isLeft } = node;
      const at = next++;
      if (parent >= 0) (isLeft ? forest.left : forest.right)[parent] = at;
      forest.cover[at] = tree.cover[from];
      for (let t = 0; t < targets; t++) forest.value[at * targets + t] = series[t].base;
      forest.value[at * targets + target] += tree.value[from] * trees.length;
      if (tree.feature[from] < 0) continue;
      forest.feature[at] = tree.feature[from];
      forest.threshold[at] = tree.threshold[from];
      waiting.push(
        { from: tree.right[from], parent: at, isLeft: false },
        { from: tree.left[from], parent: at, isLeft: true },
      );
    }
  });
  return forest;
}
