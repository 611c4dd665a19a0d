/** Puts grown trees one after another into a forest, and finds the thresholds: the midpoints of neighbouring values. */
import { type BinnedFeatures, CODES } from './bins.ts';
import type { Forest } from './forest.ts';
import type { GrowingGround, GrownTree } from './tree.ts';

/** Trees one after another; `grown` is given up tree by tree, so that memory holds no tree twice. */
export function plantForest(ground: GrowingGround, binned: BinnedFeatures, grown: (GrownTree | undefined)[]): Forest {
  const { targets, columns } = ground;
  const nodes = grown.reduce((sum, tree) => sum + (tree?.feature.length ?? 0), 0);
  const forest = {
    targets,
    features: columns.length,
    roots: new Int32Array(grown.length),
    feature: new Int32Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes).fill(-1),
    right: new Int32Array(nodes).fill(-1),
    value: new Float64Array(nodes * targets),
    cover: new Float64Array(nodes),
  };
  let root = 0;
  for (let i = 0; i < grown.length; i++) {
    const tree = grown[i];
    if (tree === undefined) continue;
    grown[i] = undefined;
    forest.roots[i] = root;
    forest.feature.set(tree.feature, root);
    forest.threshold.set(thresholdsOf(tree, ground, binned), root);
    forest.value.set(tree.value, root * targets);
    forest.cover.set(tree.cover, root);
    for (let node = 0; node < tree.feature.length; node++) {
      if (tree.feature[node] < 0) continue;
      forest.left[root + node] = root + node + 1;
      forest.right[root + node] = root + tree.right[node];
    }
    root += tree.feature.length;
  }
  return forest;
}

function thresholdsOf(tree: GrownTree, ground: GrowingGround, binned: BinnedFeatures): Float32Array {
  const { table, rows, columns } = ground;
  const { x, features } = binned;
  const { feature, low, high } = tree;
  const thresholds = new Float32Array(feature.length);
  const lowRow = new Uint32Array(low.buffer);
  const value = (row: number, column: number) => x[rows[row] * features + columns[column]];
  if (table instanceof Float32Array) {
    for (let node = 0; node < feature.length; node++) if (feature[node] >= 0) thresholds[node] = low[node];
    return thresholds;
  }
  if (binned.rows > CODES) return thresholdsOfShared(tree, ground, binned);
  for (let node = 0; node < feature.length; node++) {
    const column = feature[node];
    if (column >= 0) thresholds[node] = middle(value(lowRow[node], column), value(high[node], column));
  }
  return thresholds;
}

/** Midpoint in float32 and such that the lower value goes left and the higher right. */
function middle(low: number, high: number): number {
  const between = Math.fround(low / 2 + high / 2);
  return between >= low && between < high ? between : low;
}

/**
 * Where values share codes, the rows that the kernels name need not hold the nearest values: all rows of a node are asked. Rows outside the
 * tree's bag are asked too; they part by the same codes.
 */
function thresholdsOfShared(tree: GrownTree, ground: GrowingGround, { x, features }: BinnedFeatures): Float32Array {
  const { table, rows, columns } = ground;
  const thresholds = new Float32Array(tree.feature.length);
  const lowRow = new Uint32Array(tree.low.buffer);
  const waiting = [{ node: 0, members: Uint32Array.from(rows) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, members } = next;
    if (tree.feature[node] < 0) continue;
    const column = columns[tree.feature[node]];
    const cut = table[rows[lowRow[node]] * features + column];
    const left = members.filter((row) => table[row * features + column] <= cut);
    const right = members.filter((row) => table[row * features + column] > cut);
    const low = left.reduce((most, row) => Math.max(most, x[row * features + column]), Number.NEGATIVE_INFINITY);
    const high = right.reduce((least, row) => Math.min(least, x[row * features + column]), Number.POSITIVE_INFINITY);
    thresholds[node] = middle(low, high);
    waiting.push({ node: node + 1, members: left }, { node: tree.right[node], members: right });
  }
  return thresholds;
}
