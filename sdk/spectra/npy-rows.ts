/** A float64 .npy file of [rows, width] whose rows several threads write, each at its place. It appears whole or not at all. */
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, NadirError } from '../base/index.ts';

/** Length of every header: its numbers never fill the room that .npy's alignment leaves. */
const HEADER_BYTES = 128;

/**
 * Writes `path`. `fill` writes the rows into the file whose path it is given, by `writeRows`; rows that are not in the list that it gives back,
 * increasing, are taken out.
 */
export async function writeNpyFile(
  path: string,
  rows: number,
  width: number,
  fill: (partial: string) => Promise<readonly number[]>,
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  let filling = false;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, 'w+');
    try {
      filling = true;
      const kept = await fill(partial);
      filling = false;
      if (kept.length < rows) await closeGaps(file, kept, width);
      await file.write(npyHeader(kept.length, width), 0, HEADER_BYTES, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {});
    throw filling ? cause : cannotWrite(path, cause);
  }
}

/** Writes consecutive rows from `row` on into the file that `fill` was given. */
export async function writeRows(partial: string, row: number, width: number, values: Float64Array): Promise<void> {
  try {
    const file = await open(partial, 'r+');
    try {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (let done = 0; done < bytes.length; ) {
        const position = HEADER_BYTES + row * width * 8 + done;
        done += (await file.write(bytes, done, bytes.length - done, position)).bytesWritten;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cannotWrite(partial, cause);
  }
}

/** Moves the kept rows together, each to a place that was read before. */
async function closeGaps(file: FileHandle, kept: readonly number[], width: number): Promise<void> {
  const bytes = Buffer.alloc(width * 8);
  for (const [place, row] of kept.entries()) {
    if (place === row) continue;
    await file.read(bytes, 0, bytes.length, HEADER_BYTES + row * bytes.length);
    await file.write(bytes, 0, bytes.length, HEADER_BYTES + place * bytes.length);
  }
  await file.truncate(HEADER_BYTES + kept.length * bytes.length);
}

function cannotWrite(path: string, cause: unknown): NadirError {
  return new NadirError({
    what: `cannot write (${messageOf(cause)})`,
    where: path,
    remedy: 'Check that the folder is writable and the disk not full, or choose another --out',
    cause,
  });
}

/** Header of NumPy's .npy format, version 1, for float64 in C order. */
function npyHeader(rows: number, width: number): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  prefix.writeUInt16LE(HEADER_BYTES - prefix.length, 8);
  return Buffer.concat([prefix, Buffer.from(`${text.padEnd(HEADER_BYTES - prefix.length - 1)}\n`, 'latin1')]);
}
