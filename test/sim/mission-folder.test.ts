import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareMissionFolder } from '../../sim/mission-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-folder-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a second mission in the same folder clears what the first wrote and nothing else', async () => {
  const out = join(folder, 'mission');
  await prepareMissionFolder(out);
  await mkdir(join(out, 'flight', 'store'), { recursive: true });
  await writeFile(join(out, 'report.html'), 'old');
  await writeFile(join(out, 'my-notes.txt'), 'keep');
  await prepareMissionFolder(out);
  expect((await readdir(out)).sort()).toEqual(['.nadir-mission', 'my-notes.txt']);
});

test('a folder that holds something else is left alone', async () => {
  const out = join(folder, 'precious');
  await mkdir(join(out, 'keys'), { recursive: true });
  await expect(prepareMissionFolder(out)).rejects.toThrow(/not a mission.*precious.*--out/);
  expect(await readdir(out)).toEqual(['keys']);
});

test('a file in the way is said', async () => {
  const out = join(folder, 'file');
  await writeFile(out, '');
  await expect(prepareMissionFolder(out)).rejects.toThrow(/cannot use the folder.*file/);
});
