/** Grows trees one after another in one memory; what a tree is like depends on its number and the ground alone. */
import { Random } from '../base/random.ts';
import { drawBag } from './bag.ts';
import { openTrainKernels, type TrainEngine } from './kernels/open-train.ts';
import type { TrainKernels } from './kernels/train-kernels.ts';
import { layOut, type TrainLayout, writeFields } from './kernels/train-layout.ts';

/** What all trees of a forest are grown on: plain data, so that threads can be given it. */
export interface GrowingGround {
  /** Codes, or values for extra trees, of all rows and features of the table, [*, tableFeatures]. */
  readonly table: Uint16Array | Float32Array;
  readonly tableFeatures: number;
  /** Rows of the table to train on, distinct. */
  readonly rows: Uint32Array;
  /** Columns of the table to use, distinct. */
  readonly columns: Uint32Array;
  readonly targets: number;
  /** Targets of `rows`, [rows, targets]. */
  readonly y: Float64Array;
  readonly minLeaf: number;
  readonly mtry: number;
  readonly bootstrap: boolean;
  readonly seed: number;
  readonly engine: TrainEngine;
}

/** Nodes of one tree in preorder: the left child of a node follows it. `feature`, `low` and `high` count in the ground's columns and rows. */
export interface GrownTree {
  /** -1 at a leaf. */
  readonly feature: Int32Array;
  readonly right: Int32Array;
  /** Thresholds of extra trees; of others, row of the highest value that goes left, as its bits. */
  readonly low: Float32Array;
  /** Row of the lowest value that goes right; nothing for extra trees. */
  readonly high: Uint32Array;
  readonly cover: Uint32Array;
  /** [nodes, targets] */
  readonly value: Float64Array;
}

export class TreeGrower {
  readonly #ground: GrowingGround;
  readonly #isExtra: boolean;
  readonly #layout: TrainLayout;
  readonly #kernels: TrainKernels;

  /** `fill` writes the table of the ground's rows and columns; by default they are gathered from the ground's table. */
  constructor(ground: GrowingGround, fill = (own: Uint16Array | Float32Array) => gatherTable(ground, own)) {
    const { table, rows, columns, targets, minLeaf, mtry, engine } = ground;
    this.#ground = ground;
    this.#isExtra = table instanceof Float32Array;
    const shape = { rows: rows.length, features: columns.length, targets, minLeaf, mtry, isExtra: this.#isExtra };
    this.#layout = layOut(shape);
    this.#kernels = openTrainKernels(this.#layout.bytes, engine);
    const { buffer } = this.#kernels;
    const Table = this.#isExtra ? Float32Array : Uint16Array;
    fill(new Table(buffer, this.#layout.table, rows.length * columns.length));
    writeFields(buffer, this.#layout);
    const lanes = 4 * this.#layout.blocks;
    const y = new Float64Array(buffer, this.#layout.y, rows.length * lanes);
    for (let row = 0; row < rows.length; row++)
      y.set(ground.y.subarray(row * targets, (row + 1) * targets), row * lanes);
    new Float64Array(buffer, this.#layout.inverseSd, targets).set(inverseSds(ground));
    this.#kernels.configure(0);
  }

  /** Tree `tree` of the forest. */
  grow(tree: number): GrownTree {
    const { rows, targets, seed, bootstrap } = this.#ground;
    const { buffer } = this.#kernels;
    const at = this.#layout;
    new Uint16Array(buffer, at.bag, rows.length).set(drawBag(seed, tree, rows.length, bootstrap));
    const nodes = this.#kernels.grow(Random.of(seed, `tree ${tree}`).uint32(), this.#isExtra);
    const lanes = 4 * at.blocks;
    const padded = new Float64Array(buffer, at.outValue, nodes * lanes);
    return {
      feature: new Int32Array(buffer, at.outFeature, nodes).slice(),
      right: new Int32Array(buffer, at.outRight, nodes).slice(),
      low: new Float32Array(buffer, at.outLow, nodes).slice(),
      high: new Uint32Array(buffer, at.outHigh, nodes).slice(),
      cover: new Uint32Array(buffer, at.outCover, nodes).slice(),
      value:
        lanes === targets
          ? padded.slice()
          : Float64Array.from(
              { length: nodes * targets },
              (_, i) => padded[Math.floor(i / targets) * lanes + (i % targets)],
            ),
    };
  }
}

/** The rows and columns of the ground, one after another. */
function gatherTable({ table, tableFeatures, rows, columns }: GrowingGround, own: Uint16Array | Float32Array): void {
  const isWhole = columns.length === tableFeatures && columns.every((column, i) => column === i);
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row] * tableFeatures;
    const to = row * columns.length;
    if (isWhole) own.set(table.subarray(from, from + tableFeatures), to);
    else for (let c = 0; c < columns.length; c++) own[to + c] = table[from + columns[c]];
  }
}

/** One over each target's SD over the training rows; 0 where it does not vary. */
function inverseSds({ y, rows, targets }: GrowingGround): Float64Array {
  const n = rows.length;
  return Float64Array.from({ length: targets }, (_, t) => {
    let mean = 0;
    let varies = false;
    for (let i = 0; i < n; i++) {
      mean += y[i * targets + t] / n;
      varies ||= y[i * targets + t] !== y[t];
    }
    // the mean of equal values need not be that value, and what rounding leaves is no variance
    if (!varies) return 0;
    let variance = 0;
    for (let i = 0; i < n; i++) variance += (y[i * targets + t] - mean) ** 2 / n;
    return variance > 0 ? 1 / Math.sqrt(variance) : 0;
  });
}
