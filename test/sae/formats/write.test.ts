import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { encodeRows, readAnySae, writeParamsNpz, writeSaeLens } from '../../../sdk/sae/formats/index.ts';
import { readSae, reconstruct, type SaeWeights } from '../../../sdk/sae/index.ts';
import { randomSae } from '../random-sae.ts';
import { denseCodes, expectSameAs, farthest, fixture, fixturePath } from './cases.ts';

const lens = fixture('lens.json');
const rows = Float32Array.from(lens.rows);
const newPath = () => join(mkdtempSync(join(tmpdir(), 'nadir-formats-')), 'model');
const files = ['cfg.json', 'sae_weights.safetensors'];

/** The weights with only the k strongest latents kept. */
const keeping = (weights: SaeWeights, k: number) => ({ ...weights, activation: 'topk' as const, levels: [k] });

describe('a folder written for sae-lens', () => {
  const cases = [
    { name: 'own-relu', options: {}, as: (sae: SaeWeights) => sae },
    { name: 'own-fixed-k', options: { k: 4 }, as: (sae: SaeWeights) => keeping(sae, 4) },
    { name: 'own-topk', options: {}, as: (sae: SaeWeights) => sae },
    { name: 'own-jumprelu', options: {}, as: (sae: SaeWeights) => sae },
  ];

  test.each(cases)('$name: sae-lens loaded these very bytes and gives the activations that we give', async (one) => {
    const sae = await readSae(fixturePath(`${one.name}.safetensors`));
    const folder = newPath();
    await writeSaeLens(folder, sae, one.options);
    for (const file of files)
      expect(await readFile(join(folder, file))).toEqual(await readFile(fixturePath(`${one.name}/${file}`)));
    expectSameAs(lens.cases[one.name], one.as(sae), rows);
  });

  test('holds reconstructions before the projection onto values above 0', async () => {
    const sae = await readSae(fixturePath('own-non-negative.safetensors'));
    const judged = lens.cases['own-non-negative'];
    const projected = judged.reconstructions.map((value) => Math.max(0, value));
    expect(projected).not.toEqual(judged.reconstructions);
    expectSameAs({ ...judged, reconstructions: projected }, sae, rows);
  });

  test('comes back with scale, mean, levels and the rest, each weight within a rounding', async () => {
    const sae = randomSae(5, 9, 3, true);
    const folder = newPath();
    await writeSaeLens(folder, sae);
    const { format, weights } = await readAnySae(folder);
    expect(format).toBe('sae-lens');
    expect(weights).toMatchObject({ d: 5, n: 9, activation: 'msae', levels: [2, 4], scale: 2.5, nonNegative: true });
    expect(weights.mean).toEqual(sae.mean);
    for (const name of ['wEnc', 'wDec', 'bLat', 'bPre'] as const)
      expect(farthest(weights[name], sae[name])).toBeLessThanOrEqual(2e-7);
  });

  test('keeps the nested dictionaries and thresholds of a prefix model', async () => {
    const threshold = Float32Array.from({ length: 9 }, (_, latent) => latent / 8);
    const prefix = { ...randomSae(5, 9, 3), activation: 'prefix' as const, levels: [2], prefixes: [3, 9], threshold };
    const folder = newPath();
    await writeSaeLens(folder, prefix);
    const { weights } = await readAnySae(folder);
    expect(weights).toMatchObject({ activation: 'prefix', levels: [2], prefixes: [3, 9], threshold });
    const cfg = JSON.parse(await readFile(join(folder, 'cfg.json'), 'utf8'));
    expect(cfg.architecture).toBe('jumprelu');
  });

  test.each(['lens-standard', 'lens-topk', 'lens-jumprelu', 'lens-bfloat16'])(
    'from %s holds the very numbers that it held',
    async (name) => {
      const sae = await readAnySae(fixturePath(name));
      const folder = newPath();
      await writeSaeLens(folder, sae.weights);
      expect(await readAnySae(folder)).toEqual(sae);
    },
  );

  test('is the same for the same model, and replaces the one before', async () => {
    const [folder, other] = [newPath(), newPath()];
    await writeSaeLens(folder, randomSae(4, 6, 1), { k: 2 });
    await writeSaeLens(folder, randomSae(4, 6, 2));
    await writeSaeLens(other, randomSae(4, 6, 2));
    expect(await readdir(folder)).toEqual(files);
    for (const file of files) expect(await readFile(join(folder, file))).toEqual(await readFile(join(other, file)));
  });

  test('that cannot be written leaves nothing behind, and the old one as it was', async () => {
    const sae = randomSae(4, 6, 1);
    const fresh = newPath();
    await expect(writeSaeLens(fresh, sae, { k: 7 })).rejects.toThrow(/k 7 is not a whole number from 1 to 6/);
    await expect(writeSaeLens(fresh, { ...sae, scale: 1e39 })).rejects.toThrow(/leaves float32/);
    const both = { ...keeping(sae, 2), threshold: new Float32Array(6) };
    await expect(writeSaeLens(fresh, both)).rejects.toThrow(/both thresholds and the 2 strongest/);
    await expect(readdir(fresh)).rejects.toThrow(/ENOENT/);
    const old = newPath();
    await writeSaeLens(old, sae);
    const before = await readFile(join(old, files[1]));
    await mkdir(join(old, 'cfg.json.new'));
    await expect(writeSaeLens(old, randomSae(4, 6, 2))).rejects.toThrow(/cannot write.*cfg\.json/);
    expect(await readFile(join(old, files[1]))).toEqual(before);
    expect((await readdir(old)).filter((name) => name.startsWith('sae_weights'))).toEqual([files[1]]);
    const file = newPath();
    await writeFile(file, 'a file where the folder belongs');
    await expect(writeSaeLens(file, sae)).rejects.toThrow(/cannot write/);
    expect(await readFile(file, 'utf8')).toBe('a file where the folder belongs');
  });
});

describe('a params file', () => {
  const random = Random.of(8, 'rows');
  const inputs = Float32Array.from({ length: 40 }, () => 2 * random.normal());

  test('of ours gives our ReLU code and reconstructions', async () => {
    const sae = randomSae(5, 9, 4);
    const path = `${newPath()}.npz`;
    await writeParamsNpz(path, sae);
    const { weights: read } = await readAnySae(path);
    expect(farthest(denseCodes(read, inputs), denseCodes(sae, inputs))).toBeLessThanOrEqual(1e-5);
    const [there, here] = [read, sae].map((one) => reconstruct(one, encodeRows(one, inputs)));
    expect(farthest(there, here)).toBeLessThanOrEqual(1e-5);
  });

  test('of one that was read holds its thresholds and matrices exactly, b_enc within a rounding', async () => {
    const { weights: sae } = await readAnySae(fixturePath('params-jumprelu.npz'));
    const path = `${newPath()}.npz`;
    await writeParamsNpz(path, sae);
    const { weights: again } = await readAnySae(path);
    expect(again.threshold).toHaveLength(12);
    expect({ ...again, bLat: null }).toEqual({ ...sae, bLat: null });
    expect(farthest(again.bLat, sae.bLat)).toBeLessThanOrEqual(2e-7);
  });
});
