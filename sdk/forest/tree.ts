/** Grows one regression tree: bootstrap, depth-first splitting of a row list partitioned in place, nodes in preorder. */
import type { Random } from '../base/index.ts';
import type { BinnedFeatures } from './bins.ts';
import type { NodeRows, Split } from './node-rows.ts';
import { SplitSearch } from './split.ts';

/** A node whose targets' mean square about their mean, in units of their variance over the training rows, is below this is pure. */
const PURE = 1e-14;

/** Nodes of one tree in preorder, indices from its root. `feature` counts in the columns that the forest was given. */
export interface Tree {
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly value: Float64Array;
  readonly cover: Float64Array;
}

/** What all trees of a forest are grown on. */
export interface GrowingGround {
  readonly binned: BinnedFeatures;
  /** Rows of the binned table to train on, distinct. */
  readonly rows: Uint32Array;
  /** Columns of the binned table to use, distinct. */
  readonly columns: Uint32Array;
  readonly targets: number;
  /** Targets of `rows`, [rows, targets]. */
  readonly y: Float64Array;
  readonly minLeaf: number;
  readonly mtry: number;
  readonly bootstrap: boolean;
}

/** Grows trees one after another in the same buffers. */
export class TreeGrower {
  readonly #ground: GrowingGround;
  /** Targets come in blocks of four, the last padded with zeros. */
  readonly #blocks: number;
  /** Targets by row of the binned table, centred and scaled to unit variance over the training rows, padded with zeros, [rows, lanes]. */
  readonly #scaled: Float64Array;
  /** Place of a row of the binned table in `ground.rows`. */
  readonly #placeOf: Int32Array;
  /** How often the bootstrap drew each training row, [ground.rows]. */
  readonly #drawn: Int32Array;
  readonly #rows: Int32Array;
  readonly #spare: Int32Array;
  readonly #weight: Float64Array;
  readonly #centred: Float64Array;
  readonly #mean: Float64Array;
  readonly #columnOf: Int32Array;
  readonly #search: SplitSearch;

  constructor(ground: GrowingGround) {
    const { binned, rows, columns, targets, minLeaf, mtry } = ground;
    this.#ground = ground;
    this.#blocks = Math.ceil(targets / 4);
    const lanes = this.#blocks * 4;
    this.#scaled = scaleTargets(ground, lanes);
    this.#placeOf = new Int32Array(binned.rows).fill(-1);
    for (let i = 0; i < rows.length; i++) this.#placeOf[rows[i]] = i;
    this.#drawn = new Int32Array(rows.length);
    this.#rows = new Int32Array(rows.length);
    this.#spare = new Int32Array(rows.length);
    this.#weight = new Float64Array(rows.length);
    this.#centred = new Float64Array(rows.length * lanes);
    this.#mean = new Float64Array(lanes);
    this.#columnOf = new Int32Array(binned.features).fill(-1);
    for (let c = 0; c < columns.length; c++) this.#columnOf[columns[c]] = c;
    this.#search = new SplitSearch(binned, columns, minLeaf, mtry);
  }

  /** One tree; the same generator state gives the same tree, whatever was grown before. */
  grow(random: Random): Tree {
    const { targets, columns, minLeaf } = this.#ground;
    this.#search.reset(columns);
    const count = this.#drawRows(random);
    const capacity = Math.max(1, 2 * count - 1);
    const feature = new Int32Array(capacity).fill(-1);
    const threshold = new Float32Array(capacity);
    const left = new Int32Array(capacity).fill(-1);
    const right = new Int32Array(capacity).fill(-1);
    const value = new Float64Array(capacity * targets);
    const cover = new Float64Array(capacity);
    const waiting = [{ start: 0, end: count, parent: -1, isLeft: false }];
    let nodes = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { start, end, parent } = next;
      const node = nodes++;
      if (parent >= 0) (next.isLeft ? left : right)[parent] = node;
      const rows = this.#describe(start, end, value.subarray(node * targets, (node + 1) * targets));
      cover[node] = rows.totalWeight;
      if (end - start < 2 * minLeaf || this.#isPure(rows)) continue;
      const split = this.#search.find(rows, random);
      if (split === undefined) continue;
      feature[node] = this.#columnOf[split.feature];
      threshold[node] = this.#thresholdOf(split, start, end);
      const middle = this.#partition(split.feature, threshold[node], start, end);
      waiting.push(
        { start: middle, end, parent: node, isLeft: false },
        { start, end: middle, parent: node, isLeft: true },
      );
    }
    return {
      feature: feature.slice(0, nodes),
      threshold: threshold.slice(0, nodes),
      left: left.slice(0, nodes),
      right: right.slice(0, nodes),
      value: value.slice(0, nodes * targets),
      cover: cover.slice(0, nodes),
    };
  }

