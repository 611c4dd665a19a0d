/** The folder that a mission writes: a fresh one, or the one of an earlier mission, which is cleared; nobody else's. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NadirError, writeFileAtomic } from '../sdk/base/index.ts';

/** Tells that the folder is a mission's. Written first, so that a mission that broke off can be cleared too. */
const MARK = '.nadir-mission';
/** What a mission writes, and a next one clears. */
const PARTS = ['keys', 'soil', 'concepts', 'bundle', 'flight', 'report.html', 'mission.json'];

/** Makes the folder ready. Throws a NadirError for a folder that holds something else. */
export async function prepareMissionFolder(out: string): Promise<void> {
  let names: string[];
  try {
    await mkdir(out, { recursive: true });
    names = await readdir(out);
  } catch (cause) {
    throw new NadirError({
      what: `cannot use the folder (${messageOf(cause)})`,
      where: out,
      remedy: 'Give another --out DIR',
      exitCode: 2,
      cause,
    });
  }
  if (names.length > 0 && !names.includes(MARK)) {
    throw new NadirError({
      what: 'the folder holds something that is not a mission',
      where: out,
      remedy: 'Give a new or empty folder with --out DIR',
      exitCode: 2,
    });
  }
  await writeFileAtomic(
    join(out, MARK),
    'Written by nadir mission; the next mission in this folder replaces its files.\n',
  );
  for (const part of PARTS) await rm(join(out, part), { recursive: true, force: true });
}
