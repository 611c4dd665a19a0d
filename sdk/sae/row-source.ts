/** Where a training's rows come from: all in memory, or (sdk/concepts/shards) streamed from files larger than it. */
import { Random, sha256 } from '../base/index.ts';
import type { Batch } from './batch.ts';
import { preprocess } from './preprocess.ts';

/** Rows as a training takes them, preprocessed: x' = (x − mean)·scale. */
export interface RowSource {
  readonly rows: number;
  readonly d: number;
  /** [d]. */
  readonly mean: Float32Array;
  readonly scale: number;
  /** True: no value was below 0. */
  readonly nonNegative: boolean;
  /** Preprocessed rows [m, d] for first weights and resampling: all, or drawn alike. */
  readonly sample: Float32Array;
  /** Hash of what comes and in which order. */
  fingerprint(): string;
  /**
   * Rows `first` … `first + count − 1` of an epoch (from 0), in the epoch's own order, in which each row comes once; valid until the next call.
   * Going forward is cheap; any other place can be asked for.
   */
  batch(epoch: number, first: number, count: number): Promise<Batch>;
}

/** Embeddings [rows, d] in memory, in a new order each epoch. */
export class RowsInMemory implements RowSource {
  readonly rows: number;
  readonly d: number;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly nonNegative: boolean;
  readonly sample: Float32Array;
  readonly #seed: number;
  #random: Random;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  constructor(embeddings: Float32Array, d: number, seed: number) {
    const { data, mean, scale, nonNegative } = preprocess(embeddings, d);
    this.rows = data.length / d;
    this.d = d;
    this.mean = mean;
    this.scale = scale;
    this.nonNegative = nonNegative;
    this.sample = data;
    this.#seed = seed;
    this.#random = Random.of(seed, 'order of rows');
  }

  fingerprint(): string {
    const { buffer, byteOffset, byteLength } = this.sample;
    return sha256(new Uint8Array(buffer, byteOffset, byteLength));
  }

  async batch(epoch: number, first: number, count: number): Promise<Batch> {
    if (epoch < this.#epoch) {
      this.#random = Random.of(this.#seed, 'order of rows');
      this.#epoch = -1;
    }
    for (; this.#epoch < epoch; this.#epoch++) this.#order = this.#random.permutation(this.rows);
    return rowsAsBatch(this.sample, this.d, this.#order.subarray(first, first + count));
  }
}

/** Some rows of [rows, d] as a batch. */
export function rowsAsBatch(data: Float32Array, d: number, picked: Uint32Array): Batch {
  return {
    rows: picked.length,
    load(first, rows, input, width) {
      for (let i = 0; i < rows; i++) {
        const row = picked[first + i];
        input.set(data.subarray(row * d, (row + 1) * d), i * width);
      }
    },
  };
}
