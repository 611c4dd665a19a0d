/**
 * Rows of a Parquet file, by DuckDB: a column of lists (or fixed-size lists) of floating-point numbers, or else every floating-point column
 * taken as one value. A range of rows reads only the row groups that it lies in; a page is decompressed whole, within a memory limit.
 */
import { resolve } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBListVector, DuckDBVector } from '@duckdb/node-api';
import { messageOf, NadirError } from '../../base/index.ts';
import { type ShardReader, shardError } from './shard-reader.ts';

/** Most that DuckDB may hold: two of its own largest pages (row groups of 122,880 rows × 512 values of two bytes). */
const PARQUET_BYTES = 320 * 2 ** 20;
const PREFERRED = ['embedding', 'embeddings', 'vector', 'vectors'];
const REMEDY = 'Write the shard again, as Parquet with a column of lists of floats; it may be truncated or damaged';

/** One DuckDB for all shards, begun when the first is opened. */
export class ParquetEngine {
  #instance: DuckDBInstance | undefined;
  #connection: DuckDBConnection | undefined;

  async connection(): Promise<DuckDBConnection> {
    if (!this.#connection) {
      // only where there is Parquet: loading it takes time and memory
      const { DuckDBInstance } = await import('@duckdb/node-api');
      this.#instance = await DuckDBInstance.create(':memory:', {
        ...{ threads: '1', memory_limit: `${PARQUET_BYTES >> 20}MiB`, max_temp_directory_size: '0KB' },
        ...{ autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' },
        ...{ preserve_insertion_order: 'true', enable_external_file_cache: 'false' },
      });
      this.#connection = await this.#instance.connect();
      await this.#connection.run('SET parquet_metadata_cache = true');
    }
    return this.#connection;
  }

  async close(): Promise<void> {
    this.#connection?.closeSync();
    this.#instance?.closeSync();
    this.#connection = undefined;
    this.#instance = undefined;
  }
}

/** Opens a Parquet shard: its footer is checked here, its pages when they are read. */
export async function openParquetShard(path: string, engine: ParquetEngine): Promise<ShardReader> {
  const source = `read_parquet(${quoted(literalPath(path))}, file_row_number = true)`;
  return damagedAs(path, async () => {
    const connection = await engine.connection();
    const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJS();
    const columns = (await rowsOf(`DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${source}`)).map(
      ([name, type]) => ({ name: String(name), type: String(type) }),
    );
    const value = embeddingOf(columns, path);
    const groups = await rowsOf(
      `SELECT any_value(row_group_num_rows)::DOUBLE FROM parquet_metadata(${quoted(literalPath(path))}) GROUP BY row_group_id ORDER BY row_group_id`,
    );
    const lengths = groups.map(([rows]) => Number(rows));
    const rows = lengths.reduce((sum, length) => sum + length, 0);
    if (rows < 1) throw shardError('no rows', path, 'Leave empty shards out');
    if (lengths.some((length) => !(length >= 0)) || !Number.isSafeInteger(rows))
      throw shardError(`row groups of ${lengths.join(', ')} rows`, path, REMEDY);
    const [[first]] = await rowsOf(`SELECT len(${value})::DOUBLE FROM ${source} WHERE file_row_number = 0`);
    const d = Number(first ?? 0);
    if (d < 1) throw shardError('no embedding', `${path}, row 0`, 'Leave rows without an embedding out');
    const read = (first: number, count: number) => readRows({ path, source, value, d, engine }, first, count);
    const filled = lengths.filter((length) => length > 0);
    return { rows, d, groups: filled, readingBytes: PARQUET_BYTES, read };
  });
}

interface ParquetRows {
  readonly path: string;
  readonly source: string;
  /** SQL of a row's list. */
  readonly value: string;
  readonly d: number;
  readonly engine: ParquetEngine;
}

async function* readRows({ path, source, value, d, engine }: ParquetRows, first: number, count: number) {
  const sql = `SELECT coalesce(${value}, []), file_row_number FROM ${source} WHERE file_row_number BETWEEN ${first} AND ${first + count - 1}`;
  const result = await damagedAs(path, async () => (await engine.connection()).stream(sql));
  let row = first;
  let block = new Float32Array();
  while (row < first + count) {
    const chunk = await damagedAs(path, () => result.fetchChunk());
    if (!chunk || chunk.rowCount === 0) {
      throw shardError(`${row - first} of ${count} rows from ${first} on`, path, REMEDY);
    }
    if (Number(chunk.getColumnVector(1).getItem(0)) !== row) throw shardError(`row ${row} is not there`, path, REMEDY);
    if (block.length < chunk.rowCount * d) block = new Float32Array(chunk.rowCount * d);
    copyLists(chunk.getColumnVector(0) as DuckDBListVector, chunk.rowCount, d, block, (i, what) =>
      shardError(what, `${path}, row ${row + i}`, 'Embed that image again, or leave the row out'),
    );
    row += chunk.rowCount;
    yield block.subarray(0, chunk.rowCount * d);
  }
}

/** Lists of a chunk as rows [rows, d]; a value that is null becomes NaN. */
function copyLists(
  lists: DuckDBListVector,
  rows: number,
  d: number,
  into: Float32Array,
  fail: (row: number, what: string) => NadirError,
): void {
  const values: DuckDBVector = lists.childVector;
  for (let row = 0; row < rows; row++) {
    const length = lists.getEntryLength(row);
    if (length !== d) {
      throw fail(row, length === 0 ? 'no embedding' : `embedding of length ${length} where others have ${d}`);
    }
    const from = lists.getEntryOffset(row);
    for (let i = 0, to = row * d; i < d; i++, to++) {
      const value = values.getItem(from + i);
      into[to] = typeof value === 'number' ? value : Number.NaN;
    }
  }
}

/** SQL that makes a row's list of floats of the file's columns. */
function embeddingOf(columns: readonly { readonly name: string; readonly type: string }[], path: string): string {
  const lists = columns.filter(({ type }) => /^(FLOAT|DOUBLE)\[\d*\]$/.test(type));
  const preferred = PREFERRED.flatMap((name) => lists.find((column) => column.name === name) ?? []);
  if (lists.length > 1 && preferred.length === 0) {
    throw shardError(`${lists.length} columns of lists`, path, 'Name the one of embeddings "embedding"');
  }
  const [list] = preferred.length > 0 ? preferred : lists;
  if (list) return `${name(list.name)}::FLOAT[]`;
  const numbers = columns.filter(({ type }) => type === 'FLOAT' || type === 'DOUBLE');
  if (numbers.length > 0) return `[${numbers.map((column) => `${name(column.name)}::FLOAT`).join(', ')}]`;
  const found = columns.map((column) => `${column.name} ${column.type}`).join(', ');
  throw shardError(`no column of floats among ${found.slice(0, 120)}`, path, 'Give a column of lists of floats');
}

/** Runs work of DuckDB; its errors become ours. */
async function damagedAs<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    const [line] = messageOf(cause).replaceAll(resolve(path), path).split('\n');
    const reason = line.replace(/[^\x20-\x7e]+/g, '?');
    if (/Out of Memory/i.test(reason)) {
      const what = `row group that does not decompress in ${PARQUET_BYTES >> 20} MiB`;
      throw shardError(what, path, 'Write the shard with row groups of fewer rows, 8192 say', cause);
    }
    throw shardError(`cannot be read as Parquet (${reason.slice(0, 160)})`, path, REMEDY, cause);
  }
}

/** A path as a pattern that matches nothing else. */
function literalPath(path: string): string {
  return resolve(path).replace(/[*?[]/g, '[$&]');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function name(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}
