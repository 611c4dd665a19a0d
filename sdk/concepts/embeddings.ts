/** Embeddings on disk: .npy [rows, d] of float32, float16 or float64 (or that array in an .npz), and beside it `files.txt` with each row's image. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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

const MAX_BYTES = 8 * 2 ** 30;
const FILES = 'files.txt';

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
  const paths = { embeddings: join(folder, 'embeddings.npy'), files: join(folder, FILES) };
  await writeNpy(paths.embeddings, { shape: [files.length, d], data });
  await writeFileAtomic(paths.files, `${files.join('\n')}\n`);
  return paths;
}

/** Reads embeddings; `d` is the length that they must have, where it is known. */
export async function readEmbeddings(path: string, d?: number): Promise<EmbeddingTable> {
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
  if (bad >= 0) throw fail(`${data[bad]} is not a finite number`, `${path}, row ${Math.floor(bad / length)}`);
  const list = await readFile(join(dirname(path), FILES), 'utf8').catch(() => undefined);
  const files = list?.replace(/\n$/, '').split('\n');
  const belongs = files?.length === rows;
  return { data, d: length, rows, files: belongs ? files : undefined, name: basename(path), sha256: sha256(bytes) };
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
      table,
      rows.filter((row) => out.has(groupOf(row)) === wanted),
    );
  return { kept: take(false), heldOut: take(true) };
}

/** Some rows of a table, [rows, d]. */
export function rowsOf({ data, d }: EmbeddingTable, rows: readonly number[]): Float32Array {
  const result = new Float32Array(rows.length * d);
  rows.forEach((row, i) => {
    result.set(data.subarray(row * d, (row + 1) * d), i * d);
  });
  return result;
}
