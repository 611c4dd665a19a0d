/** A node of the twin's tree: what assembly/train/describe.ts writes of it, and how its rows part. */
import type { TrainLayout } from './train-layout.ts';

const f32 = Math.fround;
const GREATEST = 23_000;
const PURE = 1e-14;
/** Added and taken away again, it rounds a float32 to the nearest integer, ties to even. */
const ROUNDING = 12_582_912;

export class TwinNode {
  readonly blocks: number;
  readonly minLeaf: number;
  readonly out: { readonly feature: Int32Array; readonly right: Int32Array };
  /** Codes or values, [rows, features]. */
  readonly table: Uint16Array | Float32Array;
  /** Row of each position. */
  rows: Uint32Array = new Uint32Array(0);
  size = 0;
  totalWeight = 0;
  readonly weight: Int32Array;
  /** weight · (target − mean) / SD, [blocks, positions, 4]. */
  readonly centred: Float32Array;
  readonly best = { score: -1, feature: -1, cut: 0, threshold: 0 };
  readonly features: number;
  readonly #records: Int16Array;
  readonly #list: Uint32Array;
  readonly #bag: Uint16Array;
  readonly #y: Float64Array;
  readonly #inverseSd: Float64Array;
  readonly #low: Uint32Array;
  readonly #threshold: Float32Array;
  readonly #high: Uint32Array;
  readonly #cover: Uint32Array;
  readonly #value: Float64Array;
  #extent = 0;

  constructor(buffer: ArrayBuffer, layout: TrainLayout) {
    const { rows, features, blocks, minLeaf, stride } = layout;
    const nodes = 2 * rows;
    const lanes = 4 * blocks;
    this.blocks = blocks;
    this.minLeaf = minLeaf;
    this.features = features;
    const Table = stride === 4 * features ? Float32Array : Uint16Array;
    this.table = new Table(buffer, layout.table, rows * features);
    this.out = {
      feature: new Int32Array(buffer, layout.outFeature, nodes),
      right: new Int32Array(buffer, layout.outRight, nodes),
    };
    this.#list = new Uint32Array(buffer, layout.list, rows);
    this.#bag = new Uint16Array(buffer, layout.bag, rows);
    this.#y = new Float64Array(buffer, layout.y, rows * lanes);
    this.#inverseSd = new Float64Array(buffer, layout.inverseSd, lanes);
    this.#low = new Uint32Array(buffer, layout.outLow, nodes);
    this.#threshold = new Float32Array(buffer, layout.outLow, nodes);
    this.#high = new Uint32Array(buffer, layout.outHigh, nodes);
    this.#cover = new Uint32Array(buffer, layout.outCover, nodes);
    this.#value = new Float64Array(buffer, layout.outValue, nodes * lanes);
    this.weight = new Int32Array(rows);
    this.centred = new Float32Array(rows * lanes);
    this.#records = new Int16Array(128 * lanes);
  }

  /** Lists the rows of the bag; returns how many. */
  listBag(): number {
    let count = 0;
    for (let row = 0; row < this.#bag.length; row++) if (this.#bag[row] > 0) this.#list[count++] = row;
    return count;
  }

  /** Code or value of a feature at a position. */
  at(position: number, feature: number): number {
    return this.table[this.rows[position] * this.features + feature];
  }

  /** Takes the rows of list[start … end); returns whether their targets agree. */
  describe(node: number, start: number, end: number): boolean {
    const rows = this.#list.subarray(start, end);
    const size = rows.length;
    this.rows = rows;
    this.size = size;
    Object.assign(this.best, { score: -1, feature: -1 });
    let total = 0;
    for (let i = 0; i < size; i++) {
      this.weight[i] = this.#bag[rows[i]];
      total += this.weight[i];
    }
    this.totalWeight = total;
    this.#cover[node] = total;
    this.#extent = 0;
    const lanes = 4 * this.blocks;
    const squares = new Float64Array(4);
    for (let lane = 0; lane < lanes; lane++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += this.weight[i] * this.#y[rows[i] * lanes + lane];
      const mean = sum / total;
      this.#value[node * lanes + lane] = mean;
      let absolute = 0;
      for (let i = 0; i < size; i++) {
        const apart = (this.#y[rows[i] * lanes + lane] - mean) * this.#inverseSd[lane];
        const weighed = this.weight[i] * apart;
        squares[lane & 3] += weighed * apart;
        absolute = f32(absolute + Math.abs(f32(weighed)));
        this.centred[((lane >> 2) * size + i) * 4 + (lane & 3)] = weighed;
      }
      this.#extent = Math.max(this.#extent, absolute);
    }
    return squares[0] + squares[1] + (squares[2] + squares[3]) <= PURE * total;
  }

  /** The centred targets as integers that fit 16 bits, [blocks, positions, 4]. */
  records(): Int16Array {
    const scale = f32(f32(2 * GREATEST) / this.#extent);
    for (let i = 0; i < this.blocks * this.size * 4; i++)
      this.#records[i] = f32(f32(f32(this.centred[i] * scale) + ROUNDING) - ROUNDING);
    return this.#records;
  }

  takeCut(score: number, feature: number, cut: number): void {
    Object.assign(this.best, { score, feature, cut });
  }

  takeThreshold(score: number, feature: number, threshold: number): void {
    Object.assign(this.best, { score, feature, threshold });
  }

  /** Rows that go left first, both sides in their order; returns where the right side starts. */
  partByCode(node: number, start: number, end: number): number {
    const { feature, cut } = this.best;
    let [low, high] = [-1, 65_536];
    this.#low[node] = 0;
    this.#high[node] = 0;
    for (const row of this.rows) {
      const code = this.table[row * this.features + feature];
      if (code <= cut && code > low) {
        low = code;
        this.#low[node] = row;
      } else if (code > cut && code < high) {
        high = code;
        this.#high[node] = row;
      }
    }
    return this.#part((row) => this.table[row * this.features + feature] <= cut, start, end);
  }

  partByValue(node: number, start: number, end: number): number {
    const { feature, threshold } = this.best;
    this.#threshold[node] = threshold;
    return this.#part((row) => this.table[row * this.features + feature] <= threshold, start, end);
  }

  #part(goesLeft: (row: number) => boolean, start: number, end: number): number {
    const rows = this.#list.slice(start, end);
    const left = rows.filter(goesLeft);
    this.#list.set(left, start);
    this.#list.set(
      rows.filter((row) => !goesLeft(row)),
      start + left.length,
    );
    return start + left.length;
  }
}
