/**
 * `files.txt`, the images of embeddings' rows, a name a line: in the folder of embeddings, or beside their file. Read line by line where an
 * archive's list may be larger than is worth holding.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROW_FILES = 'files.txt';

/** Folder that an image lies in, which names its class; '' where it lies in none. */
export function folderOf(file: string): string {
  return file.split('/').at(-2) ?? '';
}

/** The list that lies with embeddings; undefined where there is none. */
export async function rowFilesPath(data: string): Promise<string | undefined> {
  for (const folder of [data, dirname(data)]) {
    const path = join(folder, ROW_FILES);
    const isFile = await stat(path).then(
      (info) => info.isFile(),
      () => false,
    );
    if (isFile) return path;
  }
  return undefined;
}

/** The list that belongs to embeddings: with as many lines as there are rows; undefined where there is none. */
export async function findRowFiles(data: string, rows: number): Promise<string | undefined> {
  const path = await rowFilesPath(data);
  if (path === undefined) return undefined;
  let lines = 0;
  for await (const _ of linesOf(path)) lines++;
  return lines === rows ? path : undefined;
}

/** The images of some rows. */
export async function rowFiles(path: string, rows: readonly number[]): Promise<Map<number, string>> {
  const wanted = new Set(rows);
  const files = new Map<number, string>();
  let row = 0;
  for await (const line of linesOf(path)) {
    if (wanted.has(row)) files.set(row, line);
    if (files.size === wanted.size) break;
    row++;
  }
  return files;
}

/** A number for each row, [rows], equal for rows of one image; undefined where no list has that many lines. Names are not held. */
export async function imagesOfRows(data: string, rows: number): Promise<Uint32Array | undefined> {
  const path = await rowFilesPath(data);
  if (path === undefined) return undefined;
  const images = new Uint32Array(rows);
  let row = 0;
  for await (const name of linesOf(path)) {
    if (row < rows) images[row] = hash(name);
    row++;
  }
  return row === rows ? images : undefined;
}

/** FNV-1a over UTF-16. Two images with one hash only come to the same side. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return bits >>> 0;
}

function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
