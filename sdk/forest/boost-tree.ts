/**
 * One tree of gradient boosting for squared error, grown leaf by leaf where the loss falls most (LightGBM; Ke et al. 2017): histograms of the
 * residuals by bin, of which a sibling's is its parent's less its own.
 */
import type { Random } from '../base/index.ts';
import { BOOST_BINS, type BoostBins } from './boost-bins.ts';

export interface BoostTreeOptions {
  readonly leaves: number;
  /** Fewest rows in a leaf. */
  readonly minLeaf: number;
  /** Features that a tree may look at. */
  readonly drawn: number;
  /** Share of the rows that a tree sees. */
  readonly bagging: number;
  /** Penalty on leaf values, in rows. */
  readonly l2: number;
  readonly learningRate: number;
}

/** Nodes in the order they were made; the root first, children after their parent. */
export interface BoostTree {
  /** -1 at a leaf. */
  readonly feature: Int32Array;
  /** Rows of at most this bin go left. */
  readonly bin: Uint8Array;
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What the node adds to the estimate; of consequence at leaves. */
  readonly value: Float64Array;
  /** Rows of the bag that reach the node. */
  readonly cover: Float64Array;
}

/** A leaf that may still be split: its rows, its histogram and the best split of it. */
interface OpenLeaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly sum: number;
  readonly slot: number;
  gain: number;
  /** Place among the drawn features, -1 where nothing splits it. */
  column: number;
  bin: number;
  leftSum: number;
}

/** Numbers of a bin: sum of residuals, rows. */
const BIN_NUMBERS = 2;

/** Grows trees on the rows of one table; keeps the buffers between them. */
export class BoostGrower {
  readonly #bins: BoostBins;
  readonly #options: BoostTreeOptions;
  readonly #columns: Int32Array;
  readonly #slots: Float64Array[] = [];
  readonly #rows: Int32Array;
  readonly #spare: Int32Array;
  readonly #own: Float64Array;

  constructor(bins: BoostBins, options: BoostTreeOptions) {
    this.#bins = bins;
    this.#options = options;
    const varying = [...bins.count.keys()].filter((f) => bins.count[f] > 1);
    this.#columns = Int32Array.from(varying);
    this.#rows = new Int32Array(bins.rows);
    this.#spare = new Int32Array(bins.rows);
    this.#own = new Float64Array(bins.rows);
  }

  /**
   * A tree fitted to residuals.
   * @param rows rows to learn from
   * @param residual of every row of the table, [rows]
   */
  grow(rows: Uint32Array, residual: Float64Array, random: Random): BoostTree {
    const { leaves, minLeaf, l2, learningRate } = this.#options;
    const columns = this.#drawColumns(random);
    const count = this.#drawRows(rows, random);
    const nodes = 2 * leaves - 1;
    const tree = {
      feature: new Int32Array(nodes).fill(-1),
      bin: new Uint8Array(nodes),
      threshold: new Float32Array(nodes),
      left: new Int32Array(nodes).fill(-1),
      right: new Int32Array(nodes).fill(-1),
      value: new Float64Array(nodes),
      cover: new Float64Array(nodes),
    };
    const settle = (node: number, sum: number, size: number) => {
      tree.value[node] = (learningRate * sum) / (size + l2);
      tree.cover[node] = size;
    };
    let sum = 0;
    for (let i = 0; i < count; i++) sum += residual[this.#rows[i]];
    settle(0, sum, count);
    let made = 1;
    let slots = 1;
    const open: OpenLeaf[] = [];
    if (count >= 2 * minLeaf && columns.length > 0) {
      const root = leafOf(0, 0, count, sum, 0);
      this.#fill(root, columns, residual);
      this.#search(root, columns);
      open.push(root);
    }
    while (made < nodes) {
      const best = takeBest(open);
      if (best === undefined) break;
      const feature = columns[best.column];
      tree.feature[best.node] = feature;
      tree.bin[best.node] = best.bin;
      tree.threshold[best.node] = this.#bins.bound[feature * BOOST_BINS + best.bin];
      const middle = this.#partition(feature, best.bin, best.start, best.end);
      const [left, right] = [made, made + 1];
      made += 2;
      tree.left[best.node] = left;
      tree.right[best.node] = right;
      settle(left, best.leftSum, middle - best.start);
      settle(right, best.sum - best.leftSum, best.end - middle);
      if (made >= nodes) break;
      const leftIsSmaller = middle - best.start <= best.end - middle;
      const ofLeft = leafOf(left, best.start, middle, best.leftSum, leftIsSmaller ? slots : best.slot);
      const ofRight = leafOf(right, middle, best.end, best.sum - best.leftSum, leftIsSmaller ? best.slot : slots);
      const [smaller, larger] = leftIsSmaller ? [ofLeft, ofRight] : [ofRight, ofLeft];
      if (larger.end - larger.start < 2 * minLeaf) continue;
      this.#fill(smaller, columns, residual);
      slots++;
      this.#subtract(larger.slot, smaller.slot, columns.length);
      for (const leaf of [smaller, larger]) {
        if (leaf.end - leaf.start < 2 * minLeaf) continue;
        this.#search(leaf, columns);
        open.push(leaf);
      }
    }
    return cut(tree, made);
  }

  /** What a tree adds to every row of the table, added to `estimate`. */
  addTo(estimate: Float64Array, tree: BoostTree): void {
    const { bin, rows } = this.#bins;
    const { feature, left, right, value } = tree;
    for (let row = 0; row < rows; row++) {
      let node = 0;
      while (feature[node] >= 0) node = bin[feature[node] * rows + row] <= tree.bin[node] ? left[node] : right[node];
      estimate[row] += value[node];
    }
  }

  #drawColumns(random: Random): Int32Array {
    const columns = this.#columns;
    const drawn = Math.min(this.#options.drawn, columns.length);
    for (let i = 0; i < drawn; i++) {
      const other = i + random.below(columns.length - i);
      const column = columns[other];
      columns[other] = columns[i];
      columns[i] = column;
    }
    return columns.slice(0, drawn).sort();
  }

  /** Fills the row list with the bag, without replacement; returns how many. */
  #drawRows(rows: Uint32Array, random: Random): number {
    const count = Math.max(1, Math.round(this.#options.bagging * rows.length));
    this.#rows.set(rows);
    if (count === rows.length) return count;
    for (let i = 0; i < count; i++) {
      const other = i + random.below(rows.length - i);
      const row = this.#rows[other];
      this.#rows[other] = this.#rows[i];
      this.#rows[i] = row;
    }
    this.#rows.subarray(0, count).sort();
    return count;
  }

  /** The histogram of a leaf's residuals into its slot, [columns, BOOST_BINS, BIN_NUMBERS]. */
  #fill(leaf: OpenLeaf, columns: Int32Array, residual: Float64Array): void {
    const { bin, rows: stride } = this.#bins;
    const rows = this.#rows;
    const own = this.#own;
    const { start, end } = leaf;
    const size = columns.length * BOOST_BINS * BIN_NUMBERS;
    this.#slots[leaf.slot] ??= new Float64Array(size);
    const histogram = this.#slots[leaf.slot].fill(0);
    for (let i = start; i < end; i++) own[i] = residual[rows[i]];
    for (let c = 0; c < columns.length; c++) {
      const offset = columns[c] * stride;
      const to = c * BOOST_BINS * BIN_NUMBERS;
      for (let i = start; i < end; i++) {
        const at = to + bin[offset + rows[i]] * BIN_NUMBERS;
        histogram[at] += own[i];
        histogram[at + 1] += 1;
      }
    }
  }

  #subtract(from: number, what: number, columns: number): void {
    const minuend = this.#slots[from];
    const subtrahend = this.#slots[what];
    const size = columns * BOOST_BINS * BIN_NUMBERS;
    for (let i = 0; i < size; i++) minuend[i] -= subtrahend[i];
  }

