/**
 * Several files of one folder that belong together: all are on the disk whole before the first takes its name, and the last, which readers start
 * from, is away while they do. After a power cut readers find the old files, the new ones, or none to start from, never a mixture.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NadirError, writeFileAtomic } from '../../base/index.ts';

/** Writes files by name into a folder, which it makes. Where one cannot be written, the old ones stay as they were. */
export async function writeFilesTogether(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const names = Object.keys(files);
  const beside = (name: string) => join(folder, `${name}.new`);
  try {
    for (const name of names) await writeFileAtomic(beside(name), files[name]);
    await rm(join(folder, names[names.length - 1]), { force: true });
    for (const name of names) await rename(beside(name), join(folder, name));
  } catch (cause) {
    for (const name of names) await rm(beside(name), { force: true }).catch(() => {});
    if (cause instanceof NadirError) throw cause;
    const remedy = 'Check that the folder is writable and the disk not full, or choose another --out';
    throw new NadirError({ what: `cannot write (${messageOf(cause)})`, where: folder, remedy, cause });
  }
}
