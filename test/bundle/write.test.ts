import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LIMITS, verifyBundle, writeBundle } from '../../sdk/bundle/index.ts';
import { BODY, FILES, keyPair, scratch } from './sample.ts';

const folder = scratch();
const key = keyPair();

async function contents(dir: string): Promise<Record<string, string>> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [file.slice(dir.length), (await readFile(file)).toString('hex')]),
    ),
  );
}

test('the same input gives the same bytes, in whatever order the files come', async () => {
  const [a, b] = [join(await folder(), 'a'), join(await folder(), 'b')];
  const first = await writeBundle(a, BODY, FILES, [key]);
  const second = await writeBundle(b, BODY, new Map([...FILES].reverse()), [key]);
  expect(second).toEqual(first);
  expect(await contents(b)).toEqual(await contents(a));
});

test('what was written verifies, and its size is that of all its files', async () => {
  const dir = join(await folder(), 'bundle');
  const written = await writeBundle(dir, BODY, FILES, [key]);
  const bundle = await verifyBundle(dir, [key]);
  expect(bundle.id).toBe(written.id);
  for (const [path, content] of FILES) expect(Buffer.compare(await bundle.read(path), content)).toBe(0);
  const hex = Object.values(await contents(dir)).join('');
  expect(written.bytes).toBe(hex.length / 2);
});

test('an older bundle and an empty folder are replaced, anything else is left alone', async () => {
  const dir = join(await folder(), 'bundle');
  await mkdir(dir);
  await writeBundle(dir, BODY, FILES, [key]);
  const fewer = new Map([...FILES].slice(0, 1));
  await writeBundle(dir, { ...BODY, sequence: 4 }, fewer, [key]);
  expect((await verifyBundle(dir, [key])).manifest.sequence).toBe(4);
  expect(Object.keys(await contents(dir))).toHaveLength(3);
  expect(await readdir(join(dir, '..'))).toEqual(['bundle']);

  const taken = await folder();
  await writeFile(join(taken, 'thesis.txt'), 'years of work');
  await expect(writeBundle(taken, BODY, FILES, [key])).rejects.toThrow('something else where the bundle should go');
  expect(await readdir(taken)).toEqual(['thesis.txt']);
});

test.each([
  ['a path that leaves the folder', '../soil.onnx'],
  ['an absolute path', '/etc/passwd'],
  ['a hidden file', 'soil/.profile'],
  ['the manifest itself', 'manifest.json'],
  ['a signature', 'signatures/0011223344556677.sig'],
  ['a file below a file', 'soil/model.json/x'],
])('a bundle with %s is never written', async (_, path) => {
  const parent = await folder();
  const files = new Map([...FILES, [path, new Uint8Array(1)]]);
  await expect(writeBundle(join(parent, 'b'), BODY, files, [key])).rejects.toThrow(RangeError);
  expect(await readdir(parent)).toEqual([]);
});

test('a bundle signed by nobody or by too many is never written', async () => {
  const parent = await folder();
  const many = Array.from({ length: LIMITS.signers + 1 }, keyPair);
  for (const keys of [[], many, [key, key]])
    await expect(writeBundle(join(parent, 'b'), BODY, FILES, keys)).rejects.toThrow(RangeError);
  expect(await readdir(parent)).toEqual([]);
});
