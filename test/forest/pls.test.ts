import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { fitEstimator, fitPls, importanceInProjection, plsModel, predictLinear } from '../../sdk/forest/index.ts';
import { targetColumn } from '../../sdk/forest/linear-columns.ts';
import { predictEveryCount } from '../../sdk/forest/pls.ts';
import { soils, worst } from './estimators-data.ts';

interface PlsCase {
  scale: boolean;
  components: number;
  targets: number;
  coefficients: number[][];
  intercept: number[];
  vip?: number[];
}
const fixture: {
  madeWith: Record<string, string>;
  cases: { dataset: string; targets: string[]; pls: PlsCase[] }[];
} = JSON.parse(readFileSync(new URL('../fixtures/estimators-linear.json', import.meta.url), 'utf8'));

/** y = two of the four directions along which the features vary, both with noise. */
function twoDirections(n: number, features: number) {
  const random = Random.of(3, 'pls test');
  const directions = Array.from({ length: 4 }, () => Float64Array.from({ length: features }, () => random.normal()));
  const x = new Float32Array(n * features);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const scores = directions.map((_, a) => random.normal() * (4 - a));
    for (let f = 0; f < features; f++)
      x[i * features + f] = directions.reduce(
        (sum, direction, a) => sum + scores[a] * direction[f],
        0.3 * random.normal(),
      );
    y[i] = scores[0] - 3 * scores[2] + 0.3 * random.normal();
  }
  return { x, y, n, features, targets: 1 };
}

describe('PLS', () => {
  for (const { dataset, targets, pls } of fixture.cases)
    test(`has the coefficients, estimates and VIP of scikit-learn ${fixture.madeWith['scikit-learn']} on ${dataset}, to 1e-8`, () => {
      const table = soils(dataset, targets);
      for (const { scale, components, targets: width, coefficients, intercept, vip } of pls) {
        const y = width === 1 ? targetColumn(table.y, 3, 0) : table.y;
        const shape = { features: table.features, targets: width };
        const fit = fitPls(table.x, y, shape, { components, scaleFeatures: scale, scaleTargets: scale });
        const model = plsModel(fit, components);
        const its = {
          ...shape,
          coefficients: Float64Array.from(coefficients.flat()),
          intercept: Float64Array.from(intercept),
        };
        expect(worst(model.coefficients, its.coefficients)).toBeLessThan(1e-8);
        expect(worst(model.intercept, intercept)).toBeLessThan(1e-8);
        expect(worst(predictLinear(model, table.x, table.n), predictLinear(its, table.x, table.n))).toBeLessThan(1e-8);
        if (vip) expect(worst(importanceInProjection(fit, components), vip)).toBeLessThan(1e-8);
      }
    });

  test('holds the models of all smaller numbers of components in one fit', () => {
    const table = soils('SL.125', ['pH', 'clay']);
    const options = { components: 12, scaleFeatures: true, scaleTargets: true };
    const whole = fitPls(table.x, table.y, table, options);
    const rows = Uint32Array.of(3, 50, 99);
    const every = predictEveryCount(whole, table.x, rows);
    const asked = Float32Array.from(
      [...rows].flatMap((row) => Array.from(table.x.subarray(row * 150, row * 150 + 150))),
    );
    for (const components of [1, 4, 12]) {
      const alone = plsModel(fitPls(table.x, table.y, table, { ...options, components }), components);
      const estimate = predictLinear(alone, asked, 3);
      expect(worst(predictLinear(plsModel(whole, components), asked, 3), estimate)).toBeLessThan(1e-10);
      expect(worst(every.subarray(components * 6, components * 6 + 6), estimate)).toBeLessThan(1e-10);
    }
  });

  test('finds by inner folds how many directions matter, and fewer or as many under the one-SE rule', () => {
    const rows = twoDirections(120, 30);
    const chosen = (rule: 'one-se' | 'least') =>
      (fitEstimator('pls', rows, { componentRule: rule }, 5).choices.components as number[])[0];
    expect(chosen('one-se')).toBeGreaterThanOrEqual(2);
    expect(chosen('one-se')).toBeLessThanOrEqual(4);
    expect(chosen('least')).toBeGreaterThanOrEqual(chosen('one-se'));
    const estimate = fitEstimator('pls', rows, {}, 5).predict(rows.x, rows.n);
    const error = estimate.reduce((sum, value, i) => sum + (value - rows.y[i]) ** 2, 0) / rows.n;
    expect(error).toBeLessThan(0.2); // the noise has variance 0.09
  });

  test('takes no more components than the features have directions', () => {
    const rows = twoDirections(60, 20);
    const x = Float32Array.from({ length: 60 * 20 }, (_, i) => rows.x[i - (i % 20) + (i % 3)]); // three features, repeated
    const y = Float64Array.from({ length: 60 }, (_, i) => 2 * x[i * 20] - x[i * 20 + 1]);
    const fit = fitPls(x, y, rows, { components: 15, scaleFeatures: false, scaleTargets: false });
    expect(fit.components).toBe(3);
    expect(worst(predictLinear(plsModel(fit, 3), x, 60), y)).toBeLessThan(1e-12);
  });

  test('survives features and targets that do not vary, and two rows', () => {
    const constant = {
      x: new Float32Array(20).fill(3),
      y: Float64Array.from({ length: 10 }, (_, i) => i),
      n: 10,
      features: 2,
      targets: 1,
    };
    expect([...fitEstimator('pls', constant, {}, 1).predict(Float32Array.of(3, 3), 1)]).toEqual([4.5]);
    const flat = { ...twoDirections(30, 5), y: new Float64Array(30).fill(7) };
    expect(fitEstimator('pls', flat, {}, 1).predict(flat.x.subarray(0, 5), 1)[0]).toBeCloseTo(7, 12);
    const two = { x: Float32Array.of(1, 2), y: Float64Array.of(10, 20), n: 2, features: 1, targets: 1 };
    expect(fitEstimator('pls', two, {}, 1).predict(Float32Array.of(1.5), 1)[0]).toBeCloseTo(15, 10);
  });
});
