import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpectraTable, resolveDataset, selectTargets } from '../../sdk/spectra/index.ts';
import { setAside } from '../../sim/set-aside.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-aside-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('samples set aside are in the shipped table, not in the training table, and nothing else is missing there', async () => {
  const targets = ['pH', 'clay', 'SOC'];
  const paths = { training: join(folder, 'training.csv'), heldOut: join(folder, 'held-out.csv') };
  const held = await setAside('limesoda', targets, 40, 3, paths);
  expect(held.rows).toBe(40);
  const whole = await readSpectraTable(resolveDataset('limesoda'));
  const training = await readSpectraTable(paths.training);
  expect((await readSpectraTable(paths.heldOut)).rows).toBe(40);
  expect(training.rows).toBe(whole.rows - 40);
  const spectrumOf = (data: Float32Array, row: number) => data.subarray(row * 150, (row + 1) * 150).join();
  const known = new Set(Array.from({ length: training.rows }, (_, row) => spectrumOf(training.reflectance, row)));
  const { truth, rows } = selectTargets(whole, targets);
  for (let i = 0; i < 40; i++) {
    const spectrum = spectrumOf(held.spectra, i);
    expect(known.has(spectrum)).toBe(false);
    const row = [...rows].findIndex((at) => spectrumOf(whole.reflectance, at) === spectrum);
    expect([...held.truth.subarray(i * 3, i * 3 + 3)]).toEqual([...truth.subarray(row * 3, row * 3 + 3)]);
  }
});
