import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readNpy, SILENT, shippedPath, toFloat64 } from '../../sdk/base/index.ts';
import { readSoilFolder } from '../../sdk/compact/flight-models.ts';
import { explainSoilModel, importForest, openSoilModel } from '../../sdk/explain/index.ts';
import { readSpectraTable, resolveDataset, selectTargets } from '../../sdk/spectra/index.ts';

/** Made by test/oracles/import_forest.py. */
const made: { targets: string[]; onnx: string; prediction: number[]; columns: number[]; shap: number[] } = JSON.parse(
  readFileSync(shippedPath('test', 'fixtures', 'import-forest.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'nadir-import-'));
const onnx = join(folder, 'sklearn.onnx');
writeFileSync(onnx, Buffer.from(made.onnx, 'base64'));
const options = {
  onnx,
  data: 'tropical',
  targets: made.targets,
  groups: ['arr', 'd1'],
  folds: '5',
  seed: 0,
  out: folder,
};

test("a scikit-learn forest becomes a soil model with scikit-learn's estimates and shap's values", async () => {
  const outcome = await importForest(options, SILENT);
  expect(outcome).toMatchObject({ features: 300, trees: 6, covers: 'counted' });
  const table = await readSpectraTable(resolveDataset('tropical'));
  const { spectra } = selectTargets(table, made.targets);
  const soil = await openSoilModel(folder);
  const estimate = soil.predict({ mean: spectra.slice(0, 10 * 150) });
  made.prediction.forEach((value, i) => {
    // leaves are float32 in the file
    expect(Math.abs(estimate[i] / value - 1)).toBeLessThan(1e-6);
  });
  const explained = await explainSoilModel({ model: folder, data: 'tropical', out: join(folder, 'explained') }, SILENT);
  const shap = await readNpy(explained.shap);
  const values = toFloat64(shap);
  made.shap.forEach((value, i) => {
    const [row, column, target] = [Math.floor(i / 24), made.columns[Math.floor(i / 2) % 12], i % 2];
    expect(Math.abs(values[(row * 300 + column) * 2 + target] - value)).toBeLessThan(2e-6);
  });
  // and it can be packed
  expect((await readSoilFolder(folder)).model.figures.imported).toBe(true);
});

test('a forest on other features or targets is refused by its file', async () => {
  await expect(importForest({ ...options, groups: ['arr'] }, SILENT)).rejects.toThrow(
    /the forest reads 300 features and estimates 2 targets, there are 150 and 2: .*sklearn.onnx/,
  );
  await expect(importForest({ ...options, targets: ['pH'] }, SILENT)).rejects.toThrow(/there are 300 and 1/);
});
