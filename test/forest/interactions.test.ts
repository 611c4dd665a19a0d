import { describe, expect, test } from 'vitest';
import { shapValues } from '../../sdk/forest/index.ts';
import { interactionValues } from '../../sdk/forest/interactions.ts';
import { exact, forestOf, interactionOf, pathGame, shapleyOf, smallForest, worst } from './shap-games.ts';

describe('SHAP interaction values', () => {
  test('equal the definition, summed over all subsets of the features', () => {
    const { forest, x } = smallForest(2);
    const { values } = interactionValues(forest, x.subarray(0, 14), 2);
    for (const [row, t] of [
      [0, 0],
      [1, 1],
    ]) {
      const game = pathGame(forest, x.subarray(row * 7, row * 7 + 7), t);
      const expected = Float64Array.from({ length: 49 }, (_, i) =>
        i % 7 === Math.floor(i / 7) ? 0 : interactionOf(game, i % 7, Math.floor(i / 7)),
      );
      shapleyOf(game).forEach((phi, f) => {
        let others = 0;
        for (let g = 0; g < 7; g++) others += expected[f * 7 + g];
        expected[f * 7 + f] = phi - others;
      });
      const got = Float64Array.from({ length: 49 }, (_, i) => values[(row * 49 + i) * 2 + t]);
      expect(worst(got, expected)).toBeLessThan(1e-12);
    }
  });

  for (const expected of exact.forests.filter(({ interactions }) => interactions)) {
    test(`equal Python shap ${exact.madeWith.shap}: ${expected.name}, depth ${expected.depth}`, () => {
      const { values } = interactionValues(forestOf(expected), Float32Array.from(exact.x).subarray(0, 28), 2);
      expect(worst(values, expected.interactions ?? [])).toBeLessThan(1e-9);
    });
  }

  test('between chosen features are those among all, and sum over all to the SHAP values', () => {
    const { forest, x } = smallForest(1);
    const all = interactionValues(forest, x.subarray(0, 21), 3).values;
    const chosen = Uint32Array.of(5, 0, 2);
    const some = interactionValues(forest, x.subarray(0, 21), 3, chosen).values;
    for (let row = 0; row < 3; row++)
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++)
          expect(some[(row * 3 + a) * 3 + b]).toBe(all[(row * 7 + chosen[a]) * 7 + chosen[b]]);
    const shap = Float64Array.from({ length: 21 }, (_, i) =>
      all.subarray(i * 7, i * 7 + 7).reduce((sum, value) => sum + value, 0),
    );
    expect(worst(shap, shapValues(forest, x.subarray(0, 21), 3).values)).toBeLessThan(1e-12);
  });

  test('are refused where they would not fit into memory', () => {
    const { forest } = smallForest(1);
    const wide = { ...forest, features: 20_000 };
    expect(() => interactionValues(wide, new Float32Array(20_000), 1)).toThrow(/too many numbers.*fewer features/);
  });
});
