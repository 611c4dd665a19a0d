/** Soil models made of trees: random forest, extremely randomised trees, boosting. All are one Forest in one `forest.onnx`. */
import { Random } from '../base/index.ts';
import { fitBoost } from './boost.ts';
import type { Estimator, EstimatorKind, TrainingRows } from './estimator.ts';
import { drawnOf, type EstimatorOptions } from './estimator-options.ts';
import type { Forest } from './forest.ts';
import { joinForests } from './join.ts';
import { targetColumn } from './linear-columns.ts';
import { forestToOnnx } from './onnx.ts';
import { outOfBagPredictions } from './out-of-bag.ts';
import { predictForest } from './predict.ts';
import { drawsBags, type ForestOptions, trainForest } from './train.ts';

const DEFAULT_TREES = 200;
const DEFAULT_MIN_LEAF = 2;
const DEFAULT_MTRY = 1 / 3;

/** Grows a random forest or extremely randomised trees (Geurts, Ernst & Wehenkel 2006). */
export function fitTrees(
  kind: 'forest' | 'extra',
  rows: TrainingRows,
  options: EstimatorOptions,
  seed: number,
): Estimator {
  const { x, y, n, features, targets } = rows;
  const { trees = DEFAULT_TREES, minLeaf = DEFAULT_MIN_LEAF, mtry = DEFAULT_MTRY } = options;
  const own = { trees, minLeaf: Math.min(minLeaf, n), mtry: drawnOf(mtry, features), kind };
  const jointly = targets === 1 || (options.jointly ?? true);
  const choices = { trees, minLeaf, mtry, jointly };
  const growOn = (aims: Float64Array, width: number, grown: ForestOptions) => {
    const forest = trainForest(x, aims, { rows: n, features, targets: width }, grown);
    return { forest, outOfBag: drawsBags(grown) ? outOfBagPredictions(asWritten(forest), x, grown) : undefined };
  };
  if (jointly) {
    const { forest, outOfBag } = growOn(y, targets, { ...own, seed });
    return treeEstimator(kind, forest, choices, outOfBag);
  }
  const single = Array.from({ length: targets }, (_, t) =>
    growOn(targetColumn(y, targets, t), 1, { ...own, seed: Random.of(seed, `target ${t}`).uint32() }),
  );
  const forest = joinForests(
    single.map((one) => one.forest),
    single.map(() => 1),
  );
  const unseen = drawsBags(own)
    ? Float64Array.from(y, (_, i) => single[i % targets].outOfBag?.[Math.floor(i / targets)] ?? Number.NaN)
    : undefined;
  return treeEstimator(kind, forest, choices, unseen);
}

/** Boosting, as a forest. */
export function fitBoostEstimator(rows: TrainingRows, options: EstimatorOptions, seed: number): Estimator {
  const { forest, trees } = fitBoost(rows, options, seed);
  return treeEstimator('boost', forest, { trees });
}

/** A forest, whoever grew it, behind the interface of all kinds. It estimates as it will once it was written and read. */
export function treeEstimator(
  kind: EstimatorKind,
  grown: Forest,
  choices: Readonly<Record<string, unknown>> = {},
  outOfBag?: Float64Array,
): Estimator {
  const forest = asWritten(grown);
  return {
    kind,
    features: forest.features,
    targets: forest.targets,
    forest,
    choices,
    ...(outOfBag && { outOfBag }),
    predict: (x) => predictForest(forest, x),
    files: () => new Map([['forest.onnx', forestToOnnx(forest)]]),
  };
}

/**
 * The forest that `forestFromOnnx` reads from `forestToOnnx`: leaf values in float32, and at inner nodes the means of their children by cover.
 * A grown forest and the same forest from its file then give the same bits, estimates and SHAP values.
 */
export function asWritten(forest: Forest): Forest {
  const { targets, feature, left, right, cover } = forest;
  const value = new Float64Array(forest.value.length);
  // each tree is in preorder: children come after their parent
  for (let node = feature.length - 1; node >= 0; node--) {
    const at = node * targets;
    if (feature[node] < 0) {
      for (let t = 0; t < targets; t++) value[at + t] = Math.fround(forest.value[at + t]);
      continue;
    }
    const share = cover[left[node]] / (cover[left[node]] + cover[right[node]]);
    for (let t = 0; t < targets; t++)
      value[at + t] = share * value[left[node] * targets + t] + (1 - share) * value[right[node] * targets + t];
  }
  return { ...forest, value };
}
