/** What every kind of shard gives, and the one error of what is wrong in one. */
import { NadirError } from '../../base/index.ts';

/** One file of embeddings, [rows, d], of which any rows can be read without the others. */
export interface ShardReader {
  readonly rows: number;
  readonly d: number;
  /** Lengths of the runs of rows that are cheapest read whole, in order; none where any place is as good as another. */
  readonly groups?: readonly number[];
  /** Memory that reading takes, where it is more than a block's; all shards of a kind share it. */
  readonly readingBytes?: number;
  /**
   * Rows `first` … `first + count − 1` in order, as blocks [k, d] of any k ≥ 1; a block is overwritten by the next. One reading at a time.
   * Values may be NaN or infinite.
   */
  read(first: number, count: number): AsyncGenerator<Float32Array, void, void>;
}

/** A shard that cannot be read. */
export function shardError(what: string, where: string, remedy: string, cause?: unknown): NadirError {
  return new NadirError({ what, where, remedy, cause });
}
