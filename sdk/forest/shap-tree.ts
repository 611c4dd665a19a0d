/** Trees laid out for SHAP values: splits in preorder as fixed records, with the shares of cover that a coalition without the feature goes by. */
import { NadirError } from '../base/index.ts';
import type { Forest } from './forest.ts';

/** Covers of two children may miss their parent's by this share: files keep them in float32. */
const COVER_TOLERANCE = 1e-5;

/** Bytes of a split's record, as words of 4 and of 8. */
export const SPLIT_BYTES = 64;
/** Places in a record, in words of 4: int32 all but the threshold, a float32. */
export const Word = {
  /** Feature, in the columns of `ShapTrees.used`. */
  feature: 0,
  threshold: 1,
  /** [2] by side: a split of this tree, or ~a leaf. */
  child: 2,
  /** Last split above on the same feature and the side on which this one lies: 2 · split + side; -1 where the path did not test it yet. */
  previous: 4,
  /** Splits above. */
  depth: 5,
} as const;
/** Places in a record, in words of 8: float64. */
export const Share = {
  /** [2] by side: product of the shares of all edges of this feature from the root through this one. */
  through: 3,
  /** The same product before this split: 1 where the path did not test the feature yet. */
  before: 5,
  /** [2] by side: share of the split's training rows. */
  share: 6,
} as const;

/** One tree within the arrays of ShapTrees. */
export interface ShapTree {
  /** First record and first leaf. */
  readonly split: number;
  readonly leaf: number;
  readonly splits: number;
  /** Most splits on a path. */
  readonly levels: number;
  /** Most distinct features on a path. */
  readonly distinct: number;
}

/** All trees of a forest. */
export interface ShapTrees {
  readonly targets: number;
  /** Values that a leaf takes: the targets, made even by zeros where there are several, so that SIMD takes them in pairs. */
  readonly lanes: number;
  /** Features that the forest tests, ascending. */
  readonly used: Uint32Array;
  readonly trees: readonly ShapTree[];
  /** Records of all splits; `words`, `floats` and `doubles` are views of the same bytes. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  /** Over the number of trees, [leaves, lanes]. */
  readonly leafValue: Float64Array;
  /** Mean over the trees of their leaves' mean by shares of cover, [targets]. */
  readonly base: Float64Array;
}

/** Bytes that `layOutTrees` needs: records, then leaf values. */
export function shapTreesBytes({ feature, roots, targets }: Forest): number {
  const splits = (feature.length - roots.length) / 2;
  return splits * SPLIT_BYTES + (splits + roots.length) * lanesOf(targets) * 8;
}

function lanesOf(targets: number): number {
  return targets === 1 ? 1 : targets + (targets & 1);
}

/**
 * Lays out every tree into `buffer` from its start. Every node belongs to one tree.
 * Throws NadirError where the covers of the nodes are missing or do not add up.
 */
export function layOutTrees(forest: Forest, buffer: ArrayBuffer): ShapTrees {
  const { targets, roots, feature } = forest;
  const splits = (feature.length - roots.length) / 2;
  const leaves = splits + roots.length;
  const lanes = lanesOf(targets);
  const column = new Int32Array(forest.features).fill(-1);
  for (let node = 0; node < feature.length; node++) if (feature[node] >= 0) column[feature[node]] = 0;
  const used: number[] = [];
  for (let f = 0; f < column.length; f++) if (column[f] === 0) column[f] = used.push(f) - 1;
  const layout = {
    targets,
    lanes,
    used: Uint32Array.from(used),
    words: new Int32Array(buffer, 0, splits * (SPLIT_BYTES / 4)),
    floats: new Float32Array(buffer, 0, splits * (SPLIT_BYTES / 4)),
    doubles: new Float64Array(buffer, 0, splits * (SPLIT_BYTES / 8)),
    leafValue: new Float64Array(buffer, splits * SPLIT_BYTES, leaves * lanes),
    base: new Float64Array(targets),
  };
  const path = new Path(64, targets);
  const trees: ShapTree[] = [];
  let split = 0;
  let leaf = 0;
  for (const root of roots) {
    const tree = layOutTree(forest, root, column, layout, path, split, leaf);
    trees.push(tree);
    split += tree.splits;
    leaf += tree.splits + 1;
  }
  return { ...layout, trees };
}

/** The way from the root to the node at hand, by depth, and the nodes that wait. */
class Path {
  readonly depth: number;
  /** Waiting nodes, the last first, and where they hang: 2 · split + side. */
  readonly node: Int32Array;
  readonly parent: Int32Array;
  readonly feature: Int32Array;
  /** 2 · split + side that the path takes there. */
  readonly place: Int32Array;
  readonly distinct: Int32Array;
  /** Share of the root's cover. */
  readonly reach: Float64Array;
  /** Mean of the leaves by shares of cover, [targets]. */
  readonly mean: Float64Array;

