/** The forest's evaluator: plain TypeScript, imports nothing, so that what flies is this file. */
import type { Forest } from './forest.ts';

/**
 * Estimates for many rows.
 * @param x [n, features], row-major
 * @returns [n, targets], in the targets' units. Trees are added in order, so the same forest and row give the same bits everywhere.
 */
export function predictForest(forest: Forest, x: Float32Array): Float64Array {
  const { targets, features, roots, feature, threshold, left, right, value } = forest;
  const n = x.length / features;
  if (!Number.isInteger(n)) throw new RangeError(`${x.length} values are not rows of ${features} features`);
  const estimate = new Float64Array(n * targets);
  for (let tree = 0; tree < roots.length; tree++) {
    const root = roots[tree];
    for (let row = 0; row < n; row++) {
      const start = row * features;
      let node = root;
      while (feature[node] >= 0) node = x[start + feature[node]] <= threshold[node] ? left[node] : right[node];
      for (let t = 0; t < targets; t++) estimate[row * targets + t] += value[node * targets + t];
    }
  }
  for (let i = 0; i < estimate.length; i++) estimate[i] /= roots.length;
  return estimate;
}
