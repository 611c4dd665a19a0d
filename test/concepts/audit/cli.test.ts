import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { shippedPath, writeFileAtomic } from '../../../sdk/base/index.ts';
import { trainConcepts, writeEmbeddings } from '../../../sdk/concepts/index.ts';
import { TRAIN_DEFAULTS } from '../../../sdk/sae/index.ts';
import { D, KINDS, newFolder, someEmbeddings } from '../scenes.ts';

const folder = newFolder();
const model = join(folder, 'model');
const ROWS = 400;
let data: string;

function nadir(...args: string[]) {
  const main = shippedPath('sdk', 'cli', 'main.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, 'concepts', 'audit', ...args], {
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

beforeAll(async () => {
  const files = Array.from({ length: ROWS }, (_, row) => `${KINDS[row % KINDS.length]}/${row}.jpg`);
  const embedded = { data: someEmbeddings(ROWS, 1), d: D, files, imagesPerSecond: 0 };
  data = (await writeEmbeddings(join(folder, 'data'), embedded)).embeddings;
  const options = { ...TRAIN_DEFAULTS, levels: [2, 4], expansion: 1, batch: 64, epochs: 3, seed: 0, threads: 1 };
  await trainConcepts({ data, out: model }, options);
});

test('nadir concepts audit prints one JSON document and leaves a page', async () => {
  const attributes = join(folder, 'attributes.csv');
  const lines = Array.from(
    { length: ROWS },
    (_, row) => `${KINDS[row % KINDS.length]}/${row}.jpg,${row % 3 ? 'dry' : 'wet'}`,
  );
  await writeFileAtomic(attributes, `file,season\n${lines.join('\n')}\n`);
  const out = join(folder, 'out');
  const { stdout, stderr, status } = nadir(
    ...['--model', model, '--data', data, '--attributes', attributes, '--out', out, '--threads', '1', '--json'],
  );
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ findings: [], tested: expect.any(Number), level: 0.05, bases: ['labels', 'season=wet'], out, seed: 0 },
    ...{ probe: { accuracy: expect.any(Number) }, report: join(out, 'audit.html'), version: expect.any(String) },
  });
  expect(await readFile(join(out, 'audit.html'), 'utf8')).toContain('Concept audit');
});

test.each([
  ['half of a classifier', () => ['--classifier', 'x.npz'], 2, /--classifier and --classes go together/],
  ['a level beyond 1', () => ['--level', '1.5'], 2, /a level of 1\.5/],
  ['factors that are no numbers', () => ['--factors', '0,two'], 2, /factors 0,NaN/],
  ['attributes that there are not', () => ['--attributes', join(folder, 'none.csv')], 1, /cannot read file.*none\.csv/],
])('refuses %s in one line', (_, args, code, message) => {
  const { stdout, stderr, status } = nadir('--model', model, '--data', data, '--out', join(folder, 'bad'), ...args());
  expect(status).toBe(code);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});
