import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random, SILENT } from '../../sdk/base/index.ts';
import { AUTO_RECIPES } from '../../sdk/explain/candidates.ts';
import { trainSoilModel } from '../../sdk/explain/index.ts';
import { planNested } from '../../sdk/explain/nested.ts';
import { chooseWeights } from '../../sdk/explain/nested-weights.ts';
import { NEVER_HELD_OUT } from '../../sdk/spectra/index.ts';
import { CONFIGURATIONS, measure } from '../campaigns/sixteen-pairs.ts';

describe('weights of candidates', () => {
  test('two models with errors that do not go together are weighted by the inverse of their squared errors', () => {
    // errors (3, 0, 3, 0) and (0, 1, 0, 1): wᵀEw least at E₂/(E₁ + E₂) = 2/20
    const truth = Float64Array.of(1, 2, 3, 4);
    const estimates = [Float64Array.of(4, 2, 6, 4), Float64Array.of(1, 3, 3, 5)];
    const weights = chooseWeights(estimates, truth, 'combine');
    expect(weights[0]).toBeCloseTo(0.1, 10);
    expect(weights[1]).toBeCloseTo(0.9, 10);
    expect([...chooseWeights(estimates, truth, 'best')]).toEqual([0, 1]);
  });

  test('a model that only adds error gets none', () => {
    const truth = Float64Array.of(0, 0, 0);
    expect([...chooseWeights([Float64Array.of(1, 1, 1), Float64Array.of(3, 3, 3)], truth, 'combine')]).toEqual([1, 0]);
  });

  test('are a share each, and no point of a grid does better', () => {
    const error = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(error, error, error, (...errors) => {
        const truth = new Float64Array(12);
        const estimates = errors.map((values) => Float64Array.from(values, (value, i) => value + 0.1 * (i + 1)));
        const squared = (weights: ArrayLike<number>) =>
          truth.reduce(
            (sum, _, i) => sum + estimates.reduce((value, own, c) => value + weights[c] * own[i], 0) ** 2,
            0,
          );
        const own = chooseWeights(estimates, truth, 'combine');
        expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        const worst = squared([1, 0, 0]) + squared([0, 1, 0]) + squared([0, 0, 1]);
        for (let a = 0; a <= 10; a++)
          for (let b = 0; a + b <= 10; b++)
            // weights below 2 % are dropped, which costs a little
            expect(squared(own)).toBeLessThanOrEqual(squared([a / 10, b / 10, 1 - (a + b) / 10]) + 0.03 * worst);
      }),
    );
  });
});

describe('the plan of nested selection', () => {
  const n = 60;
  const plans = [
    ['published folds', Uint16Array.from({ length: n }, (_, i) => i % 6), undefined],
    ['two fields', Uint16Array.from({ length: n }, (_, i) => i % 2), undefined],
    ['many folds', Uint16Array.from({ length: n }, (_, i) => i % 20), undefined],
    ['a part held out', Uint16Array.from({ length: n }, (_, i) => (i % 4 ? NEVER_HELD_OUT : 0)), undefined],
    [
      'grouped folds',
      Uint16Array.from({ length: n }, (_, i) => i % 3),
      Uint32Array.from({ length: n }, (_, i) => i % 15),
    ],
  ] as const;

  test.each(plans)(
    'for %s, no choice sees a row of its own fold, nor a row that its model was trained on',
    (_, of, groupOf) => {
      const names = [...new Set(of)].filter((fold) => fold !== NEVER_HELD_OUT).map(String);
      const { outer, inner } = planNested({ of, names, scheme: '' }, 1, groupOf);
      const seen = outer.map(() => new Map<number, number>());
      for (const { trained, predicted, serves } of inner) {
        const trainedOn = new Set(trained);
        predicted.forEach((row, i) => {
          const fold = serves[i];
          expect(of[row]).not.toBe(fold);
          expect(trainedOn.has(row)).toBe(false);
          for (const other of trained) {
            if (of[other] === fold) throw new Error(`row ${other} of fold ${fold} was trained on for its choice`);
            if (groupOf && groupOf[other] === groupOf[row]) throw new Error(`group ${groupOf[row]} is on both sides`);
          }
          seen[fold].set(row, (seen[fold].get(row) ?? 0) + 1);
        });
      }
      outer.forEach(({ trained }, fold) => {
        expect([...seen[fold].keys()].sort((a, b) => a - b)).toEqual([...trained]);
        expect(new Set(seen[fold].values())).toEqual(new Set([1]));
      });
    },
  );
});

describe('auto', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-nested-'));

  test('finds nothing in noise, although it may choose among many', async () => {
    const random = Random.of(4, 'noise');
    const header = ['y', ...Array.from({ length: 12 }, (_, band) => String(500 + 5 * band))].join();
    const rows = Array.from({ length: 60 }, () =>
      Array.from({ length: 13 }, () => (10 + random.normal()).toFixed(4)).join(),
    );
    const data = join(folder, 'noise.csv');
    writeFileSync(data, [header, ...rows].join('\n'));
    const { score } = await trainSoilModel(
      { data, targets: ['y'], folds: '5', seed: 0, model: 'auto', forest: { trees: 10 }, out: folder, threads: 1 },
      SILENT,
    );
    expect(score.mean).toBeGreaterThan(0.9);
  });

  test('beats PLS and its own parts on a small data set, and says what it chose in each fold', async () => {
    const options = { folder, threads: 1, seed: 0 };
    const pair = { set: 'CV.98', target: 'clay' };
    const recipes = AUTO_RECIPES.filter(({ kind, groups }) => kind === 'extra' || groups[0] === 'abs');
    const { r2, auto, score } = await measure(pair, { model: 'auto', recipes, forest: { trees: 20 } }, options);
    const pls = await measure(pair, CONFIGURATIONS.pls, options);
    expect(r2).toBeGreaterThan(0.91);
    expect(r2).toBeGreaterThan(pls.r2);
    for (const candidate of auto?.candidates ?? []) expect(score).toBeLessThan(candidate.score);
    expect(Object.keys(auto?.inFold ?? {})).toHaveLength(10);
    for (const weights of Object.values(auto?.inFold ?? {}))
      expect(Object.values(weights.clay).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  test('one configuration of extra trees reaches the floor of a preprocessed forest on organic carbon', async () => {
    const { r2 } = await measure({ set: 'CV.98', target: 'SOC' }, CONFIGURATIONS.forest, {
      folder,
      threads: 1,
      seed: 0,
    });
    expect(r2).toBeGreaterThan(0.66);
  });
});
