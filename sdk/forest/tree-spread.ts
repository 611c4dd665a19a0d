/** How far the trees of a forest disagree: what widens an interval where they do. */
import type { Forest } from './forest.ts';

/** SD (n − 1) over the trees of their estimates, [n, targets]. */
export function treeSpread(forest: Forest, x: Float32Array, n: number): Float64Array {
  const { roots, targets: T, features, feature, threshold, left, right, value } = forest;
  const sum = new Float64Array(n * T);
  const squares = new Float64Array(n * T);
  const first = new Float64Array(n * T);
  for (let tree = 0; tree < roots.length; tree++)
    for (let row = 0; row < n; row++) {
      let node = roots[tree];
      while (feature[node] >= 0) node = x[row * features + feature[node]] <= threshold[node] ? left[node] : right[node];
      for (let t = 0; t < T; t++) {
        const at = row * T + t;
        if (tree === 0) first[at] = value[node * T + t];
        // about the first tree's estimate, so that squares do not cancel
        const departure = value[node * T + t] - first[at];
        sum[at] += departure;
        squares[at] += departure * departure;
      }
    }
  const trees = roots.length;
  if (trees < 2) return new Float64Array(n * T);
  return squares.map((square, at) => Math.sqrt(Math.max(0, square - (sum[at] * sum[at]) / trees) / (trees - 1)));
}
