/**
 * Shards as a training takes them, in a buffer of stated size. Each epoch takes the pieces of the data in a seeded order, as many as the buffer
 * holds at a time, and gives the rows of one such window in a seeded order before it reads the next. Both orders follow from the seed and the
 * numbers of epoch and window alone, so that a training goes on anywhere after reading one window. Rows of one window come from at least eight
 * places of the data; where neighbours are alike, as in an archive by date, a larger buffer mixes better.
 */
import { canonicalJson, Random, sha256 } from '../../base/index.ts';
import type { RowSource } from '../../sae/index.ts';
import { shardError } from './shard-reader.ts';
import type { EmbeddingShards, Piece } from './shards.ts';
import type { RowFilter } from './split.ts';
import type { Survey } from './survey.ts';

/** Least number of pieces in a full window. */
const PIECES = 8;

export interface StreamOptions {
  readonly seed: number;
  readonly isHeldOut: RowFilter;
  /** Rows that the buffer holds. */
  readonly bufferRows: number;
}

/** Pieces that lie in the buffer together. */
interface Window {
  readonly pieces: readonly number[];
  /** Rows of the epoch before it. */
  readonly start: number;
  readonly rows: number;
}

export class StreamedRows implements RowSource {
  readonly rows: number;
  readonly d: number;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly nonNegative: boolean;
  readonly sample: Float32Array;
  readonly #shards: EmbeddingShards;
  readonly #options: StreamOptions;
  readonly #dataHash: string;
  readonly #pieces: readonly Piece[];
  /** Rows of each piece to train on. */
  readonly #kept: Uint32Array;
  /** Rows of the window under way, preprocessed, [bufferRows, d]. */
  readonly #buffer: Float32Array;
  #epoch = -1;
  #windows: readonly Window[] = [];
  #window = -1;
  #order: Uint32Array = new Uint32Array();
  #batch = new Float32Array();

  /** For shards that were surveyed with the same split. */
  constructor(shards: EmbeddingShards, survey: Survey, options: StreamOptions) {
    const { d } = shards;
    const { isHeldOut } = options;
    const bufferRows = Math.min(options.bufferRows, survey.kept);
    this.rows = survey.kept;
    this.d = d;
    this.mean = survey.mean;
    this.nonNegative = survey.nonNegative;
    this.#shards = shards;
    this.#options = options;
    this.#dataHash = survey.sha256;
    this.#pieces = shards.pieces(Math.max(1, Math.floor(bufferRows / PIECES)));
    this.#kept = Uint32Array.from(this.#pieces, ({ firstRow, count }) => {
      let kept = 0;
      for (let row = firstRow; row < firstRow + count; row++) if (!isHeldOut(row)) kept++;
      return kept;
    });
    this.scale = scaleOf(survey);
    this.sample = survey.sample.slice();
    for (let at = 0; at < this.sample.length; at += d)
      this.#preprocess(this.sample.subarray(at, at + d), this.sample, at);
    this.#buffer = new Float32Array(bufferRows * d);
  }

  fingerprint(): string {
    const { seed } = this.#options;
    const layout = sha256(this.#kept.join());
    return sha256(canonicalJson({ data: this.#dataHash, rows: this.rows, seed, layout, buffer: this.#buffer.length }));
  }

  async batch(epoch: number, first: number, count: number) {
    const { d } = this;
    if (this.#batch.length < count * d) this.#batch = new Float32Array(count * d);
    const batch = this.#batch;
    this.#plan(epoch);
    for (let done = 0; done < count; ) {
      const at = first + done;
      const index = this.#windows.findIndex(({ start, rows }) => at < start + rows);
      await this.#load(index);
      const { start, rows } = this.#windows[index];
      const end = Math.min(rows, first + count - start);
      for (let place = at - start; place < end; place++, done++) {
        const from = this.#order[place] * d;
        batch.set(this.#buffer.subarray(from, from + d), done * d);
      }
    }
    return {
      rows: count,
      load(from: number, rows: number, input: Float32Array, width: number) {
        for (let i = 0; i < rows; i++) input.set(batch.subarray((from + i) * d, (from + i + 1) * d), i * width);
      },
    };
  }

  /** Puts the pieces of an epoch in order, window by window. */
  #plan(epoch: number): void {
    if (epoch === this.#epoch) return;
    const capacity = this.#buffer.length / this.d;
    const windows: Window[] = [];
    let [pieces, rows, start]: [number[], number, number] = [[], 0, 0];
    const close = () => {
      if (rows > 0) windows.push({ pieces, start, rows });
      [pieces, start, rows] = [[], start + rows, 0];
    };
    const order = Random.of(this.#options.seed, `pieces of epoch ${epoch}`).permutation(this.#pieces.length);
    for (const piece of order) {
      if (rows + this.#kept[piece] > capacity) close();
      pieces.push(piece);
      rows += this.#kept[piece];
    }
    close();
    this.#epoch = epoch;
    this.#windows = windows;
    this.#window = -1;
  }

  /** Reads a window's rows into the buffer. */
  async #load(index: number): Promise<void> {
    if (index === this.#window) return;
    this.#window = -1; // what a failed reading leaves is no window
    const { d } = this;
    const { seed, isHeldOut } = this.#options;
    const { pieces, rows } = this.#windows[index];
    let filled = 0;
    for (const at of [...pieces].sort((a, b) => a - b)) {
      const piece = this.#pieces[at];
      let row = piece.firstRow;
      for await (const block of this.#shards.read(piece)) {
        for (let from = 0; from < block.length; from += d, row++) {
          if (isHeldOut(row)) continue;
          this.#preprocess(block.subarray(from, from + d), this.#buffer, filled * d);
          filled++;
        }
      }
    }
    this.#order = Random.of(seed, `rows of window ${index} of epoch ${this.#epoch}`).permutation(rows);
    this.#window = index;
  }

  #preprocess(row: Float32Array, into: Float32Array, at: number): void {
    const { d, mean, scale } = this;
    for (let j = 0; j < d; j++) into[at + j] = (row[j] - mean[j]) * scale;
  }
}

/** √d over the mean norm of the sample's centred rows, so that a value's power is about 1. */
function scaleOf({ sample, mean }: Survey): number {
  const d = mean.length;
  let norms = 0;
  for (let at = 0; at < sample.length; at += d) {
    let square = 0;
    for (let j = 0; j < d; j++) square += (sample[at + j] - mean[j]) ** 2;
    norms += Math.sqrt(square);
  }
  if (!(norms > 0)) throw shardError('all rows are equal', 'training data', 'Give embeddings that differ');
  return (Math.sqrt(d) * (sample.length / d)) / norms;
}
