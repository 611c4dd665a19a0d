import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import {
  ESTIMATOR_KINDS,
  type Estimator,
  type EstimatorOptions,
  fitEstimator,
  readEstimator,
  trainForest,
} from '../../sdk/forest/index.ts';
import { targetColumn } from '../../sdk/forest/linear-columns.ts';
import { forestFromOnnx, forestToOnnx } from '../../sdk/forest/onnx.ts';
import { asWritten } from '../../sdk/forest/tree-estimators.ts';
import { soils, takeRows, worst } from './estimators-data.ts';

const whole = soils('SL.125', ['pH', 'clay', 'SOM'], ['arr', 'd1']);
const table = {
  ...takeRows(
    whole,
    Array.from({ length: 90 }, (_, i) => i),
  ),
  edge: Float64Array.from({ length: 90 }, (_, i) => (i % 3 === 0 ? 8 : 30)),
};
const held = takeRows(
  whole,
  Array.from({ length: 30 }, (_, i) => 90 + i),
);
const heldEdge = Float64Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 5 : 60));
const options: EstimatorOptions = { trees: 12, components: 8, mtry: 0.2 };

function reader(files: ReadonlyMap<string, Uint8Array>) {
  return async (file: string): Promise<Uint8Array> => {
    const bytes = files.get(file);
    if (bytes !== undefined) return bytes;
    throw new NadirError({ what: 'cannot read file', where: file, remedy: 'Check that it exists' });
  };
}

describe('a soil model of any kind', () => {
  for (const kind of ESTIMATOR_KINDS)
    test(`${kind}: from its files gives its very estimates, and the same seed the same files`, async () => {
      const fitted = fitEstimator(kind, table, options, 3);
      expect([fitted.kind, fitted.features, fitted.targets]).toEqual([kind, 300, 3]);
      const read = await readEstimator(kind, fitted, reader(fitted.files()), 'model');
      expect([read.kind, read.features, read.targets]).toEqual([kind, 300, 3]);
      const estimate = fitted.predict(held.x, held.n, heldEdge);
      expect(estimate.length).toBe(90);
      expect(estimate.every(Number.isFinite)).toBe(true);
      expect([...read.predict(held.x, held.n, heldEdge)]).toEqual([...estimate]);
      const again = fitEstimator(kind, table, options, 3).files();
      expect([...again.keys()]).toEqual([...fitted.files().keys()]);
      for (const [name, bytes] of fitted.files()) {
        expect(Buffer.from(again.get(name) ?? []).equals(bytes)).toBe(true);
        expect(Buffer.from(read.files().get(name) ?? []).equals(bytes)).toBe(true);
      }
    });

  test('of trees has out-of-bag estimates where bags leave rows out, near enough to honest ones', () => {
    const forest = fitEstimator('forest', table, { trees: 60 }, 3);
    const unseen = forest.outOfBag ?? new Float64Array();
    expect(unseen.length).toBe(270);
    const error = (estimate: Float64Array) =>
      estimate.reduce((sum, value, i) => sum + (i % 3 === 1 ? (value - table.y[i]) ** 2 : 0), 0) / table.n;
    expect(error(unseen)).toBeGreaterThan(1.5 * error(forest.predict(table.x, table.n)));
    expect(fitEstimator('extra', table, { trees: 5 }, 3).outOfBag).toBeUndefined();
  });

  test('of trees grown for single targets is one forest, which gives what each target alone would get', () => {
    const both = fitEstimator('forest', table, { trees: 8, jointly: false }, 3);
    expect([both.forest?.roots.length, both.targets]).toEqual([24, 3]);
    const alone = fitEstimator(
      'forest',
      { ...table, targets: 1, y: targetColumn(table.y, 3, 1) },
      { trees: 400 },
      3,
    ).predict(held.x, held.n);
    const many = fitEstimator('forest', table, { trees: 400, jointly: false }, 3);
    const ours = targetColumn(many.predict(held.x, held.n), 3, 1);
    expect(worst(ours, alone)).toBeLessThan(0.05); // other seeds, the same estimate
    expect(many.outOfBag?.every(Number.isFinite)).toBe(true);
  });

  test('extra trees cut elsewhere than a forest does', () => {
    const [forest, extra] = (['forest', 'extra'] as const).map((kind) => fitEstimator(kind, table, { trees: 5 }, 3));
    expect([...extra.predict(held.x, held.n)]).not.toEqual([...forest.predict(held.x, held.n)]);
  });

  test('a grown forest is as its file gives it back', () => {
    const shape = { rows: table.n, features: table.features, targets: 3 };
    const grown = trainForest(table.x, table.y, shape, { trees: 4, minLeaf: 1, mtry: 60, seed: 1 });
    expect(asWritten(grown)).toEqual(forestFromOnnx(forestToOnnx(grown), 'forest.onnx'));
  });

  test('is refused with options that it cannot have and rows that are not numbers', () => {
    const refused = (kind: Estimator['kind'], wrong: EstimatorOptions) =>
      expect(() => kind !== 'combined' && fitEstimator(kind, table, wrong, 1));
    refused('forest', { trees: 0 }).toThrow(/trees 0: forest/);
    refused('extra', { mtry: 1.5 }).toThrow(/mtry 1.5/);
    refused('boost', { learningRate: 0 }).toThrow(/learningRate 0/);
    refused('pls', { components: 2.5 }).toThrow(/components 2.5/);
    refused('ridge', { lambdas: [1, -1] }).toThrow(/lambda -1/);
    refused('neighbours', { neighbours: 0 }).toThrow(/neighbours 0/);
    const broken = { ...table, y: table.y.with(4, Number.NaN) };
    expect(() => fitEstimator('ridge', broken, {}, 1)).toThrow(
      /target value NaN is not a finite number: row 1, target 1/,
    );
    const infinite = { ...table, x: table.x.with(301, Number.POSITIVE_INFINITY) };
    for (const kind of ESTIMATOR_KINDS)
      expect(() => fitEstimator(kind, infinite, {}, 1)).toThrow(/Infinity is not a finite number: row 1, feature 1/);
  });

  test('is refused from files of another model or from a folder without them', async () => {
    const files = fitEstimator('pls', table, options, 3).files();
    await expect(readEstimator('pls', { features: 299, targets: 3 }, reader(files), 'model')).rejects.toThrow(
      /300 features and 3 targets, not 299 and 3: model/,
    );
    await expect(readEstimator('forest', { features: 300, targets: 3 }, reader(files), 'model')).rejects.toThrow(
      /cannot read file: forest\.onnx/,
    );
  });
});
