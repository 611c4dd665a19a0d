/** Importance of a forest's features by other means than SHAP: what pruning is compared with. */
import type { Random } from '../base/index.ts';
import { type Forest, featuresRead, predictForest } from '../forest/index.ts';

/**
 * Decrease of the targets' variance by the splits of each feature (Breiman's mean decrease in impurity), averaged over targets and trees,
 * each target in units of its variance: [features].
 */
export function impurityImportance(forest: Forest, targetSd: Float64Array): Float64Array {
  const { roots, feature, left, right, value, cover, targets: T, features } = forest;
  const importance = new Float64Array(features);
  for (let tree = 0; tree < roots.length; tree++) {
    const end = tree + 1 < roots.length ? roots[tree + 1] : feature.length;
    for (let node = roots[tree]; node < end; node++) {
      if (feature[node] < 0) continue;
      for (let t = 0; t < T; t++) {
        const about = value[node * T + t];
        let between = 0;
        for (const child of [left[node], right[node]]) between += cover[child] * (value[child * T + t] - about) ** 2;
        importance[feature[node]] += between / (cover[roots[tree]] * targetSd[t] ** 2 * T * roots.length);
      }
    }
  }
  return importance;
}

/**
 * Growth of the squared error when a feature's values are shuffled among the rows (Breiman 2001), averaged over targets, each in units of
 * its variance: [features]. One shuffle a feature; 0 for what no tree tests.
 * @param x [n, features]
 * @param y [n, targets]
 */
export function permutationImportance(
  forest: Forest,
  x: Float32Array,
  y: Float64Array,
  targetSd: Float64Array,
  random: Random,
): Float64Array {
  const { features: F, targets: T } = forest;
  const n = x.length / F;
  const error = (prediction: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < prediction.length; i++) sum += ((prediction[i] - y[i]) / targetSd[i % T]) ** 2;
    return sum / (n * T);
  };
  const before = error(predictForest(forest, x));
  const importance = new Float64Array(F);
  const shuffled = x.slice();
  for (const f of featuresRead(forest)) {
    const order = random.permutation(n);
    for (let row = 0; row < n; row++) shuffled[row * F + f] = x[order[row] * F + f];
    importance[f] = error(predictForest(forest, shuffled)) - before;
    for (let row = 0; row < n; row++) shuffled[row * F + f] = x[row * F + f];
  }
  return importance;
}