  /** Fills the row list with the rows drawn, each once; returns how many. */
  #drawRows(random: Random): number {
    const { rows, bootstrap } = this.#ground;
    this.#drawn.fill(bootstrap ? 0 : 1);
    if (bootstrap) for (let i = 0; i < rows.length; i++) this.#drawn[random.below(rows.length)]++;
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (this.#drawn[i] > 0) this.#rows[count++] = rows[i];
    return count;
  }

  /** Weights and centred targets of a node's rows; writes its mean, in the targets' units, to `value`. */
  #describe(start: number, end: number, value: Float64Array): NodeRows {
    const { y, targets } = this.#ground;
    const blocks = this.#blocks;
    const lanes = blocks * 4;
    const mean = this.#mean.fill(0);
    let totalWeight = 0;
    for (let position = start; position < end; position++) {
      const row = this.#rows[position];
      const place = this.#placeOf[row];
      const weight = this.#drawn[place];
      this.#weight[position - start] = weight;
      totalWeight += weight;
      for (let lane = 0; lane < lanes; lane++) mean[lane] += weight * this.#scaled[row * lanes + lane];
      for (let t = 0; t < targets; t++) value[t] += weight * y[place * targets + t];
    }
    for (let lane = 0; lane < lanes; lane++) mean[lane] /= totalWeight;
    for (let t = 0; t < targets; t++) value[t] /= totalWeight;
    const size = end - start;
    for (let i = 0; i < size; i++) {
      const from = this.#rows[start + i] * lanes;
      for (let lane = 0; lane < lanes; lane++)
        this.#centred[((lane >> 2) * size + i) * 4 + (lane & 3)] =
          this.#weight[i] * (this.#scaled[from + lane] - mean[lane]);
    }
    return { rows: this.#rows, start, end, weight: this.#weight, centred: this.#centred, blocks, totalWeight };
  }

  #isPure({ start, end, weight, centred, totalWeight }: NodeRows): boolean {
    const size = end - start;
    let square = 0;
    for (let i = 0; i < this.#blocks * size * 4; i++) square += centred[i] ** 2 / weight[(i >> 2) % size];
    return square <= PURE * totalWeight;
  }

  /** Midpoint of the nearest values on the two sides, in float32 and such that the lower value goes left and the higher right. */
  #thresholdOf(split: Split, start: number, end: number): number {
    const { x, rank, bin, features, rows: stride } = this.#ground.binned;
    const offset = split.feature * stride;
    const keys = split.byRank ? rank : bin;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let position = start; position < end; position++) {
      const row = this.#rows[position];
      const value = x[row * features + split.feature];
      if (keys[offset + row] <= split.cut) low = Math.max(low, value);
      else high = Math.min(high, value);
    }
    const middle = Math.fround(low / 2 + high / 2);
    return middle >= low && middle < high ? middle : low;
  }

  /** Rows that go left first, both sides in their order; returns where the right side starts. */
  #partition(feature: number, threshold: number, start: number, end: number): number {
    const { x, features } = this.#ground.binned;
    let leftEnd = start;
    let kept = 0;
    for (let position = start; position < end; position++) {
      const row = this.#rows[position];
      if (x[row * features + feature] <= threshold) this.#rows[leftEnd++] = row;
      else this.#spare[kept++] = row;
    }
    for (let i = 0; i < kept; i++) this.#rows[leftEnd + i] = this.#spare[i];
    return leftEnd;
  }
}

/** Targets less their mean, over their SD (0 where it does not vary), scattered to the rows of the binned table. */
function scaleTargets({ binned, rows, y, targets }: GrowingGround, lanes: number): Float64Array {
  const scaled = new Float64Array(binned.rows * lanes);
  const n = rows.length;
  for (let t = 0; t < targets; t++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += y[i * targets + t] / n;
    let variance = 0;
    for (let i = 0; i < n; i++) variance += (y[i * targets + t] - mean) ** 2 / n;
    const scale = variance > 0 ? 1 / Math.sqrt(variance) : 0;
    for (let i = 0; i < n; i++) scaled[rows[i] * lanes + t] = (y[i * targets + t] - mean) * scale;
  }
  return scaled;
}
