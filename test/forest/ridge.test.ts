import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fitEstimator, fitRidge, predictLinear } from '../../sdk/forest/index.ts';
import { soils, takeRows, worst } from './estimators-data.ts';

interface RidgeCase {
  scale: boolean;
  lambdas: number[];
  lambda: number[];
  coefficients: number[][];
  intercept: number[];
  leaveOneOut: number[][];
}
const fixture: {
  madeWith: Record<string, string>;
  cases: { dataset: string; targets: string[]; ridge: RidgeCase[] }[];
} = JSON.parse(readFileSync(new URL('../fixtures/estimators-linear.json', import.meta.url), 'utf8'));

describe('ridge', () => {
  for (const { dataset, targets, ridge } of fixture.cases)
    test(`chooses and fits as scikit-learn ${fixture.madeWith['scikit-learn']}'s RidgeCV on ${dataset}, to 1e-8`, () => {
      const table = soils(dataset, targets);
      for (const { scale, lambdas, lambda, coefficients, intercept, leaveOneOut } of ridge) {
        const fit = fitRidge(table, { lambdas, scale });
        expect(worst(fit.lambda, lambda)).toBeLessThan(1e-12);
        expect(worst(fit.leaveOneOut, leaveOneOut.flat())).toBeLessThan(1e-8);
        expect(worst(fit.model.coefficients, coefficients.flat())).toBeLessThan(1e-8);
        expect(worst(fit.model.intercept, intercept)).toBeLessThan(1e-8);
      }
    });

  test('measures the leave-one-out error that leaving each row out gives', () => {
    const whole = soils('SL.125', ['clay']);
    for (const rows of [20, 60])
      for (const features of [4, 40]) {
        // both forms: more rows than features, and fewer
        const table = {
          ...takeRows(
            whole,
            Array.from({ length: rows }, (_, i) => i),
          ),
          features,
          x: Float32Array.from(
            { length: rows * features },
            (_, i) => whole.x[Math.floor(i / features) * 150 + (i % features) * 3],
          ),
        };
        const lambdas = [30];
        let error = 0;
        for (let left = 0; left < rows; left++) {
          const { model } = fitRidge(
            takeRows(
              table,
              [...Array(rows).keys()].filter((i) => i !== left),
            ),
            { lambdas, scale: false },
          );
          const [estimate] = predictLinear(model, table.x.subarray(left * features, (left + 1) * features), 1);
          error += (estimate - table.y[left]) ** 2 / rows;
        }
        expect(fitRidge(table, { lambdas, scale: false }).leaveOneOut[0] / error).toBeCloseTo(1, 8);
      }
  });

  test('survives features that do not vary', () => {
    const constant = {
      x: new Float32Array(20).fill(3),
      y: Float64Array.from({ length: 10 }, (_, i) => i),
      n: 10,
      features: 2,
      targets: 1,
    };
    expect(fitEstimator('ridge', constant, {}, 1).predict(Float32Array.of(3, 3), 1)[0]).toBeCloseTo(4.5, 10);
    const fewer = { ...constant, x: new Float32Array(60).fill(3), features: 6, n: 10 };
    expect(fitEstimator('ridge', fewer, {}, 1).predict(new Float32Array(6).fill(3), 1)[0]).toBeCloseTo(4.5, 10);
  });
});
