import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpy, SILENT, toFloat64 } from '../../sdk/base/index.ts';
import { explainSoilModel, openSoilModel, trainSoilModel } from '../../sdk/explain/index.ts';
import { playersOf } from '../../sdk/explain/shap-sampled.ts';
import { catalogue, readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-explain-'));
const trained = async (model: string, more: object = {}) => {
  const out = join(folder, model);
  const options = { data: 'tropical', targets: ['exK', 'pH'], folds: '3', seed: 2, forest: { trees: 8 }, threads: 1 };
  await trainSoilModel({ ...options, model, out, ...more }, SILENT);
  return out;
};
const explained = (model: string, more: object = {}) =>
  explainSoilModel({ model, data: 'tropical', out: join(model, 'explained'), ...more }, SILENT);

describe('explaining models that are no forest', () => {
  test('a linear model: coefficient × departure from the mean, which adds up', async () => {
    const model = await trained('ridge', { groups: ['arr'] });
    const made = await explained(model);
    expect(made.method).toContain('coefficient');
    expect(made.additivityError).toBeLessThan(1e-4);
    const shap = toFloat64(await readNpy(made.shap));
    const soil = await openSoilModel(model);
    const table = await readSpectraTable(resolveDataset('tropical'));
    // the same value by asking the model: feature 70 of row 5 moved to its mean
    const mean = Array.from({ length: 102 }, (_, row) => table.reflectance[row * 150 + 70]).reduce(
      (a, b) => a + b / 102,
      0,
    );
    const row = table.reflectance.slice(5 * 150, 6 * 150);
    const before = soil.predict({ mean: row });
    row[70] = mean;
    const after = soil.predict({ mean: row });
    for (let t = 0; t < 2; t++) expect(shap[(5 * 150 + 70) * 2 + t]).toBeCloseTo(before[t] - after[t], 3);
  });

  test('one row alone has no mean to be held against: an error, not zeros', async () => {
    const model = await trained('ridge', { groups: ['arr'] });
    const data = join(folder, 'one.csv');
    writeFileSync(data, readFileSync(resolveDataset('tropical'), 'utf8').split('\n').slice(0, 2).join('\n'));
    await expect(explained(model, { data })).rejects.toThrow(/there is one row: .*one\.csv/);
  });

  test('a model.json without the SD of a target is refused', async () => {
    const broken = join(folder, 'broken');
    cpSync(await trained('ridge', { groups: ['arr'] }), broken, { recursive: true });
    const path = join(broken, 'model.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), targetSd: {} }));
    await expect(openSoilModel(broken)).rejects.toThrow(/no mean and SD of the target exK/);
  });

  test('a combined model is the weighted sum of its parts, and adds up', async () => {
    const recipes = [
      { kind: 'ridge', groups: ['abs.sg1'] },
      { kind: 'extra', groups: ['arr'] },
    ];
    const made = await explained(await trained('auto', { recipes }));
    expect(made.additivityError).toBeLessThan(1e-4);
    expect(made.method).toContain('TreeSHAP');
  });

  test('neighbours: sampled over windows of the spectrum, on few rows, and adds up', async () => {
    const made = await explained(await trained('neighbours', { groups: ['arr', 'dft.re'] }));
    expect(made.n).toBe(40);
    expect(made.method).toContain('permutation SHAP');
    expect(made.additivityError).toBeLessThan(1e-4);
    expect(made.bands.some((band) => band.importance > 0)).toBe(true);
    await expect(explained(join(folder, 'neighbours'), { interactions: true })).rejects.toMatchObject({ exitCode: 2 });
  });

  test('windows of the spectrum hold every feature that stands in them; what stands nowhere is a player by its group', () => {
    const features = catalogue(48, ['arr', 'd1', 'sym3']);
    const { groups, players } = playersOf(features, 48);
    expect(players).toBe(25);
    expect(groups[0]).toBe(groups[48]);
    expect(groups[1]).toBe(groups[0]);
    expect(groups[2]).not.toBe(groups[0]);
    expect(new Set(groups.subarray(96)).size).toBe(1);
  });
});

describe('explaining trees', () => {
  test('interventional values add up to the same estimates from another base', async () => {
    const model = await trained('forest', { groups: ['arr', 'd1'] });
    const path = await explained(model);
    const made = await explained(model, { interventional: true, interactions: true });
    expect(made.method).toContain('interventional');
    expect(made.additivityError).toBeLessThan(1e-10);
    expect(made.base).not.toEqual(path.base);
    expect(path.interactions).toBeUndefined();
    const pairs = made.interactions ?? [];
    expect(pairs.length).toBeGreaterThan(0);
    expect(pairs.map(({ strength }) => strength)).toEqual(
      pairs.map(({ strength }) => strength).toSorted((a, b) => b - a),
    );
    for (const { a, b } of pairs) expect(made.features).toEqual(expect.arrayContaining([a, b]));
    expect(readFileSync(made.report, 'utf8')).toContain('<h2>Interactions</h2>');
  });

  test('few of the rows trained on are called unlike them', async () => {
    const made = await explained(await trained('extra'));
    expect(made.outsideShare).toBeLessThanOrEqual(0.05);
  });

  test('whiskers: the report says how the folds differ on each band', async () => {
    await trained('forest', { groups: ['arr', 'd1'], out: join(folder, 'whiskers') });
    const svg = readFileSync(join(folder, 'whiskers', 'attribution.svg'), 'utf8');
    expect(svg).toContain('SD over folds');
    expect(svg).toContain('class="whisker"');
    const { figures } = (await openSoilModel(join(folder, 'whiskers'))).model;
    expect(figures.bandImportanceSd).toHaveLength(150);
  });
});
