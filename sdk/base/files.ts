/** Files that appear whole or not at all, hashes of files, and JSON with one spelling. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, NadirError } from './error.ts';

/** Writes beside, syncs, renames: a reader or a power cut sees the old file or the new one. Makes the folder. */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const beside = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(beside, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    const remedy = 'Check that the folder is writable and the disk not full, or choose another --out';
    throw new NadirError({ what: `cannot write (${messageOf(cause)})`, where: path, remedy, cause });
  }
}

/** Removes what processes that live no more have left half written in a folder. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const [, writer] = /\.(\d+)\.partial$/.exec(name) ?? [];
    if (writer !== undefined && !lives(Number(writer))) await rm(join(folder, name), { force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it may be another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** SHA-256 of bytes, as 64 hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file, read in pieces. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

/** JSON with sorted keys and two-space indent: equal values give equal bytes. Refuses numbers that JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`);
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
