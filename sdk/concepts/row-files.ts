/** `files.txt` beside embeddings, a row's image a line, read line by line: an archive's list may be larger than is worth holding. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROW_FILES = 'files.txt';

/** The list that belongs to embeddings: in their folder, with as many lines as there are rows; undefined where there is none. */
export async function findRowFiles(data: string, rows: number): Promise<string | undefined> {
  for (const folder of [data, dirname(data)]) {
    const path = join(folder, ROW_FILES);
    const isFile = await stat(path).then(
      (info) => info.isFile(),
      () => false,
    );
    if (!isFile) continue;
    let lines = 0;
    for await (const _ of linesOf(path)) lines++;
    return lines === rows ? path : undefined;
  }
  return undefined;
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

function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
