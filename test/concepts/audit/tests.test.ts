import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { testClasses, testContributions, upperTail } from '../../../sdk/concepts/audit/attribute-test.ts';
import type { Contribution } from '../../../sdk/concepts/audit/contributions.ts';
import { bootstrapMeans } from '../../../sdk/concepts/audit/curve.ts';
import { holm } from '../../../sdk/concepts/audit/holm.ts';
import { pValue, testLabels } from '../../../sdk/concepts/audit/label-test.ts';

const contribution = (rows: number[], present: number[], absent: number[], of = 0): Contribution => ({
  ...{ latent: 0, class: of, rows: Uint32Array.from(rows) },
  ...{ present: Float64Array.from(present), absent: Float64Array.from(absent), effect: 0 },
});

test('what a concept costs is the Brier error with it less that without it', () => {
  const labels = Int32Array.of(0, 1, 0, -1);
  const { excess } = testLabels(contribution([0, 1, 3], [0.9, 0.6, 0.3], [0.5, 0.1, 0.2]), labels, 0);
  const brier = (p: number, y: number) => (p - y) ** 2;
  const expected = brier(0.9, 1) - brier(0.5, 1) + brier(0.6, 0) - brier(0.1, 0) + brier(0.3, 0) - brier(0.2, 0);
  expect(excess).toBeCloseTo(expected / 3, 12);
});

test('the label test never rejects more often than its level, however few rows pay for the many', () => {
  // 97 % of rows cost 0.03, 3 % pay 0.97: a mean of 0, and most samples of 30 have no row that pays
  const random = Random.of(0, 'costs');
  const draws = 4000;
  const rejected = { exact: 0, student: 0 };
  for (let draw = 0; draw < draws; draw++) {
    const costs = Float64Array.from({ length: 30 }, () => (random.uniform() < 0.97 ? 0.03 : -0.97));
    if (pValue(costs, -0.97, 0) <= 0.05) rejected.exact++;
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / 30;
    const error = Math.sqrt(costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / 29 / 30);
    if (mean / Math.max(error, 1e-9) > 1.699) rejected.student++;
  }
  expect(rejected.exact / draws).toBeLessThanOrEqual(0.05);
  // what a t-test makes of the same draws
  expect(rejected.student / draws).toBeGreaterThan(0.3);
});

test('the label test finds a cost that is there', () => {
  const random = Random.of(1, 'costs');
  const costs = Float64Array.from({ length: 300 }, () => (random.uniform() < 0.9 ? 0.15 : -0.4));
  expect(pValue(costs, -0.5, 0)).toBeLessThan(1e-6);
  expect(pValue(costs, -0.5, 0.2)).toBe(1);
});

test('Holm: the worked example of the textbooks, and never below Bonferroni of the least', () => {
  expect([...holm([0.01, 0.04, 0.03, 0.005])]).toEqual([0.03, 0.06, 0.06, 0.02]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (p) => {
      const adjusted = holm(p);
      const order = [...p.keys()].sort((a, b) => p[a] - p[b]);
      expect(adjusted[order[0]]).toBe(Math.min(1, p.length * p[order[0]]));
      for (let i = 1; i < order.length; i++) expect(adjusted[order[i]]).toBeGreaterThanOrEqual(adjusted[order[i - 1]]);
    }),
  );
});

test.each([
  [0, 0.5],
  [1.6448536269514722, 0.05],
  [-1.959963984540054, 0.975],
  [4, 3.167124183311986e-5],
  [10, 7.61985302416e-24],
])('the normal tail beyond %d is that of the tables', (z, expected) => {
  expect(Math.abs(upperTail(z) / expected - 1)).toBeLessThan(2e-7);
});

