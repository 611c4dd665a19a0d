/**
 * How near rows lie to known ones as a forest sees it (Breiman 2003, random forest proximities): the greatest share of trees in which a row falls into
 * the same leaf as one known row. Unlike the limits of domain.ts it looks only where the forest looks; it needs the known rows, so it stays on the
 * ground.
 */
import type { Forest } from '../forest/index.ts';

/**
 * Nearest proximity of each row, [n], in [0, 1].
 * @param x [n, features]
 * @param known [m, features], rows that the forest was trained on
 */
export function leafProximity(
  forest: Forest,
  x: Float32Array,
  n: number,
  known: Float32Array,
  m: number,
): Float64Array {
  const trees = forest.roots.length;
  const own = leavesOf(forest, x, n);
  const other = leavesOf(forest, known, m);
  return Float64Array.from({ length: n }, (_, row) => {
    let most = 0;
    for (let near = 0; near < m; near++) {
      let shared = 0;
      for (let tree = 0; tree < trees; tree++) if (own[row * trees + tree] === other[near * trees + tree]) shared++;
      most = Math.max(most, shared);
    }
    return most / trees;
  });
}

/** Leaf of each row in each tree, as its node, [n, trees]. */
function leavesOf(
  { roots, features, feature, threshold, left, right }: Forest,
  x: Float32Array,
  n: number,
): Int32Array {
  const leaves = new Int32Array(n * roots.length);
  for (let row = 0; row < n; row++)
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree];
      while (feature[node] >= 0) node = x[row * features + feature[node]] <= threshold[node] ? left[node] : right[node];
      leaves[row * roots.length + tree] = node;
    }
  return leaves;
}
