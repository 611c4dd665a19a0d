/** A file, a folder or a list of embedding shards as one table of rows, numbered through the shards in the order of their names. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, NadirError } from '../../base/index.ts';
import { openNpyShard } from './npy-shard.ts';
import { type InflatedSlot, openNpzShard } from './npz-shard.ts';
import { OpenFiles } from './open-files.ts';
import { openParquetShard, ParquetEngine } from './parquet-shard.ts';
import { type ShardReader, shardError } from './shard-reader.ts';

/** Row numbers are 32-bit. */
const MAX_ROWS = 2 ** 32 - 1;
const SUFFIXES = ['.npy', '.npz', '.parquet'] as const;
const IMAGES = /\.(jpe?g|png|tiff?|zip)$/i;
const REMEDY = 'Give embeddings as .npy [rows, d], .npz or .parquet, or a folder of them';
const EMBED_FIRST = 'Embed the images first with nadir concepts embed --images, and give what it writes';
/** All bits of a float32's exponent: infinities and NaN have them all set. */
const EXPONENT = 0x7f800000;

/** One file of the table. */
interface Shard extends ShardReader {
  readonly path: string;
  /** Row number of its first row. */
  readonly firstRow: number;
}

/** Contiguous rows of one shard. */
export interface Piece {
  readonly shard: number;
  /** First row within the shard. */
  readonly first: number;
  readonly count: number;
  /** Number of its first row in the table. */
  readonly firstRow: number;
}

/** An open table. All reads are of float32, whatever the shards hold; memory is bounded, whatever their size. */
export class EmbeddingShards {
  /** Rows of all shards. */
  readonly rows: number;
  readonly d: number;
  readonly shards: readonly Shard[];
  readonly #close: () => Promise<void>;

  constructor(shards: readonly Shard[], close: () => Promise<void>) {
    this.shards = shards;
    this.d = shards[0].d;
    this.rows = shards.reduce((rows, shard) => rows + shard.rows, 0);
    this.#close = close;
  }

  /** Memory that reading takes, where it is more than a block's. */
  get readingBytes(): number {
    const kinds = new Set(this.shards.map(({ readingBytes = 0 }) => readingBytes));
    return [...kinds].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * The rows of a piece in order, as blocks [k, d] of any k; a block is overwritten by the next. Throws NadirError with row and column where a
   * value is not finite, and where a row has another length or the file ends too early. One reading at a time.
   */
  async *read({ shard, first, count }: Piece): AsyncGenerator<Float32Array, void, void> {
    const { path, rows, read } = this.shards[shard];
    if (!(first >= 0 && count >= 1 && first + count <= rows))
      throw new RangeError(`rows ${first} + ${count} of ${path}`);
    let row = first;
    for await (const block of read(first, count)) {
      const bad = firstNotFinite(block);
      if (bad >= 0) {
        const where = `${path}, row ${row + Math.floor(bad / this.d)}, column ${bad % this.d}`;
        throw shardError(`${block[bad]} is not a finite number`, where, 'Embed that image again, or leave the row out');
      }
      row += block.length / this.d;
      yield block;
    }
  }

  /** All rows in pieces of at most `maxRows` that are cheap to read: whole row groups where they fit, small ones together. */
  pieces(maxRows: number): Piece[] {
    const pieces: Piece[] = [];
    this.shards.forEach(({ rows, firstRow, groups = [rows] }, shard) => {
      let first = 0;
      let end = 0;
      const cut = () => {
        const parts = Math.ceil((end - first) / maxRows);
        for (let part = 0; part < parts; part++) {
          const from = first + Math.floor(((end - first) * part) / parts);
          const to = first + Math.floor(((end - first) * (part + 1)) / parts);
          pieces.push({ shard, first: from, count: to - from, firstRow: firstRow + from });
        }
        first = end;
      };
      for (const group of groups) {
        if (end > first && end + group - first > maxRows) cut();
        end += group;
      }
      cut();
    });
    return pieces;
  }

  /** Closes the files. */
  close(): Promise<void> {
    return this.#close();
  }
}

/**
 * Opens a shard, a folder of shards (its other files are left alone), or a list of either. Every header is checked here, values when they are
 * read. `d` is the length that rows must have, where it is known. Close it after use.
 */
export async function openShards(
  paths: string | readonly string[],
  { d }: { readonly d?: number | undefined } = {},
): Promise<EmbeddingShards> {
  const files = new OpenFiles();
  const engine = new ParquetEngine();
  const slot: InflatedSlot = {};
  const close = async () => {
    await files.close();
    await engine.close();
  };
  try {
    const shards: Shard[] = [];
    let firstRow = 0;
    for (const path of await shardPaths(typeof paths === 'string' ? [paths] : paths)) {
      const reader = path.endsWith('.npy')
        ? await openNpyShard(path, files)
        : path.endsWith('.npz')
          ? await openNpzShard(path, files, slot)
          : await openParquetShard(path, engine);
      if (d !== undefined && reader.d !== d) {
        const remedy = 'Take embeddings of the encoder that the model was trained on';
        throw shardError(`embeddings of length ${reader.d} for a model of ${d}`, path, remedy);
      }
      const [before] = shards;
      if (before && reader.d !== before.d) {
        const what = `embeddings of length ${reader.d} where ${basename(before.path)} has ${before.d}`;
        throw shardError(what, path, 'Take embeddings of one encoder');
      }
      shards.push({ ...reader, path, firstRow });
      firstRow += reader.rows;
      if (firstRow > MAX_ROWS) throw shardError(`more than ${MAX_ROWS} rows`, path, 'Give fewer shards');
    }
    return new EmbeddingShards(shards, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The shards of files and folders, a folder's in the order of their names' characters. */
async function shardPaths(paths: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) all.push(...(await shardsAt(path)));
  const twice = all.find((path, i) => all.indexOf(path) < i);
  if (twice !== undefined) throw shardError('shard is given twice', twice, 'Give it once');
  if (all.length === 0) throw shardError('no shards', 'data', REMEDY);
  return all;
}

async function shardsAt(path: string): Promise<string[]> {
  const isShard = (name: string) => SUFFIXES.some((suffix) => name.endsWith(suffix)) && !/^[._]/.test(name);
  try {
    if ((await stat(path)).isFile()) {
      if (SUFFIXES.some((suffix) => path.endsWith(suffix))) return [path];
      throw shardError('neither .npy, .npz nor .parquet', path, IMAGES.test(path) ? EMBED_FIRST : REMEDY);
    }
    const names = await readdir(path);
    const shards = names.filter(isShard).sort((a, b) => (a < b ? -1 : 1));
    if (shards.length > 0) return shards.map((name) => join(path, name));
    if (names.some((name) => IMAGES.test(name))) throw shardError('images, not embeddings', path, EMBED_FIRST);
    throw shardError('no shards in the folder', path, REMEDY);
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    throw shardError(`cannot read shards (${messageOf(cause)})`, path, REMEDY, cause);
  }
}

/** Index of the first value that is NaN or infinite, or −1. */
function firstNotFinite(values: Float32Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) if ((words[i] & EXPONENT) === EXPONENT) return i;
  return -1;
}
