import { cp, mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeRows, readAnySae, withUnitAtoms } from '../../../sdk/sae/formats/index.ts';
import { readSae, reconstruct } from '../../../sdk/sae/index.ts';
import { denseCodes, expectSameAs, farthest, fixture, fixturePath } from './cases.ts';

const lens = fixture('lens.json');
const peers = fixture('peers.json');
const newFolder = () => mkdtemp(join(tmpdir(), 'nadir-formats-'));

describe('what sae-lens saved', () => {
  const rows = Float32Array.from(lens.rows);
  const saved = Object.entries(lens.cases).filter(([name]) => name.startsWith('lens-'));

  test.each(saved)('%s gives its activations and reconstructions', async (name, judged) => {
    const sae = await readAnySae(fixturePath(name));
    expect(sae.format).toBe('sae-lens');
    expectSameAs(judged, sae.weights, rows);
  });

  test('is read by either of its two files as by its folder', async () => {
    const whole = await readAnySae(fixturePath('lens-jumprelu'));
    for (const file of ['cfg.json', 'sae_weights.safetensors'])
      expect(await readAnySae(join(fixturePath('lens-jumprelu'), file))).toEqual(whole);
  });

  test('refuses embeddings of another length', async () => {
    const { weights: sae } = await readAnySae(fixturePath('lens-standard'));
    expect(() => encodeRows(sae, new Float32Array(13))).toThrow(/13 values make no rows of 6/);
    expect(encodeRows(sae, rows, 2).every(({ latents }) => latents.length <= 2)).toBe(true);
  });

  test('keeps thresholds, and k as the only level', async () => {
    const jump = await readAnySae(fixturePath('lens-jumprelu'));
    expect(jump.weights.threshold).toHaveLength(lens.n);
    expect(jump.weights).toMatchObject({ activation: 'jumprelu', levels: [], scale: 1 });
    const topk = await readAnySae(fixturePath('lens-topk'));
    expect(topk.weights.threshold).toBeUndefined();
    expect(topk.weights).toMatchObject({ activation: 'topk', levels: [3] });
  });
});

describe('what other programs saved', () => {
  const rows = Float32Array.from(peers.rows);

  test.each(Object.entries(peers.cases))('%s gives their activations and reconstructions', async (name, judged) => {
    expectSameAs(judged, (await readAnySae(fixturePath(name))).weights, rows);
  });

  test('is told apart by its content', async () => {
    const formats = ['sparsify-topk', 'latentsae-topk', 'params-relu.npz', 'msae.safetensors'].map(
      async (name) => (await readAnySae(fixturePath(name))).format,
    );
    expect(await Promise.all(formats)).toEqual(['sparsify', 'sparsify', 'params-npz', 'msae']);
    const folder = await newFolder();
    await cp(fixturePath('params-relu.npz'), join(folder, 'anything.npz'));
    expect((await readAnySae(folder)).format).toBe('params-npz');
  });

  test("an MSAE's levels come from the name of its checkpoint, and without it the ReLU code stays", async () => {
    const name = '12_6_TopKReLU_2_UW_False_False_0.0_rows.pth.npz';
    const named = await readAnySae(fixturePath(name));
    expect(named.weights).toMatchObject({ activation: 'msae', levels: [2, 4, 8, 12] });
    const folder = await newFolder();
    await cp(fixturePath(name), join(folder, 'renamed.npz'));
    const renamed = await readAnySae(join(folder, 'renamed.npz'));
    expect(renamed.weights).toEqual({ ...named.weights, activation: 'relu', levels: [] });
  });
});

describe('ours', () => {
  test('is read by folder, by file and under any name', async () => {
    const path = fixturePath('own-relu.safetensors');
    const sae = await readSae(path);
    expect(await readAnySae(path)).toEqual({ format: 'nadir', weights: sae });
    const folder = await newFolder();
    await cp(path, join(folder, 'sae.safetensors'));
    expect((await readAnySae(folder)).weights).toEqual(sae);
    await rename(join(folder, 'sae.safetensors'), join(folder, 'model'));
    expect((await readAnySae(join(folder, 'model'))).weights).toEqual(sae);
  });
});

describe('atoms of norm 1', () => {
  const rows = Float32Array.from(lens.rows);

  test.each(['lens-standard', 'lens-jumprelu'])('keep reconstructions and activity of %s', async (name) => {
    const unit = withUnitAtoms((await readAnySae(fixturePath(name))).weights, name);
    const { d, n, wDec } = unit;
    for (let latent = 0; latent < n; latent++)
      expect(Math.hypot(...wDec.subarray(latent * d, (latent + 1) * d))).toBeCloseTo(1, 6);
    const reconstructed = reconstruct(unit, encodeRows(unit, rows));
    expect(farthest(reconstructed, lens.cases[name].reconstructions)).toBeLessThanOrEqual(1e-5);
    const active = (values: ArrayLike<number>) => Array.from(values, (value) => value > 0);
    expect(active(denseCodes(unit, rows))).toEqual(active(lens.cases[name].codes));
  });

  test('are refused where they would change which latents are the k strongest', async () => {
    const { weights: sae } = await readAnySae(fixturePath('lens-topk'));
    expect(() => withUnitAtoms(sae, 'lens-topk')).toThrow(/3 strongest latents .* unequal norm.*lens-topk/);
    const { weights: rescaled } = await readAnySae(fixturePath('lens-topk-rescaled'));
    expect(withUnitAtoms(rescaled, 'x').levels).toEqual([3]);
  });
});
