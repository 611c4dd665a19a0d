import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { predictForest } from '../../sdk/forest/index.ts';
import { interventionalShap } from '../../sdk/forest/interventional.ts';
import { kernelShap } from '../../sdk/forest/kernel-shap.ts';
import type { ExplainedModel } from '../../sdk/forest/kernel-shap-game.ts';
import { permutationShap } from '../../sdk/forest/permutation-shap.ts';
import { shapleyOf, smallForest, worst } from './shap-games.ts';

const methods = { 'permutation SHAP': permutationShap, 'kernel SHAP': kernelShap };
const rowOf = (x: Float32Array, row: number, features: number) => x.subarray(row * features, (row + 1) * features);

/** A smooth model of two targets on 16 features with interactions, whose Shapley values have a closed form on a background of zeros. */
function productModel(): { model: ExplainedModel; x: Float32Array; shapley: Float64Array } {
  const features = 16;
  const x = Float32Array.from({ length: features }, (_, f) => 0.5 + Math.sin(f));
  const predict = (rows: Float32Array, n: number) =>
    Float64Array.from({ length: 2 * n }, (_, i) => {
      const r = rowOf(rows, i >> 1, features);
      return i % 2 === 0 ? 3 + r[0] * r[1] + 2 * r[2] : r[3] * r[4] * r[5] - r[15];
    });
  const shapley = new Float64Array(2 * features);
  // a product is shared evenly by its factors: without any of them it is 0
  for (const f of [0, 1]) shapley[2 * f] = (x[0] * x[1]) / 2;
  shapley[4] = 2 * x[2];
  for (const f of [3, 4, 5]) shapley[2 * f + 1] = (x[3] * x[4] * x[5]) / 3;
  shapley[31] = -x[15];
  return { model: { features, targets: 2, predict, background: new Float32Array(features) }, x, shapley };
}

for (const [name, explain] of Object.entries(methods)) {
  describe(name, () => {
    test('of up to ten features are the Shapley values: those of the forest itself', () => {
      const { forest, x } = smallForest(2);
      const background = x.subarray(70, 119);
      const model = {
        features: 7,
        targets: 2,
        predict: (rows: Float32Array) => predictForest(forest, rows),
        background,
      };
      const got = explain(model, x.subarray(0, 21), 3, { seed: 1 });
      const expected = interventionalShap(forest, x.subarray(0, 21), 3, background);
      expect(got.exact).toBe(true);
      expect(worst(got.values, expected.values)).toBeLessThan(1e-10);
      expect(worst(got.base, expected.base)).toBeLessThan(1e-12);
      expect([...got.error].every((error) => error === 0)).toBe(true);
    });

    test('of groups are the Shapley values of the game that groups play', () => {
      const { forest, x } = smallForest(1);
      const background = x.subarray(70, 119);
      const groups = [0, 1, 0, 2, 2, 1, 0];
      const model = {
        features: 7,
        targets: 1,
        predict: (rows: Float32Array) => predictForest(forest, rows),
        background,
        groups,
      };
      const got = explain(model, x.subarray(0, 7), 1, { seed: 1 });
      const game = Array.from({ length: 8 }, (_, subset) => {
        const mixed = background.map((value, i) => ((subset >> groups[i % 7]) & 1 ? x[i % 7] : value));
        return predictForest(forest, mixed).reduce((sum, estimate) => sum + estimate / 7, 0);
      });
      expect(got.players).toBe(3);
      expect(worst(got.values, shapleyOf(game))).toBeLessThan(1e-11);
    });

    test('of more features are estimates that add up, lie within their stated error, and follow the seed', () => {
      const { model, x, shapley } = productModel();
      const got = explain(model, x, 1, { seed: 3 });
      expect(got.exact).toBe(false);
      let outside = 0;
      for (let i = 0; i < shapley.length; i++) {
        const off = Math.abs(got.values[i] - shapley[i]);
        if (off > 4 * got.error[i] + 1e-9) outside++;
        expect(off).toBeLessThan(0.1);
      }
      expect(outside).toBeLessThanOrEqual(1);
      const estimate = model.predict(x, 1);
      for (const t of [0, 1]) {
        const sum = got.values.reduce((total, value, i) => total + (i % 2 === t ? value : 0), got.base[t]);
        expect(Math.abs(sum - estimate[t])).toBeLessThan(1e-9);
      }
      expect(explain(model, x, 1, { seed: 3 }).values).toEqual(got.values);
      expect(explain(model, x, 1, { seed: 4 }).values).not.toEqual(got.values);
    });

    test('of a row do not depend on the rows beside it', () => {
      const { model, x } = productModel();
      const other = Float32Array.from({ length: 16 }, (_, f) => Random.of(f, 'other').normal());
      const both = new Float32Array(32);
      both.set(x);
      both.set(other, 16);
      const alone = explain(model, x, 1, { seed: 3 }).values;
      expect(explain(model, both, 2, { seed: 3 }).values.subarray(0, 32)).toEqual(alone);
    });
  });
}

describe('sampling options', () => {
  test('too poor for an error estimate are refused, and so are groups with gaps', () => {
    const { model, x } = productModel();
    expect(() => permutationShap(model, x, 1, { seed: 1, pairs: 1 })).toThrow(/too few.*at least 2 pairs/);
    expect(() => kernelShap(model, x, 1, { seed: 1, coalitions: 100 })).toThrow(/too few.*at least 256/);
    const groups = model.background.map((_, f) => (f === 0 ? 0 : 2));
    expect(() => kernelShap({ ...model, groups }, x, 1, { seed: 1 })).toThrow(/without a gap/);
  });
});
