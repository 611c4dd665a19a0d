import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import {
  decodeCode,
  preActivations,
  preActivationsOf,
  type SaeWeights,
  strongestLatents,
} from '../../sdk/sae/index.ts';
import { randomSae } from './random-sae.ts';

describe('a code', () => {
  test('is the largest positive pre-activations in falling order, ties by index', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 9 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (row, k) => {
          const expected = row
            .map((value, latent) => ({ value, latent }))
            .filter(({ value }) => value > 0)
            .sort((a, b) => b.value - a.value || a.latent - b.latent)
            .slice(0, k);
          const { latents, values } = strongestLatents(Float32Array.from(row), k);
          expect([...values]).toEqual(expected.map(({ value }) => value));
          expect([...latents]).toEqual(expected.map(({ latent }) => latent));
        },
      ),
    );
  });

  test('comes out alike from the flying evaluator and from dense products of many rows', async () => {
    const sae = randomSae(19, 33, 2);
    const random = new Random(3);
    const rows = Float32Array.from({ length: 700 * 19 }, () => random.normal());
    const plain = preActivations(sae, rows);
    const dense = await preActivationsOf(sae, rows, 1);
    expect(dense.reduce((worst, value, i) => Math.max(worst, Math.abs(value - plain[i])), 0)).toBeLessThan(1e-5);
  });

  test('of a model with thresholds holds what is above them, from either evaluator', async () => {
    const plain = randomSae(19, 33, 2);
    const random = new Random(3);
    const rows = Float32Array.from({ length: 40 * 19 }, () => random.normal());
    const threshold = Float32Array.from({ length: 33 }, () => 2 * random.uniform());
    const pre = preActivations(plain, rows);
    const expected = pre.map((value, i) => (value > threshold[i % 33] ? value : 0));
    expect(preActivations({ ...plain, threshold }, rows)).toEqual(expected);
    const dense = await preActivationsOf({ ...plain, threshold }, rows, 1);
    dense.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test('decodes by its definition, any prefix too', () => {
    const sae = randomSae(6, 9, 4);
    const [latents, values] = [
      [7, 2, 5],
      [1.5, 1, 0.25],
    ];
    for (const k of [0, 1, 3]) {
      const decoded = decodeCode(sae, latents.slice(0, k), values.slice(0, k));
      for (let j = 0; j < 6; j++) {
        let inside = sae.bPre[j];
        for (let i = 0; i < k; i++) inside += values[i] * sae.wDec[latents[i] * 6 + j];
        expect(decoded[j]).toBeCloseTo(inside / sae.scale + sae.mean[j], 5);
      }
    }
    expect(() => decodeCode(sae, [9], [1])).toThrow(/latent 9 of 9/);
  });

  test('of embeddings that are never negative decodes no further from them when negative values become 0', () => {
    const plain = randomSae(8, 12, 5);
    const projected = { ...plain, nonNegative: true };
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 }), (x) => {
        const { latents, values } = strongestLatents(preActivations(plain, Float32Array.from(x)), 4);
        const distance = (sae: SaeWeights) => Math.hypot(...decodeCode(sae, latents, values).map((y, i) => y - x[i]));
        expect(distance(projected)).toBeLessThanOrEqual(distance(plain) + 1e-6);
        expect(Math.min(...decodeCode(projected, latents, values))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
