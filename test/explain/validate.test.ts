import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random, readNpz, SILENT, toFloat32, toFloat64, writeNpz } from '../../sdk/base/index.ts';
import type { Candidate } from '../../sdk/explain/candidates.ts';
import { openSoilModel, type TrainOutcome, trainSoilModel } from '../../sdk/explain/index.ts';
import { leafProximity } from '../../sdk/explain/leaf-proximity.ts';
import { runTrials } from '../../sdk/explain/validate.ts';
import { fitEstimator, treeSpread } from '../../sdk/forest/index.ts';
import { readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-validate-'));
const train = (model: string, more: object = {}) =>
  trainSoilModel(
    {
      data: 'tropical',
      targets: ['exK', 'pH'],
      folds: '4',
      seed: 1,
      model,
      forest: { trees: 15 },
      out: join(folder, model),
      threads: 1,
      ...more,
    },
    SILENT,
  );
const table = await readSpectraTable(resolveDataset('tropical'));

describe('training any kind of model', () => {
  test.each([
    ['forest', { groups: ['arr', 'd1'] }],
    ['extra', {}],
    ['boost', { groups: ['arr', 'd1'] }],
    ['neighbours', { groups: ['arr', 'd1'] }],
    ['pls', {}],
    ['ridge', {}],
  ])('%s: scored in folds, and the folder estimates what was trained', async (kind, more) => {
    const made = await train(kind, more);
    expect(made.kind).toBe(kind);
    expect(made.score.perTarget.exK.r2).toBeGreaterThan(0.2);
    const { holdout } = await heldBack(made.model);
    expect(holdout.worst).toBeLessThan(1e-4);
    const report = readFileSync(made.report, 'utf8');
    expect(report.indexOf('Validated on 4 random folds, seed 1, not grouped')).toBeLessThan(
      report.indexOf('Each target'),
    );
    expect(report).toMatch(/% of the held-out rows have spectra unlike/);
    expect(report).toContain('SD ratio');
    for (const target of ['exK', 'pH']) {
      expect(made.uncertainty.halfWidth[target]).toBeGreaterThan(0);
      // 102 rows, width from the others: four binomial SDs
      expect(Math.abs(made.uncertainty.measuredCoverage[target] - 0.9)).toBeLessThan(0.12);
    }
  });

  test('a bagged forest takes its intervals from trees that had not drawn the row', async () => {
    const made = await train('forest', { groups: ['arr'], out: join(folder, 'bagged') });
    expect(made.uncertainty.method).toBe('out-of-bag');
    const grouped = await train('forest', {
      groups: ['arr'],
      folds: '2',
      group: 'Field',
      out: join(folder, 'by-field'),
    });
    expect(grouped.uncertainty.method).toBe('cross-validation');
  });

  test('does not depend on the number of threads, byte for byte', async () => {
    const one = await train('auto', { recipes: FEW, out: join(folder, 'one') });
    const three = await train('auto', { recipes: FEW, out: join(folder, 'three'), threads: 3 });
    expect(three.score).toEqual(one.score);
    for (const file of ['model.json', 'report.html'])
      expect(readFileSync(join(folder, 'three', file)).equals(readFileSync(join(folder, 'one', file)))).toBe(true);
  });
});

const FEW = [
  { kind: 'ridge', groups: ['abs.sg1'] },
  { kind: 'pls', groups: ['pre'] },
  { kind: 'extra', groups: ['pre'] },
] as const;

describe('a combined model', () => {
  let made: TrainOutcome;
  beforeAll(async () => {
    made = await train('auto', { recipes: FEW, out: join(folder, 'combined') });
  });

  test('is kept as its parts and estimates their weighted sum', async () => {
    const { soil, holdout } = await heldBack(made.model);
    expect(soil.model.model).toBe('combined');
    expect(holdout.worst).toBeLessThan(1e-4);
    const weights = made.auto?.final.exK ?? {};
    const own = soil.parts?.map((part) => part.weights[0]).filter((weight) => weight > 0) ?? [];
    expect(Object.values(weights)).toEqual([...own]);
    const input = { mean: table.reflectance };
    const values = soil.features(input);
    const F = soil.model.features.length;
    const sum = new Float64Array(table.rows * 2);
    for (const { estimator, columns, weights: shares } of soil.parts ?? []) {
      const x = new Float32Array(table.rows * columns.length);
      for (let i = 0; i < x.length; i++)
        x[i] = values[Math.floor(i / columns.length) * F + columns[i % columns.length]];
      estimator.predict(x, table.rows).forEach((value, i) => {
        sum[i] += shares[i % 2] * value;
      });
    }
    soil.predict(input).forEach((value, i) => {
      expect(value).toBeCloseTo(sum[i], 9);
    });
  });

  test('its report names what was chosen in each fold', () => {
    const report = readFileSync(made.report, 'utf8');
    expect(report).toContain('What was chosen');
    for (const recipe of FEW) expect(report).toContain(`${recipe.kind} on ${recipe.groups.join(' + ')}`);
  });
});

describe('validation that does not flatter', () => {
  test('with a grouping column the gap to random folds comes first, even where it is bad', async () => {
    const made = await train('ridge', { folds: 'one-group-out', group: 'Field', out: join(folder, 'grouped') });
    const { random, grouped } = made.validation;
    expect(grouped).toBe(true);
    expect(random?.gap).toBeCloseTo(made.score.mean - (random?.score ?? 0), 12);
    expect(random?.gap).toBeGreaterThan(0.5);
    expect(random?.r2.exK[0]).toBeGreaterThan(0.4);
    expect(random?.r2.exK[1]).toBeLessThan(0);
    const report = readFileSync(made.report, 'utf8');
    expect(report.indexOf('Random folds flatter this model by +')).toBeGreaterThan(0);
    expect(report.indexOf('Random folds flatter this model by +')).toBeLessThan(
      report.indexOf('Validated on one group'),
    );
    // two fields are too few to say how fields differ
    expect(made.score.interval95).toBeUndefined();
  });

  test('Kennard–Stone holds out one part, whose rows alone are scored', async () => {
    const made = await train('ridge', { folds: 'kennard-stone', out: join(folder, 'kennard') });
    expect(made.score.perTarget.pH.n).toBe(26);
    expect(made.uncertainty.method).toBe('split');
    expect(readFileSync(made.report, 'utf8')).toContain('26 of 102 rows held out by Kennard–Stone');
  });

  test('every target has its figures with intervals', async () => {
    const { score } = await train('mean', { out: join(folder, 'mean') });
    expect(score.perTarget.pH).toMatchObject({ n: 102, min: 4.6, max: 6.3 });
    expect(Object.keys(score.perTarget.pH.interval95 ?? {})).toEqual(
      expect.arrayContaining(['score', 'r2', 'rmse', 'rpd', 'rpiq', 'ccc']),
    );
  });
});

describe('a HYPERVIEW folder', () => {
  test('is trained on as it is, with features of its pixels, and by field size', async () => {
    const data = join(folder, 'hyperview');
    const random = Random.of(6, 'patches');
    const bands = 12;
    const truth: string[] = ['sample_index,P'];
    for (let patch = 0; patch < 30; patch++) {
      const edge = patch % 3 === 0 ? 8 : 16;
      const level = 0.5 + random.uniform();
      const pixels = edge * edge;
      const values = Float32Array.from(
        { length: bands * pixels },
        (_, i) => 700 + 40 * Math.floor(i / pixels) * level + 3 * random.normal(),
      );
      await writeNpz(join(data, `${patch}.npz`), {
        data: { shape: [bands, edge, edge], data: values },
        mask: { shape: [bands, edge, edge], data: new Uint8Array(bands * pixels) },
      });
      truth.push(`${patch},${(100 * level).toFixed(2)}`);
    }
    writeFileSync(join(data, 'train_gt.csv'), `${truth.join('\n')}\n`);
    const wavelengths = Array.from({ length: bands }, (_, band) => `${band + 1},${500 + 10 * band}`);
    writeFileSync(join(data, 'wavelengths.csv'), `band_no,wavelength\n${wavelengths.join('\n')}\n`);
    const more = { data, targets: ['P'], folds: '3', licence: 'CC0-1.0' };
    const forest = await train('forest', { ...more, out: join(folder, 'patches') });
    expect(forest.features).toBeGreaterThan(9 * bands);
    expect(forest.score.perTarget.P.r2).toBeGreaterThan(0.7);
    expect((await train('eagleeyes', { ...more, out: join(folder, 'hybrid') })).kind).toBe('eagleeyes');
    expect((await train('ridge', { ...more, groups: ['arr'], out: join(folder, 'flat') })).score.mean).toBeLessThan(
      0.2,
    );
  });
});

describe('a trial', () => {
  const random = Random.of(3, 'trial');
  const n = 50;
  const x = Float32Array.from({ length: n * 3 }, () => random.normal());
  const y = Float64Array.from({ length: n }, (_, i) => x[3 * i] + 0.1 * random.normal());
  const data = {
    fit: {
      x,
      y,
      n,
      features: 3,
      targets: 1,
      foldOf: new Uint16Array(n),
      forest: { trees: 5, minLeaf: 1, mtry: 1 },
      seed: 2,
    },
    candidates: [
      { name: 'trees', kind: 'forest', options: { trees: 9, minLeaf: 1 }, columns: Uint32Array.of(0, 1, 2) },
    ] satisfies Candidate[],
  };
  const rows = Uint32Array.from({ length: n }, (_, row) => row);

  test('reads no target of a row that it predicts', async () => {
    const trial = { candidate: 0, trained: rows.subarray(0, 40), predicted: rows.subarray(40), detail: true };
    const [before] = await runTrials(data, [trial], 1, SILENT);
    const changed = { ...data, fit: { ...data.fit, y: y.map((value, row) => (row < 40 ? value : 1e6)) } };
    const [after] = await runTrials(changed, [trial], 1, SILENT);
    expect(after.prediction).toEqual(before.prediction);
    expect(before.importance?.[0]).toBeGreaterThan(before.importance?.[1] ?? 0);
    expect(before.treeSpread).toHaveLength(10);
  });

  test('a row trained on shares every leaf with itself, one far away few, and the report tells the median', async () => {
    const { forest } = fitEstimator('extra', { x, y, n, features: 3, targets: 1 }, { trees: 9, minLeaf: 1 }, 1);
    if (forest === undefined) throw new Error('no forest');
    expect([...leafProximity(forest, x, n, x, n)]).toEqual(Array(n).fill(1));
    // by brute force over the trees of the second row against all others
    const leaf = (row: number, root: number) => {
      let node = root;
      while (forest.feature[node] >= 0)
        node = x[row * 3 + forest.feature[node]] <= forest.threshold[node] ? forest.left[node] : forest.right[node];
      return node;
    };
    const shared = [...rows.subarray(2)].map(
      (row) => [...forest.roots].filter((root) => leaf(1, root) === leaf(row, root)).length / 9,
    );
    expect(leafProximity(forest, x.subarray(3, 6), 1, x.subarray(6), n - 2)[0]).toBe(Math.max(...shared));
    const made = await train('extra', { out: join(folder, 'proximity') });
    expect(made.validation.leafProximity).toBeGreaterThan(0);
    expect(readFileSync(made.report, 'utf8')).toMatch(/shares its leaf with one and the same row trained on in \d+ %/);
  });

  test('the spread of the trees is the SD of their estimates', () => {
    const { forest } = fitEstimator('forest', { x, y, n, features: 3, targets: 1 }, { trees: 7, minLeaf: 1 }, 1);
    if (forest === undefined) throw new Error('no forest');
    const estimates = [...forest.roots].map((root) => {
      let node = root;
      while (forest.feature[node] >= 0)
        node = x[forest.feature[node]] <= forest.threshold[node] ? forest.left[node] : forest.right[node];
      return forest.value[node];
    });
    const mean = estimates.reduce((sum, value) => sum + value / 7, 0);
    const sd = Math.sqrt(estimates.reduce((sum, value) => sum + (value - mean) ** 2 / 6, 0));
    expect(treeSpread(forest, x.subarray(0, 3), 1)[0]).toBeCloseTo(sd, 12);
  });
});

/** Opens a model folder and holds its estimates of the rows that go with it against those of the trainer. */
async function heldBack(model: string) {
  const soil = await openSoilModel(model);
  const arrays = await readNpz(join(model, 'holdout.npz'));
  const array = (name: string) => arrays.get(name) ?? { shape: [0], data: new Float32Array(0) };
  const again = soil.predict({ mean: toFloat32(array('spectra')) });
  const worst = toFloat64(array('prediction')).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - again[i])),
    0,
  );
  return { soil, holdout: { worst } };
}
