/** Permutation importance (Breiman 2001): what pruning by SHAP values is compared with. */
import type { Random } from '../base/index.ts';
import { type Forest, featuresRead, predictForest } from '../forest/index.ts';

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
