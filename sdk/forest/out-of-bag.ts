/** Predictions of each row by the trees that did not see it (Breiman 2001): an honest error without held-out rows. */
import { drawBag } from './bag.ts';
import type { Forest } from './forest.ts';
import { drawsBags, type ForestOptions } from './train.ts';

/**
 * Mean over the trees whose bag left a row out, [rows, targets]; NaN where every bag held the row, so everywhere without bootstrap.
 * Bags are drawn again from the options' seed, so nothing of the training needs to be kept.
 * @param x the rows that the forest was trained on, in their order, and its features, [rows, features]
 * @param options those that the forest was trained with
 */
export function outOfBagPredictions(
  forest: Forest,
  x: Float32Array,
  options: Pick<ForestOptions, 'seed' | 'kind' | 'bootstrap'>,
): Float64Array {
  const { features, targets, roots, feature, threshold, left, right, value } = forest;
  const rows = x.length / features;
  if (!Number.isInteger(rows)) throw new RangeError(`${x.length} values are not rows of ${features} features`);
  const result = new Float64Array(rows * targets);
  const trees = new Int32Array(rows);
  for (let tree = 0; tree < roots.length; tree++) {
    const bag = drawBag(options.seed, tree, rows, drawsBags(options));
    for (let row = 0; row < rows; row++) {
      if (bag[row] > 0) continue;
      trees[row]++;
      let node = roots[tree];
      while (feature[node] >= 0) node = x[row * features + feature[node]] <= threshold[node] ? left[node] : right[node];
      for (let t = 0; t < targets; t++) result[row * targets + t] += value[node * targets + t];
    }
  }
  return result.map((sum, i) => sum / trees[Math.floor(i / targets)]); // 0/0 is NaN
}