  /** Finds the split of greatest fall of the penalised loss: S_L²/(n_L + l2) + S_R²/(n_R + l2) − S²/(n + l2). */
  #search(leaf: OpenLeaf, columns: Int32Array): void {
    const { count } = this.#bins;
    const { minLeaf, l2 } = this.#options;
    const histogram = this.#slots[leaf.slot];
    const size = leaf.end - leaf.start;
    const { sum } = leaf;
    const parent = (sum * sum) / (size + l2);
    let best = parent * (1 + 1e-12) + Number.MIN_VALUE;
    for (let c = 0; c < columns.length; c++) {
      const from = c * BOOST_BINS * BIN_NUMBERS;
      const last = count[columns[c]] - 1;
      let leftSum = 0;
      let leftCount = 0;
      for (let b = 0; b < last; b++) {
        leftSum += histogram[from + b * BIN_NUMBERS];
        const here = histogram[from + b * BIN_NUMBERS + 1];
        leftCount += here;
        if (here === 0 || leftCount < minLeaf) continue;
        const rightCount = size - leftCount;
        if (rightCount < minLeaf) break;
        const rightSum = sum - leftSum;
        const score = (leftSum * leftSum) / (leftCount + l2) + (rightSum * rightSum) / (rightCount + l2);
        if (score <= best) continue;
        best = score;
        leaf.gain = score - parent;
        leaf.column = c;
        leaf.bin = b;
        leaf.leftSum = leftSum;
      }
    }
  }

  /** Rows that go left first, both sides in their order; returns where the right side starts. */
  #partition(feature: number, last: number, start: number, end: number): number {
    const { bin, rows: stride } = this.#bins;
    const rows = this.#rows;
    let middle = start;
    let kept = 0;
    for (let i = start; i < end; i++) {
      if (bin[feature * stride + rows[i]] <= last) rows[middle++] = rows[i];
      else this.#spare[kept++] = rows[i];
    }
    for (let i = 0; i < kept; i++) rows[middle + i] = this.#spare[i];
    return middle;
  }
}

function leafOf(node: number, start: number, end: number, sum: number, slot: number): OpenLeaf {
  return { node, start, end, sum, slot, gain: 0, column: -1, bin: 0, leftSum: 0 };
}

/** Takes the leaf whose split gains most out of the list. */
function takeBest(open: OpenLeaf[]): OpenLeaf | undefined {
  let best = -1;
  for (let i = 0; i < open.length; i++)
    if (open[i].column >= 0 && (best < 0 || open[i].gain > open[best].gain)) best = i;
  return best < 0 ? undefined : open.splice(best, 1)[0];
}

function cut(tree: BoostTree, nodes: number): BoostTree {
  return {
    feature: tree.feature.slice(0, nodes),
    bin: tree.bin.slice(0, nodes),
    threshold: tree.threshold.slice(0, nodes),
    left: tree.left.slice(0, nodes),
    right: tree.right.slice(0, nodes),
    value: tree.value.slice(0, nodes),
    cover: tree.cover.slice(0, nodes),
  };
}
