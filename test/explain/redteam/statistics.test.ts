/** The checks' own statistics against closed forms and brute force. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { scoreOf } from '../../../sdk/explain/redteam/judging.ts';
import { leastSquares, principalComponents, project } from '../../../sdk/explain/redteam/linear.ts';
import { auroc, binomialTail, ranks, shared, spearman } from '../../../sdk/explain/redteam/statistics.ts';
import { strongest } from '../../../sdk/explain/strongest.ts';

test('ranks share ties, Spearman follows any rising curve', () => {
  expect([...ranks([3, 1, 3, 2])]).toEqual([2.5, 0, 2.5, 1]);
  expect(spearman([1, 2, 3, 4], [1, 8, 27, 64])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3, 4], [9, 7, 5, 1])).toBeCloseTo(-1, 12);
});

test('the area under the ROC curve is the share of pairs in order', () => {
  const random = Random.of(3, 'auroc');
  const draw = (n: number, by: number) =>
    Float64Array.from({ length: n }, () => Math.round(4 * (random.normal() + by)));
  const [high, low] = [draw(30, 0.7), draw(40, 0)];
  let inOrder = 0;
  for (const a of high) for (const b of low) inOrder += a > b ? 1 : a === b ? 0.5 : 0;
  expect(auroc(high, low)).toBeCloseTo(inOrder / 1200, 12);
});

test('binomial tails', () => {
  expect(binomialTail(3, 3, 0.5)).toBeCloseTo(0.125, 12);
  expect(binomialTail(1, 10, 0.2)).toBeCloseTo(1 - 0.8 ** 10, 12);
  expect(binomialTail(0, 10, 0.2)).toBe(1);
});

test('the strongest come in order, what two sets share is counted', () => {
  expect([...strongest([1, 5, 5, 2], 3)]).toEqual([1, 2, 3]);
  expect(shared([1, 2, 3], [2, 3, 4])).toBe(2);
});

describe('linear algebra', () => {
  const random = Random.of(4, 'linear');
  const columns = Array.from({ length: 3 }, () => Float64Array.from({ length: 50 }, () => random.normal()));

  test('least squares finds the line that made the data', () => {
    const y = columns[0].map((_, i) => 2 * columns[0][i] - columns[1][i] + 0.5 * columns[2][i] + 7);
    [2, -1, 0.5, 7].forEach((expected, k) => {
      expect(leastSquares(columns, y)[k]).toBeCloseTo(expected, 7);
    });
  });

  test('principal components are orthonormal, and their scores have their variances', () => {
    const B = 20;
    const n = 200;
    const spectra = Float64Array.from({ length: n * B }, () => 0);
    for (let i = 0; i < n; i++) {
      const [a, b] = [3 * random.normal(), random.normal()];
      for (let k = 0; k < B; k++) spectra[i * B + k] = a * Math.sin(k) + b * Math.cos(2 * k) + 0.01 * random.normal();
    }
    const pca = principalComponents(spectra, B, 5);
    expect(pca.components).toBe(5);
    const dot = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k < B; k++) sum += pca.vectors[i * B + k] * pca.vectors[j * B + k];
      return sum;
    };
    for (let i = 0; i < 5; i++) for (let j = 0; j < 5; j++) expect(dot(i, j)).toBeCloseTo(i === j ? 1 : 0, 10);
    const scores = project(pca, spectra, B);
    for (const k of [0, 1]) {
      let square = 0;
      for (let i = 0; i < n; i++) square += scores[i * 5 + k] ** 2 / (n - 1);
      expect(square / pca.variances[k]).toBeCloseTo(1, 9);
    }
    expect(pca.variances[0]).toBeGreaterThan(4 * pca.variances[1]);
  });
});

test('the score is MSE over that of the mean, averaged over the targets', () => {
  const truth = Float64Array.of(1, 10, 3, 30);
  const audit = { truth, baseline: Float64Array.of(2, 20, 2, 20), targets: ['a', 'b'] };
  expect(scoreOf(audit, audit.baseline, [0, 1])).toBe(1);
  expect(scoreOf(audit, truth, [0, 1])).toBe(0);
  expect(scoreOf(audit, Float64Array.of(1.5, 10, 2.5, 30), [0, 1])).toBeCloseTo(0.125, 12);
});
