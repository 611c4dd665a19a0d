/**
 * Embeddings on disk: .npy [rows, d] of float32, float16 or float64 (or that array in an .npz), Parquet, or a folder of such shards; and
 * beside it (in the folder) `files.txt` with each row's image.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  NadirError,
  parseNpy,
  parseNpz,
  Random,
  readBounded,
  sha256,
  toFloat32,
  writeFileAtomic,
  writeNpy,
} from '../base/index.ts';
import type { Embeddings } from './embed.ts';
import { ROW_FILES, rowFilesPath } from './row-files.ts';
import { type EmbeddingShards, openShards } from './shards/index.ts';

/** Largest file, and largest table of shards, that is read whole. */
const MAX_BYTES = 2 ** 31 - 1;

export interface EmbeddingTable {
  /** [rows, d]. */
  readonly data: Float32Array;
  readonly d: number;
  readonly rows: number;
  /** Image of each row, where `files.txt` says so. */
  readonly files: readonly string[] | undefined;
  readonly name: string;
  readonly sha256: string;
}

/** Writes `embeddings.npy` and `files.txt` to a folder; gives their paths. */
export async function writeEmbeddings(
  folder: string,
  { data, d, files }: Embeddings,
): Promise<{ embeddings: string; files: string }> {
  const paths = { embeddings: join(folder, 'embeddings.npy'), files: join(folder, ROW_FILES) };
  await writeNpy(paths.embeddings, { shape: [files.length, d], data });
  await writeFileAtomic(paths.files, `${files.join('\n')}\n`);
  return paths;
}

/** Reads embeddings; `d` is the length that they must have, where it is known. */
export async function readEmbeddings(path: string, d?: number): Promise<EmbeddingTable> {
  if (/\.np[yz]$/.test(path)) return readArray(path, d);
  const shards = await openShards(path, { d });
  try {
    return await readShards(shards, path);
  } finally {
    await shards.close();
  }
}

/** Reads shards whole, as the table `path`. Its `sha256` is of d and the rows as float32, as a survey's. */
export async function readShards(shards: EmbeddingShards, path: string): Promise<EmbeddingTable> {
  const { rows, d } = shards;
  if (4 * rows * d > MAX_BYTES) {
    const remedy = 'Give fewer rows, or train on them, which streams them';
    throw new NadirError({ what: `${rows} embeddings of length ${d} are too many to hold`, where: path, remedy });
  }
  const data = new Float32Array(rows * d);
  let at = 0;
  for (const piece of shards.pieces(rows)) {
    for await (const block of shards.read(piece)) {
      data.set(block, at);
      at += block.length;
    }
  }
  const bytes = Buffer.concat([Buffer.from(`${d}\n`), new Uint8Array(data.buffer)]);
  return { data, d, rows, files: await filesOf(path, rows), name: basename(path), sha256: sha256(bytes) };
}

async function readArray(path: string, d?: number): Promise<EmbeddingTable> {
  const bytes = await readBounded(path, MAX_BYTES);
  const remedy = 'Give an .npy of shape [rows, d], such as nadir concepts embed writes, or an .npz with "embeddings"';
  const fail = (what: string, where = path) => new NadirError({ what, where, remedy });
  const array = path.endsWith('.npz') ? parseNpz(bytes, path).get('embeddings') : parseNpy(bytes, path);
  if (array === undefined) throw fail('no array "embeddings"');
  const [rows, length] = array.shape;
  if (array.shape.length !== 2 || rows < 1 || length < 1) throw fail(`embeddings of shape (${array.shape})`);
  if (d !== undefined && length !== d) {
    const model = 'Take embeddings of the encoder that the model was trained on';
    throw new NadirError({ what: `embeddings of length ${length} for a model of ${d}`, where: path, remedy: model });
  }
  const data = toFloat32(array);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw fail(
      `${data[bad]} is not a finite number`,
      `${path}, row ${Math.floor(bad / length)}, column ${bad % length}`,
    );
  return { data, d: length, rows, files: await filesOf(path, rows), name: basename(path), sha256: sha256(bytes) };
}

/** Image of each row by the list beside a file or in a folder, where there is one that fits. */
async function filesOf(path: string, rows: number): Promise<readonly string[] | undefined> {
  const list = await rowFilesPath(path);
  const text = list && (await readFile(list, 'utf8').catch(() => undefined));
  const files = text?.replace(/\n$/, '').split('\n');
  return files?.length === rows ? files : undefined;
}

/** Splits rows by a seeded draw, all rows of an image on one side, into those to work with and about `share` held out. */
export function holdOut(
  table: EmbeddingTable,
  share: number,
  seed: number,
): { kept: Float32Array; heldOut: Float32Array } {
  const groupOf = (row: number) => table.files?.[row] ?? String(row);
  const groups = [...new Set(Array.from({ length: table.rows }, (_, row) => groupOf(row)))];
  const count = Math.min(groups.length - 1, Math.max(1, Math.round(groups.length * share)));
  if (count < 1) {
    const remedy = 'Give more embeddings';
    throw new NadirError({ what: 'one image cannot be split', where: table.name, remedy });
  }
  const out = new Set(Random.of(seed, 'held-out rows').shuffle(groups).slice(0, count));
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const take = (wanted: boolean) =>
    rowsOf(
      table.data,
      table.d,
      rows.filter((row) => out.has(groupOf(row)) === wanted),
    );
  return { kept: take(false), heldOut: take(true) };
}

/** Some rows of data [n, d], [rows, d]. */
export function rowsOf(data: Float32Array, d: number, rows: ArrayLike<number>): Float32Array {
  const result = new Float32Array(rows.length * d);
  for (let i = 0; i < rows.length; i++) result.set(data.subarray(rows[i] * d, (rows[i] + 1) * d), i * d);
  return result;
}
