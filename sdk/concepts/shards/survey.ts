/** The one pass over all rows before training: what preprocessing needs, a hash of the data, and bounded samples of either side of the split. */
import { createHash } from 'node:crypto';
import { Random } from '../../base/index.ts';
import type { EmbeddingShards, Piece } from './shards.ts';
import type { RowFilter } from './split.ts';

export interface Survey {
  /** Rows to train on, of all. */
  readonly kept: number;
  /** Mean of each value over the rows to train on, [d]. */
  readonly mean: Float32Array;
  /** True: no value of theirs is below 0. */
  readonly nonNegative: boolean;
  /** SHA-256 of d and of all rows as float32, in order: the same for the same rows in other shards or another format. */
  readonly sha256: string;
  /** Rows to train on, drawn alike, [at most sampleRows, d]. */
  readonly sample: Float32Array;
  /** Rows held out, drawn alike, [at most heldOutRows, d]. */
  readonly heldOut: Float32Array;
}

export interface SurveyOptions {
  /** Whether a row is held out of training. */
  readonly isHeldOut: RowFilter;
  readonly sampleRows: number;
  readonly heldOutRows: number;
  readonly seed: number;
  /** Told after each piece of rows. */
  readonly onRows?: (done: number) => void;
}

/** Rows of a pass that are read together, so that large row groups are read once. */
const PASS_ROWS = 2 ** 20;

/** Passes over all rows once; the same data and options give the same bits. Errors as in EmbeddingShards.read. */
export async function surveyShards(shards: EmbeddingShards, options: SurveyOptions): Promise<Survey> {
  const { isHeldOut, seed, onRows } = options;
  const { rows, d } = shards;
  const sums = new Float64Array(d);
  const hash = createHash('sha256').update(`${d}\n`);
  const [sampleRows, heldOutRows] = [options.sampleRows, options.heldOutRows].map((most) => Math.min(most, rows));
  const sample = new Reservoir(sampleRows, d, Random.of(seed, 'sample of streamed rows'));
  const heldOut = new Reservoir(heldOutRows, d, Random.of(seed, 'sample of held-out rows'));
  let lowest = 0;
  for (const piece of shards.pieces(PASS_ROWS)) {
    for await (const { row, data } of blocksOf(shards, piece)) {
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      for (let at = 0, i = row; at < data.length; at += d, i++) {
        const one = data.subarray(at, at + d);
        if (isHeldOut(i)) {
          heldOut.offer(one);
          continue;
        }
        sample.offer(one);
        for (let j = 0; j < d; j++) {
          const value = one[j];
          sums[j] += value;
          if (value < lowest) lowest = value;
        }
      }
      onRows?.(row + data.length / d);
    }
  }
  const kept = sample.offered;
  return {
    ...{ kept, mean: Float32Array.from(sums, (sum) => sum / kept), nonNegative: lowest >= 0 },
    ...{ sha256: hash.digest('hex'), sample: sample.rows(), heldOut: heldOut.rows() },
  };
}

/** Blocks of a piece with the number of each one's first row. */
async function* blocksOf(shards: EmbeddingShards, piece: Piece) {
  let row = piece.firstRow;
  for await (const data of shards.read(piece)) {
    yield { row, data };
    row += data.length / shards.d;
  }
}

/** A uniform sample of rows that come one by one (Vitter 1985, algorithm R). */
class Reservoir {
  offered = 0;
  readonly #capacity: number;
  readonly #d: number;
  readonly #random: Random;
  #held: Float32Array;

  constructor(capacity: number, d: number, random: Random) {
    this.#capacity = capacity;
    this.#d = d;
    this.#random = random;
    this.#held = new Float32Array(capacity * d);
  }

  offer(row: Float32Array): void {
    const place = this.offered < this.#capacity ? this.offered : this.#random.below(this.offered + 1);
    if (place < this.#capacity) this.#held.set(row, place * this.#d);
    this.offered++;
  }

  /** [min(offered, capacity), d]. */
  rows(): Float32Array {
    return this.#held.slice(0, Math.min(this.offered, this.#capacity) * this.#d);
  }
}
