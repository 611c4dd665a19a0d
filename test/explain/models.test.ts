import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readNpy, readNpz, SILENT, toFloat32, toFloat64 } from '../../sdk/base/index.ts';
import {
  type ExplainOutcome,
  explainSoilModel,
  type PruneOutcome,
  pruneSoilModel,
  trainSoilModel,
} from '../../sdk/explain/index.ts';
import { forestFromOnnx, predictForest } from '../../sdk/forest/index.ts';
import { computeFeatures, readSoilModel, readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-soil-'));
const forest = { trees: 12, minLeaf: 3, mtry: 0.2 };
const tropical = {
  data: 'tropical',
  targets: ['exK', 'pH'],
  groups: ['arr', 'd1', 'sym3'],
  folds: '3',
  seed: 5,
  forest,
};
const pruneInto = (out: string, threads: number) =>
  pruneSoilModel({ ...tropical, keep: [20, 6], out: join(folder, out), threads }, SILENT);

let pruned: PruneOutcome;
let explained: ExplainOutcome;
beforeAll(async () => {
  pruned = await pruneInto('pruned', 1);
  explained = await explainSoilModel({ model: pruned.model, data: 'tropical', out: join(folder, 'explained') }, SILENT);
});

describe('pruning', () => {
  test('gives one point a count, with loss against all features, and takes the model that its rule says', () => {
    expect(pruned.curve.map((point) => point.keep)).toEqual([6, 20]);
    for (const point of pruned.curve) {
      expect(point.features).toHaveLength(point.keep);
      expect(point.lossPercent).toBeCloseTo(100 * (point.score / pruned.full.score - 1), 10);
    }
    const fine = pruned.curve.filter((point) => point.lossPercent <= 5);
    const best = pruned.curve.toSorted((a, b) => a.score - b.score)[0];
    expect(pruned.chosen).toBe(fine.length > 0 ? fine[0].keep : best.keep);
    expect(pruned.full.features).toBe(450);
  });

  test('does not depend on the number of threads, byte for byte', async () => {
    const { model: _, report: __, ...other } = await pruneInto('threads', 3);
    const { model: ___, report: ____, ...one } = pruned;
    expect(other).toEqual(one);
    for (const file of ['model.json', 'forest.onnx', 'holdout.npz', 'attribution.svg', 'report.html'])
      expect(readFileSync(join(folder, 'threads', file)).equals(readFileSync(join(folder, 'pruned', file)))).toBe(true);
  });

  test('the folder holds a model that computes its own held-out predictions again from the spectra', async () => {
    const model = await readSoilModel(pruned.model);
    const onnx = forestFromOnnx(readFileSync(join(pruned.model, 'forest.onnx')), 'forest.onnx');
    const holdout = await readNpz(join(pruned.model, 'holdout.npz'));
    const array = (name: string) => holdout.get(name) ?? { shape: [0], data: new Float32Array(0) };
    const features = computeFeatures(model.features, toFloat32(array('spectra')), model.wavelengthsNm.length);
    expect(features).toEqual(array('features').data);
    expect(array('prediction').shape).toEqual([34, 2]);
    expect(array('truth').shape).toEqual([34, 2]);
    const prediction = predictForest(onnx, features);
    toFloat64(array('prediction')).forEach((value, i) => {
      expect(Math.abs(prediction[i] - value)).toBeLessThan(1e-5);
    });
    expect(model.bandsRead).toEqual(
      [...new Set(model.features.flatMap((feature) => feature.bands))].sort((a, b) => a - b),
    );
    expect(model.holdout).toContain('trained on all rows');
    expect(model.licence).toBe('CC-BY-4.0');
  });

  test('rows of a held-out table go with the model in place of rows that it was trained on', async () => {
    const lines = readFileSync(resolveDataset('tropical'), 'utf8').trimEnd().split('\n');
    const paths = { training: join(folder, 'training.csv'), heldOut: join(folder, 'held-out.csv') };
    writeFileSync(paths.training, lines.slice(0, -12).join('\n'));
    writeFileSync(paths.heldOut, [lines[0], ...lines.slice(-12)].join('\n'));
    const out = join(folder, 'held');
    const options = { ...tropical, data: paths.training, holdout: paths.heldOut, licence: 'CC-BY-4.0', keep: [6] };
    await pruneSoilModel({ ...options, out, threads: 1 }, SILENT);
    const model = await readSoilModel(out);
    expect(model.data.rows).toBe(90);
    expect(model.holdout).toContain('12 rows of held-out.csv, which no training saw');
    const held = await readSpectraTable(paths.heldOut);
    const spectra = (await readNpz(join(out, 'holdout.npz'))).get('spectra');
    expect(spectra).toEqual({ shape: [12, 150], data: held.reflectance });
  });

  test('the report shows both figures and every count', () => {
    const report = readFileSync(pruned.report, 'utf8');
    expect(report).toContain('What fewer features cost');
    expect(report).toContain(`Where the model of ${pruned.chosen} features looks`);
    expect(report).toContain('Random folds');
    expect(report).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  test('keeping more features than there are is wrong usage, before anything is grown', async () => {
    await expect(
      pruneSoilModel({ ...tropical, keep: [12, 451], out: join(folder, 'none'), threads: 1 }, SILENT),
    ).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('cannot keep 451 of 450') });
  });
});

describe('explaining a model read back from its folder', () => {
  test('SHAP values and base add up to the prediction of every row', async () => {
    const shap = await readNpy(explained.shap);
    expect(shap.shape).toEqual([102, pruned.chosen, 2]);
    expect(explained.additivityError).toBeLessThan(1e-10);
    expect(explained.features).toHaveLength(pruned.chosen);
  });

  test('bands are those of the instrument, and what they and the spread features hold is all importance', async () => {
    const shap = await readNpy(explained.shap);
    const model = await readSoilModel(pruned.model);
    const values = toFloat64(shap);
    let total = 0;
    for (let i = 0; i < values.length; i++) total += Math.abs(values[i]) / model.targetSd[model.targets[i % 2]];
    total /= 102 * 2;
    const held = [...explained.bands, ...explained.spread].reduce((sum, part) => sum + part.importance, 0);
    expect(explained.bands.map((band) => band.nm)).toEqual(model.wavelengthsNm);
    expect(held).toBeCloseTo(total, 10);
  });

  test('a folder without a model, or spectra on other bands, is one clear error', async () => {
    await expect(explainSoilModel({ model: folder, data: 'tropical', out: folder }, SILENT)).rejects.toThrow(
      /cannot read file: .*model\.json/,
    );
  });
});

describe('training', () => {
  const train = (model: string, more: object = {}) =>
    trainSoilModel({ ...tropical, model, out: join(folder, model), threads: 1, ...more }, SILENT);

  test('the mean predictor scores exactly 1', async () => {
    const { score, features } = await train('mean');
    expect(score.mean).toBeCloseTo(1, 12);
    expect(features).toBe(0);
  });

  test('a forest beats it on potassium, and leaving one field out shows that it does not transfer', async () => {
    const random = await train('forest');
    expect(random.score.folds).toHaveLength(3);
    expect(random.score.perTarget.exK.r2).toBeGreaterThan(0.3);
    const fields = await train('forest', { folds: 'column:Field' });
    expect(fields.score.perTarget.exK.r2).toBeLessThan(0);
    expect(readFileSync(fields.report, 'utf8')).not.toContain('Random folds');
  });

  test.each([
    ['an unknown model', { model: 'oracle' }, /unknown model "oracle".*forest, extra/],
    ['an unknown target', { targets: ['gold'] }, /unknown target "gold".*Clay, OM/],
    ['an unknown group', { groups: ['sigma'] }, /unknown feature group "sigma"/],
  ])('%s is wrong usage', async (_, more, message) => {
    await expect(train('forest', more)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });
});
