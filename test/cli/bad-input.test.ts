/** What a user sees of a bad file: one line that names what is wrong, where, and what to do; exit code 1; nothing on standard output. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatNpy, formatNpz, modulePath, readZip, shippedPath } from '../../sdk/base/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-bad-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function refused(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [modulePath('sdk/cli/main'), ...args, '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stdout }, stderr).toEqual({ status: 1, stdout: '' });
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  expect(last).toMatch(/^nadir: \S.*: .+\. [A-Z].+/);
  return last;
}

const EMBEDDINGS = { shape: [8, 4], data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)) };

test('an .npy that is cut off', async () => {
  const bytes = formatNpy(EMBEDDINGS);
  await writeFile(join(folder, 'cut.npy'), bytes.subarray(0, bytes.length - 3));
  expect(refused('concepts', 'train', '--data', 'cut.npy')).toMatch(/cut off.*cut\.npy.*numpy\.save/);
});

test('an .npz that is cut off', async () => {
  const bytes = formatNpz({ embeddings: EMBEDDINGS });
  await writeFile(join(folder, 'cut.npz'), bytes.subarray(0, bytes.length - 30));
  expect(refused('concepts', 'train', '--data', 'cut.npz')).toMatch(/zip.*: cut\.npz/);
});

test('a spectra table with a bad cell: file, row, column and cell', async () => {
  const rows = (await readFile(shippedPath('models', 'soil-spectra', 'tropical_150bands.csv'), 'utf8')).split('\n');
  const cells = rows[7].split(',');
  cells[20] = '3O.2';
  rows[7] = cells.join(',');
  await writeFile(join(folder, 'bad.csv'), rows.join('\n'));
  const line = refused('spectra', 'train', '--data', 'bad.csv', '--targets', 'pH');
  expect(line).toContain('bad.csv');
  expect(line).toContain('3O.2');
  expect(line).toContain(rows[0].split(',')[20]);
  expect(line).toMatch(/(row|line) [78]\b/);
});

test('a JPEG cut in half', async () => {
  const zip = await readFile(shippedPath('models', 'eurosat', 'scenes.zip'));
  const [jpeg] = [...readZip(zip, 'scenes.zip').entries()].filter(([name]) => name.endsWith('.jpg'));
  const whole = jpeg[1]();
  await writeFile(join(folder, 'half.jpg'), whole.subarray(0, whole.length >> 1));
  expect(refused('concepts', 'embed', '--images', folder)).toMatch(/cut off.*half\.jpg/);
});

test('an ONNX encoder that is cut off', async () => {
  const whole = await readFile(shippedPath('models', 'encoder', 'efficientnet_lite0.onnx'));
  await writeFile(join(folder, 'half.onnx'), whole.subarray(0, whole.length >> 1));
  const scenes = shippedPath('models', 'eurosat', 'scenes.zip');
  expect(refused('concepts', 'embed', '--images', scenes, '--encoder', 'half.onnx')).toContain('half.onnx');
});

test('an --out that cannot be a folder', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(refused('spectra', 'features', '--data', 'tropical', '--groups', 'arr', '--out', 'file/x')).toMatch(
    /cannot write.*file\/x.*another --out/,
  );
});

test('wrong usage ends with 2', () => {
  for (const args of [
    ['spectra', 'train', '--data', 'limesoda', '--targets', 'gold'],
    ['spectra', 'train', '--data', 'limesoda', '--targets', 'pH', '--model', 'oracle'],
    ['spectra', 'features', '--data', 'limesoda', '--groups', 'd9'],
    ['concepts', 'train', '--data', 'x.npy', '--kind', 'vae'],
    ['keys', 'new', '--frobnicate'],
    ['nonsense'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [modulePath('sdk/cli/main'), ...args], { encoding: 'utf8' });
    expect(status, args.join(' ') + stderr).toBe(2);
  }
});
