/** One tree laid out for SHAP values: its splits in preorder with the shares of cover that a coalition without the feature goes by. */
import { NadirError } from '../base/index.ts';
import type { Forest } from './forest.ts';

/** Covers of two children may miss their parent's by this share: files keep them in float32. */
const COVER_TOLERANCE = 1e-5;

/** Arrays by split are in preorder, root first; arrays by side are [splits, 2], left then right. */
export interface ShapTree {
  readonly targets: number;
  /** Nodes that test a feature. */
  readonly splits: number;
  /** Most distinct features on any path. */
  readonly depth: number;
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  /** By side: a split's index, or splits + a leaf's index. */
  readonly child: Int32Array;
  /** By side: share of the split's training rows. */
  readonly share: Float64Array;
  /** By side: product of the shares of all edges of this feature from the root through this one. */
  readonly through: Float64Array;
  /** The same product before this split: 1 where the path did not test the feature yet. */
  readonly before: Float64Array;
  /** Last split above on the same feature, or -1. */
  readonly previous: Int32Array;
  /** Side of that split on which this one lies. */
  readonly previousSide: Uint8Array;
  /** [leaves, targets]. */
  readonly leafValue: Float64Array;
  /** Mean of the leaves by shares of cover, [targets]. */
  readonly mean: Float64Array;
}

/** Lays out the tree at `root`. Throws NadirError where the covers of its nodes are missing or do not add up. */
export function shapTree(forest: Forest, root: number): ShapTree {
  const { targets, cover, left, right } = forest;
  const order: number[] = [];
  const parent: number[] = [];
  const side: number[] = [];
  const leaves: number[] = [];
  const links: [split: number, side: number, leaf: number][] = [];
  const waiting: [node: number, parent: number, side: number][] = [[root, -1, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, above, onSide] = next;
    if (forest.feature[node] < 0) {
      links.push([above, onSide, leaves.length]);
      leaves.push(node);
      continue;
    }
    const split = order.length;
    order.push(node);
    parent.push(above);
    side.push(onSide);
    waiting.push([right[node], split, 1], [left[node], split, 0]);
  }
  const splits = order.length;
  const tree = {
    feature: Int32Array.from(order, (node) => forest.feature[node]),
    threshold: Float32Array.from(order, (node) => forest.threshold[node]),
    child: new Int32Array(splits * 2),
    share: new Float64Array(splits * 2),
    through: new Float64Array(splits * 2),
    before: new Float64Array(splits).fill(1),
    previous: new Int32Array(splits).fill(-1),
    previousSide: new Uint8Array(splits),
    leafValue: new Float64Array(leaves.length * targets),
  };
  const distinct = new Int32Array(splits);
  for (let split = 0; split < splits; split++) {
    if (split > 0) tree.child[parent[split] * 2 + side[split]] = split;
    let below = split;
    for (let above = parent[split]; above >= 0 && tree.previous[split] < 0; below = above, above = parent[above]) {
      if (tree.feature[above] !== tree.feature[split]) continue;
      tree.previous[split] = above;
      tree.previousSide[split] = side[below];
      tree.before[split] = tree.through[above * 2 + side[below]];
    }
    distinct[split] = (split === 0 ? 0 : distinct[parent[split]]) + (tree.previous[split] < 0 ? 1 : 0);
    const node = order[split];
    const covers = [cover[left[node]], cover[right[node]]];
    const sum = covers[0] + covers[1];
    if (!(covers[0] > 0 && covers[1] > 0 && Math.abs(sum - cover[node]) <= COVER_TOLERANCE * sum)) throw noCovers(node);
    for (const s of [0, 1]) {
      tree.share[split * 2 + s] = covers[s] / sum;
      tree.through[split * 2 + s] = tree.before[split] * tree.share[split * 2 + s];
    }
  }
  leaves.forEach((node, leaf) => {
    tree.leafValue.set(forest.value.subarray(node * targets, (node + 1) * targets), leaf * targets);
  });
  for (const [split, onSide, leaf] of links) if (split >= 0) tree.child[split * 2 + onSide] = splits + leaf;
  return { ...tree, targets, splits, depth: Math.max(0, ...distinct), mean: meanOf(tree, splits, targets) };
}

function meanOf(
  { child, share, leafValue }: { child: Int32Array; share: Float64Array; leafValue: Float64Array },
  splits: number,
  targets: number,
): Float64Array {
  const means = new Float64Array(splits * targets + leafValue.length);
  means.set(leafValue, splits * targets);
  for (let split = splits - 1; split >= 0; split--)
    for (let t = 0; t < targets; t++)
      for (const s of [split * 2, split * 2 + 1])
        means[split * targets + t] += share[s] * means[child[s] * targets + t];
  return means.slice(0, targets);
}

function noCovers(node: number): NadirError {
  return new NadirError({
    what: 'the forest does not know how many training rows its nodes saw, so it has no SHAP values',
    where: `node ${node}`,
    remedy: 'Use a model that Nadir trained, or export it with nodes_hitrates',
  });
}