test("a class's gap is the slope of its probability on the attribute within true classes", () => {
  // by hand: class 0 has means 0.8 and 0.6 with and without (2 rows each), class 1 0.3 and 0.3
  const probabilities = Float64Array.from([0.9, 0.7, 0.65, 0.55, 0.2, 0.4, 0.3, 0.3].flatMap((p) => [p, 1 - p]));
  const rows = {
    values: Float64Array.of(1, 1, 0, 0, 1, 1, 0, 0),
    strata: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
  };
  const [first, second] = testClasses(probabilities, 2, rows, 0);
  expect(first.gap).toBeCloseTo(0.1, 12);
  expect(second.gap).toBeCloseTo(-0.1, 12);
  expect(first.p).toBeCloseTo(second.p, 12);
  expect(testClasses(probabilities, 2, rows, 0.2)[0].p).toBeGreaterThan(0.5);
});

test('an attribute that is the true class itself leaves nothing to say', () => {
  const rows = { values: Float64Array.of(1, 1, 0, 0), strata: Int32Array.of(0, 0, 1, 1) };
  const probabilities = Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.3, 0.7);
  expect(testClasses(probabilities, 2, rows, 0).map(({ p }) => p)).toEqual([1, 1]);
  const [own] = testContributions([contribution([0, 2], [0.9, 0.5], [0.1, 0.2])], rows, 99, new Random(0));
  expect(own).toEqual({ gap: 0, p: 1, pAdjusted: 1 });
});

test('shuffles within classes give the p-values of all shuffles', () => {
  // two classes of three rows: 3 · 3 orders of one marked row each, all listed
  const strata = Int32Array.of(0, 0, 0, 1, 1, 1);
  const values = Float64Array.of(1, 0, 0, 0, 1, 0);
  const added = [0.5, 0.1, 0.2, 0.1, 0.4, 0.3];
  const own = contribution([0, 1, 2, 3, 4, 5], added, [0, 0, 0, 0, 0, 0]);
  const centred = added.map(
    (value, i) => value - added.slice(i < 3 ? 0 : 3, i < 3 ? 3 : 6).reduce((a, b) => a + b) / 3,
  );
  const sums = [0, 1, 2].flatMap((a) => [3, 4, 5].map((b) => Math.abs(centred[a] + centred[b])));
  const exact = sums.filter((sum) => sum >= centred[0] + centred[4] - 1e-12).length / sums.length;
  const [{ gap, p }] = testContributions([own], { values, strata }, 9999, new Random(5));
  expect(p).toBeCloseTo(exact, 1);
  expect(gap).toBeCloseTo((0.5 - 0.15 + (0.4 - 0.2)) / 2, 12);
});

test('with nothing to find, the best of many contributions is rarely found', () => {
  const random = Random.of(3, 'null');
  const strata = Int32Array.from({ length: 60 }, (_, i) => i % 3);
  let found = 0;
  const worlds = 60;
  for (let world = 0; world < worlds; world++) {
    const values = Float64Array.from({ length: 60 }, () => (random.uniform() < 0.3 ? 1 : 0));
    const contributions = Array.from({ length: 25 }, () => {
      const rows = [...random.permutation(60).slice(0, 25)].sort((a, b) => a - b);
      return contribution(
        rows,
        rows.map(() => random.uniform() ** 4),
        rows.map(() => 0),
      );
    });
    const tests = testContributions(contributions, { values, strata }, 199, Random.of(world, 'shuffles'));
    if (tests.some(({ pAdjusted }) => pAdjusted <= 0.05)) found++;
  }
  // binomial(60, 0.05): 8 or more has a chance of 1 %
  expect(found).toBeLessThan(8);
});

test('a bootstrap interval of a mean is about that of the normal law', () => {
  const random = Random.of(2, 'values');
  const values = Float64Array.from({ length: 400 }, () => random.normal());
  const mean = values.reduce((a, b) => a + b, 0) / 400;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 400);
  const [{ low, high }] = bootstrapMeans([values], 0.05, new Random(1));
  expect(low).toBeCloseTo(mean - (1.96 * sd) / 20, 1);
  expect(high).toBeCloseTo(mean + (1.96 * sd) / 20, 1);
  expect(low).toBeLessThan(mean);
});
