import { describe, expect, test } from 'vitest';
import { predictForest } from '../../sdk/forest/index.ts';
import { interventionalShap } from '../../sdk/forest/interventional.ts';
import { exact, forestOf, shapleyOf, smallForest, worst } from './shap-games.ts';

describe('interventional SHAP values', () => {
  test('equal the definition: coalitions keep the row, the rest comes from each background row', () => {
    const { forest, x } = smallForest(2);
    const background = x.subarray(70, 119); // 7 rows
    const { values, base } = interventionalShap(forest, x.subarray(0, 14), 2, background);
    for (const [row, t] of [
      [0, 0],
      [1, 1],
    ]) {
      const game = Array.from({ length: 128 }, (_, subset) => {
        const mixed = background.map((value, i) => ((subset >> (i % 7)) & 1 ? x[row * 7 + (i % 7)] : value));
        return predictForest(forest, mixed).reduce((sum, estimate, i) => sum + (i % 2 === t ? estimate / 7 : 0), 0);
      });
      const got = Float64Array.from({ length: 7 }, (_, f) => values[(row * 7 + f) * 2 + t]);
      expect(worst(got, shapleyOf(game))).toBeLessThan(1e-12);
      expect(Math.abs(base[t] - game[0])).toBeLessThan(1e-12);
    }
  });

  for (const expected of exact.forests) {
    test(`equal Python shap ${exact.madeWith.shap}, by coalitions and by trees: ${expected.name}, depth ${expected.depth}`, () => {
      const { values } = interventionalShap(
        forestOf(expected),
        Float32Array.from(exact.x),
        3,
        Float32Array.from(exact.background),
      );
      expect(worst(values, expected.overCoalitions)).toBeLessThan(1e-12);
      expect(worst(values, expected.interventional)).toBeLessThan(1e-7); // the weights of shap's trees are float32
    });
  }

  test('of a row that is the whole background are zero', () => {
    const { forest, x } = smallForest(1);
    const row = x.subarray(0, 7);
    const { values, base } = interventionalShap(forest, row, 1, row);
    expect([...values].every((value) => value === 0)).toBe(true);
    expect(base).toEqual(predictForest(forest, row));
  });

  test('need whole background rows', () => {
    const { forest, x } = smallForest(1);
    expect(() => interventionalShap(forest, x, 60, new Float32Array(0))).toThrow(/0 values are not rows of 7/);
  });
});
