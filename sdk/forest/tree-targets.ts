/** Forests of single targets as one forest of all: each tree holds its own target's estimate times the targets, and nothing of the others. */
import type { Forest } from './forest.ts';

/**
 * Puts forests of one target each, with equally many trees, side by side: the mean over all trees is each target's mean over its own.
 * Trees stay in preorder; those of the first target come first.
 */
export function targetsBesideEachOther(forests: readonly Forest[]): Forest {
  const targets = forests.length;
  const nodes = forests.reduce((sum, { feature }) => sum + feature.length, 0);
  const trees = forests.reduce((sum, { roots }) => sum + roots.length, 0);
  const joined = {
    targets,
    features: forests[0].features,
    roots: new Int32Array(trees),
    feature: new Int32Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    value: new Float64Array(nodes * targets),
    cover: new Float64Array(nodes),
  };
  let node = 0;
  let tree = 0;
  forests.forEach((forest, target) => {
    if (forest.targets !== 1 || forest.roots.length !== forests[0].roots.length)
      throw new RangeError('forests of one target and equally many trees can stand side by side');
    joined.roots.set(
      forest.roots.map((root) => root + node),
      tree,
    );
    joined.feature.set(forest.feature, node);
    joined.threshold.set(forest.threshold, node);
    joined.left.set(
      forest.left.map((child) => (child < 0 ? -1 : child + node)),
      node,
    );
    joined.right.set(
      forest.right.map((child) => (child < 0 ? -1 : child + node)),
      node,
    );
    joined.cover.set(forest.cover, node);
    for (let i = 0; i < forest.feature.length; i++)
      joined.value[(node + i) * targets + target] = forest.value[i] * targets;
    node += forest.feature.length;
    tree += forest.roots.length;
  });
  return joined;
}
