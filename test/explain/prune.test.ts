/** `spectra prune` with everything asked for: the document, the model of few bands, the figures and the report. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SILENT } from '../../sdk/base/index.ts';
import { openSoilModel, type PruneOutcome, pruneSoilModel } from '../../sdk/explain/index.ts';
import { type Candidate, kneeOf, paretoFront } from '../../sdk/explain/pareto.ts';
import { comparisonsPerEstimate } from '../../sdk/explain/pareto-cost.ts';
import { trainForest } from '../../sdk/forest/index.ts';
import { footprintOf, readSoilModel, readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';
import { isWellFormed } from './well-formed.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-prune-'));
const options = {
  data: 'tropical',
  targets: ['exK', 'pH'],
  groups: ['arr', 'd1', 'sym3'],
  folds: '3',
  seed: 5,
  forest: { trees: 10, minLeaf: 3, mtry: 0.3 },
  keep: [6, 20],
  bands: [2, 4, 9],
  rankings: true,
  formula: true,
  choose: 'bands' as const,
};
const prune = (out: string, threads: number) => pruneSoilModel({ ...options, out: join(folder, out), threads }, SILENT);
let made: PruneOutcome;
beforeAll(async () => {
  made = await prune('one', 1);
});

describe('pruning to bands', () => {
  test('each budget has its bands, and no feature reads another', async () => {
    const { wavelengthsNm } = await readSpectraTable(resolveDataset('tropical'));
    expect(made.bandCurve?.map((point) => point.bands)).toEqual([2, 4, 9]);
    for (const point of made.bandCurve ?? []) {
      expect(point.nm).toHaveLength(point.bands);
      expect(point.foldsNm).toHaveLength(3);
      expect(point.lossPercent).toBeCloseTo(100 * (point.score / made.full.score - 1), 10);
      const bands = point.nm.map((nm) => wavelengthsNm.indexOf(nm));
      for (const name of point.features) {
        const [group, at] = name.split('@');
        if (['arr', 'ratio', 'depth'].includes(group))
          expect(at.split('-').every((band) => bands.includes(Number(band)))).toBe(true);
        else expect(group).toBe('d1');
      }
    }
  });

  test('nothing beats what is on the front, and the knee is of it', () => {
    const [front, candidates] = [made.front ?? [], made.candidates ?? []];
    expect(candidates).toHaveLength(1 + 2 + 3 + (made.bandCurve ?? []).filter(({ few }) => few).length);
    const beats = (a: Candidate, b: Candidate) =>
      a.score <= b.score &&
      a.cost.bands <= b.cost.bands &&
      a.cost.operations <= b.cost.operations &&
      (a.score < b.score || a.cost.bands < b.cost.bands || a.cost.operations < b.cost.operations);
    for (const own of candidates) expect(front.includes(own)).toBe(!candidates.some((other) => beats(other, own)));
    expect(front.some((own) => own.score === made.knee?.score && own.asked === made.knee.asked)).toBe(true);
    expect(made.knee?.withoutEachFold).toHaveLength(3);
  });

  test('the model kept reads the bands of the knee of the searched sets, and computes its held-out rows again', async () => {
    const model = await readSoilModel(made.model);
    const knee = kneeOf((made.candidates ?? []).filter(({ kind }) => kind === 'bands'));
    expect(model.bandsRead).toHaveLength(knee.cost.bands);
    expect(model.features).toHaveLength(made.chosen);
    for (const feature of model.features)
      expect(footprintOf(feature).every((band) => model.bandsRead.includes(band))).toBe(true);
    const opened = await openSoilModel(made.model);
    const table = await readSpectraTable(resolveDataset('tropical'));
    const estimates = opened.predict({ mean: table.reflectance });
    expect(estimates).toHaveLength(table.rows * 2);
    // bands that the model does not read may hold anything
    const garbage = table.reflectance.map((value, i) =>
      model.bandsRead.includes(i % table.wavelengthsNm.length) ? value : 0.123,
    );
    expect(opened.predict({ mean: garbage })).toEqual(estimates);
  });

  test('does not depend on the number of threads, byte for byte', async () => {
    const { model: _, report: __, ...two } = await prune('two', 2);
    const { model: ___, report: ____, ...one } = made;
    expect(two).toEqual(one);
    for (const file of ['model.json', 'forest.onnx', 'pareto.svg', 'bands.svg', 'rankings.svg', 'report.html'])
      expect(readFileSync(join(folder, 'two', file)).equals(readFileSync(join(folder, 'one', file)))).toBe(true);
  });
});

describe('what is shown', () => {
  test('every figure is one well-formed SVG without a number that is none', () => {
    for (const file of ['loss.svg', 'pareto.svg', 'bands.svg', 'rankings.svg', 'attribution.svg']) {
      const svg = readFileSync(join(folder, 'one', file), 'utf8');
      expect(svg.startsWith('<svg')).toBe(true);
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(isWellFormed('<svg><g></svg>')).toBe(false);
  });

  test('the report says what the search beats, names the knee and gives each formula with its errors', () => {
    const report = readFileSync(made.report, 'utf8');
    for (const words of [
      'Bands under a budget',
      'The search',
      'The knee:',
      'SHAP beside other rankings',
      'A formula to read beside the forest',
      'standard error',
    ])
      expect(report).toContain(words);
    expect(report).not.toMatch(/<script|NaN|undefined/);
    for (const [target, { text, terms, score }] of Object.entries(made.formula ?? {})) {
      expect(text.startsWith(`${target} = `)).toBe(true);
      expect(terms.length).toBeLessThanOrEqual(6);
      expect(score).toBeGreaterThan(0);
    }
    expect(Object.keys(made.formula ?? {})).toEqual(['exK', 'pH']);
  });

  test('rankings stand side by side at each count', () => {
    expect(made.rankings?.map(({ name }) => name)).toEqual(['shap', 'impurity', 'permutation', 'random', 'equal']);
    for (const { points } of made.rankings ?? []) expect(points.map(({ keep }) => keep)).toEqual([6, 20]);
    // SHAP here is the pruning itself
    expect(made.rankings?.[0].points.map(({ score }) => score)).toEqual(made.curve.map(({ score }) => score));
  });
});

test('without the flags the document has the keys it always had', async () => {
  const { bands, rankings, formula, choose, ...plain } = options;
  const outcome = await pruneSoilModel({ ...plain, out: join(folder, 'plain'), threads: 1 }, SILENT);
  expect(Object.keys(outcome).sort()).toEqual(
    ['full', 'curve', 'chosen', 'rule', 'model', 'droppedRows', 'perTarget', 'report'].sort(),
  );
  expect(outcome.curve).toEqual(made.curve);
  expect(outcome.chosen).toBe((await readSoilModel(outcome.model)).features.length);
});

test.each([
  ['a budget above the instrument', { bands: [4, 151] }, /cannot keep 151 of 150 bands/],
  ['the knee of bands that were not asked for', { bands: undefined }, /no budget of bands.*--choose bands/],
])('%s is wrong usage', async (_, more, message) => {
  const { bands, ...rest } = { ...options, ...more };
  await expect(
    pruneSoilModel({ ...rest, ...(bands && { bands }), out: join(folder, 'wrong'), threads: 1 }, SILENT),
  ).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});

test('comparisons of an estimate are the mean depth that the training rows reach', () => {
  const x = Float32Array.from({ length: 64 }, (_, i) => i);
  const y = Float64Array.from(x);
  const shape = { rows: 64, features: 1, targets: 1 };
  const forest = trainForest(x, y, shape, { trees: 3, minLeaf: 1, mtry: 1, seed: 1, bootstrap: false });
  let depth = 0;
  for (const root of forest.roots)
    for (const value of x)
      for (let node = root; forest.feature[node] >= 0; depth++)
        node = value <= forest.threshold[node] ? forest.left[node] : forest.right[node];
  expect(comparisonsPerEstimate(forest)).toBeCloseTo(depth / 64, 10);
});

test('the knee takes the fewest bands within the error of the best, and the least arithmetic between equals', () => {
  const candidate = (bands: number, operations: number, folds: number[]): Candidate => ({
    kind: 'bands',
    asked: bands,
    score: folds.reduce((sum, value) => sum + value, 0) / folds.length,
    lossPercent: 0,
    cost: { bands, features: 1, multiplyAdds: 1, logarithms: 0, comparisons: 0, operations, pixels: false },
    folds,
  });
  const best = candidate(8, 100, [0.3, 0.4, 0.5]);
  const near = candidate(4, 90, [0.36, 0.38, 0.5]);
  const far = candidate(2, 10, [0.5, 0.6, 0.7]);
  const dear = candidate(4, 95, [0.36, 0.38, 0.5]);
  expect(kneeOf([best, near, far, dear])).toBe(near);
  expect(paretoFront([best, near, far, dear])).toEqual([far, near, best]);
});