  constructor(depth: number, targets: number) {
    this.depth = depth;
    this.node = new Int32Array(depth + 2);
    this.parent = new Int32Array(depth + 2);
    this.feature = new Int32Array(depth);
    this.place = new Int32Array(depth);
    this.distinct = new Int32Array(depth);
    this.reach = new Float64Array(depth + 1);
    this.mean = new Float64Array(targets);
  }
}

function layOutTree(
  forest: Forest,
  root: number,
  column: Int32Array,
  to: Omit<ShapTrees, 'trees'>,
  path: Path,
  firstSplit: number,
  firstLeaf: number,
): ShapTree {
  const { targets, feature, threshold, left, right, value, cover } = forest;
  const { words, floats, doubles, leafValue, lanes } = to;
  const mean = path.mean.fill(0);
  const scale = 1 / forest.roots.length;
  const { node: waitingNode, parent: waitingParent, feature: pathFeature, place, distinct, reach } = path;
  let splits = 0;
  let leaves = 0;
  let levels = 0;
  let mostDistinct = 0;
  let waiting = 1;
  waitingNode[0] = root;
  waitingParent[0] = -1;
  reach[0] = 1;
  while (waiting > 0) {
    const node = waitingNode[--waiting];
    const parent = waitingParent[waiting];
    const tested = feature[node];
    let depth = 0;
    if (parent >= 0) {
      const above = (firstSplit + (parent >> 1)) << 4;
      depth = words[above + Word.depth] + 1;
      words[above + Word.child + (parent & 1)] = tested < 0 ? ~leaves : splits;
      place[depth - 1] = parent;
      reach[depth] = reach[depth - 1] * doubles[(above >> 1) + Share.share + (parent & 1)];
    }
    if (tested < 0) {
      const at = (firstLeaf + leaves++) * lanes;
      for (let t = 0; t < targets; t++) {
        leafValue[at + t] = value[node * targets + t] * scale;
        mean[t] += reach[depth] * leafValue[at + t];
      }
      continue;
    }
    if (depth === path.depth)
      return layOutTree(forest, root, column, to, new Path(path.depth * 4, targets), firstSplit, firstLeaf); // from the start
    const coverLeft = cover[left[node]];
    const coverRight = cover[right[node]];
    const sum = coverLeft + coverRight;
    if (!areCovers(coverLeft, coverRight, cover[node])) throw noCovers(node);
    const col = column[tested];
    let previous = -1;
    for (let d = depth - 1; d >= 0; d--) {
      if (pathFeature[d] === col) {
        previous = place[d];
        break;
      }
    }
    const before = previous < 0 ? 1 : doubles[((firstSplit + (previous >> 1)) << 3) + Share.through + (previous & 1)];
    const word = (firstSplit + splits) << 4;
    const double = word >> 1;
    words[word + Word.feature] = col;
    floats[word + Word.threshold] = threshold[node];
    words[word + Word.previous] = previous;
    words[word + Word.depth] = depth;
    doubles[double + Share.before] = before;
    doubles[double + Share.share] = coverLeft / sum;
    doubles[double + Share.share + 1] = coverRight / sum;
    doubles[double + Share.through] = before * (coverLeft / sum);
    doubles[double + Share.through + 1] = before * (coverRight / sum);
    pathFeature[depth] = col;
    distinct[depth] = (depth === 0 ? 0 : distinct[depth - 1]) + (previous < 0 ? 1 : 0);
    if (depth >= levels) levels = depth + 1;
    if (distinct[depth] > mostDistinct) mostDistinct = distinct[depth];
    waitingNode[waiting] = right[node];
    waitingParent[waiting++] = 2 * splits + 1;
    waitingNode[waiting] = left[node];
    waitingParent[waiting++] = 2 * splits;
    splits++;
  }
  for (let t = 0; t < targets; t++) to.base[t] += mean[t];
  return { split: firstSplit, leaf: firstLeaf, splits, levels, distinct: mostDistinct };
}

function areCovers(left: number, right: number, both: number): boolean {
  return left > 0 && right > 0 && Math.abs(left + right - both) <= COVER_TOLERANCE * (left + right);
}

/** Shares of a split's training rows that went left and right. Throws NadirError where they are missing or do not add up. */
export function coverShares({ cover, left, right }: Forest, node: number): { left: number; right: number } {
  const [coverLeft, coverRight] = [cover[left[node]], cover[right[node]]];
  if (!areCovers(coverLeft, coverRight, cover[node])) throw noCovers(node);
  return { left: coverLeft / (coverLeft + coverRight), right: coverRight / (coverLeft + coverRight) };
}

function noCovers(node: number): NadirError {
  return new NadirError({
    what: 'the forest does not know how many training rows its nodes saw, so it has no SHAP values',
    where: `node ${node}`,
    remedy: 'Use a model that Nadir trained, or export it with nodes_hitrates',
  });
}
