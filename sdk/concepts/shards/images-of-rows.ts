/** Which rows are of one image, by the list `files.txt` in a folder or beside a file of embeddings, a name a row; not held as text. */
import { createReadStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const FILES = 'files.txt';

/** A number for each row, [rows], equal for rows of one image; undefined where no list has that many lines. */
export async function imagesOfRows(path: string, rows: number): Promise<Uint32Array | undefined> {
  const list = [join(path, FILES), join(dirname(path), FILES)].find((candidate) => existsSync(candidate));
  if (list === undefined) return undefined;
  const images = new Uint32Array(rows);
  let row = 0;
  for await (const name of createInterface({ input: createReadStream(list), crlfDelay: Number.POSITIVE_INFINITY })) {
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
