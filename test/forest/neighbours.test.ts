import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNpz, NadirError } from '../../sdk/base/index.ts';
import { fitEstimator } from '../../sdk/forest/index.ts';
import { neighboursFromNpz } from '../../sdk/forest/neighbours-file.ts';
import { soils, takeRows, worst } from './estimators-data.ts';

const fixture: {
  madeWith: Record<string, string>;
  targets: string[];
  cases: { neighbours: number; estimate: number[][] }[];
} = JSON.parse(readFileSync(new URL('../fixtures/estimators-neighbours.json', import.meta.url), 'utf8'));

const table = soils('SL.125', fixture.targets);
const rowsOf = (isOne: (fold: number) => boolean) => [...table.fold.keys()].filter((row) => isOne(table.fold[row]));
const known = takeRows(
  table,
  rowsOf((fold) => fold <= 8),
);

describe('neighbours', () => {
  test(`estimate as scikit-learn ${fixture.madeWith['scikit-learn']}'s KNeighborsRegressor on RobustScaler's features, to 1e-10`, () => {
    const asked = takeRows(table, [...rowsOf((fold) => fold > 8), ...rowsOf((fold) => fold <= 8).slice(0, 5)]);
    for (const { neighbours, estimate } of fixture.cases) {
      const model = fitEstimator('neighbours', known, { neighbours }, 1);
      expect(worst(model.predict(asked.x, asked.n), estimate.flat())).toBeLessThan(1e-10);
    }
  });

  test('choose how many are asked by leaving one out: many where the targets are noise, few where they are near', () => {
    const x = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * i)); // no order
    const rows = { x, n: 200, features: 1, targets: 1 };
    const near = fitEstimator('neighbours', { ...rows, y: Float64Array.from(x, (value) => 5 * value) }, {}, 1);
    const noise = fitEstimator('neighbours', { ...rows, y: Float64Array.from(x, (_, i) => (i * 7919) % 101) }, {}, 1);
    expect(near.choices.neighbours).toBeLessThanOrEqual(5);
    expect(noise.choices.neighbours).toBeGreaterThanOrEqual(30);
  });

  test('never ask more rows than there are, and answer equal rows by their mean', () => {
    const rows = { x: Float32Array.of(1, 1, 4), y: Float64Array.of(2, 4, 60), n: 3, features: 1, targets: 1 };
    const model = fitEstimator('neighbours', rows, { neighbours: 170 }, 1);
    expect(model.choices.neighbours).toBe(3);
    expect([...model.predict(Float32Array.of(1), 1)]).toEqual([3]);
  });

  test('are refused from a file whose arrays are not of one model', () => {
    const bytes = (changes: Record<string, { shape: number[]; data: Float32Array | Float64Array }>) =>
      formatNpz({
        x: { shape: [2, 1], data: new Float32Array(2) },
        y: { shape: [2, 1], data: new Float64Array(2) },
        centre: { shape: [1], data: new Float64Array(1) },
        scale: { shape: [1], data: Float64Array.of(1) },
        k: { shape: [1], data: Float64Array.of(2) },
        ...changes,
      });
    expect(neighboursFromNpz(bytes({}), 'n.npz').k).toBe(2);
    const refused = (changes: Parameters<typeof bytes>[0]) => expect(() => neighboursFromNpz(bytes(changes), 'n.npz'));
    refused({ k: { shape: [1], data: Float64Array.of(3) } }).toThrow(/3 of 2 rows cannot be asked: n\.npz/);
    refused({ y: { shape: [1, 1], data: new Float64Array(1) } }).toThrow(/array y is not float64 \[2,1\]/);
    refused({ scale: { shape: [1], data: Float64Array.of(0) } }).toThrow(/scale is not above 0/);
    refused({ x: { shape: [2, 1], data: Float32Array.of(1, Number.NaN) } }).toThrow(/not finite/);
  });

  test('from a damaged file are another model or one clear error', () => {
    const few = takeRows(known, [0, 1, 2]);
    const file = fitEstimator('neighbours', few, { neighbours: 2 }, 1).files().get('neighbours.npz') ?? Buffer.alloc(0);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] ^= change;
        try {
          expect(neighboursFromNpz(damaged, 'damaged.npz').k).toBeGreaterThan(0);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NadirError);
          expect(String(thrown)).toContain('damaged.npz');
        }
      }),
      { numRuns: 500 },
    );
  });
});
