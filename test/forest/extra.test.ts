import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { type ForestOptions, predictForest, trainForest, trainForestThreads } from '../../sdk/forest/index.ts';

/** Rows of four features, the first of which tells the target. */
function problem(rows: number) {
  const random = Random.of(4, 'extra');
  const x = Float32Array.from({ length: rows * 4 }, () => random.uniform());
  const y = Float64Array.from({ length: rows }, (_, row) => x[row * 4] ** 2);
  return { x, y, shape: { rows, features: 4, targets: 1 } };
}

const OPTIONS: ForestOptions = { kind: 'extra', trees: 30, minLeaf: 1, mtry: 4, seed: 3 };

describe('extra trees', () => {
  test('learn every row by heart: they see all rows unless bags are asked for', () => {
    const { x, y, shape } = problem(300);
    const estimate = predictForest(trainForest(x, y, shape, OPTIONS), x);
    for (let row = 0; row < 300; row++) expect(estimate[row]).toBeCloseTo(y[row], 12);
    const bagged = predictForest(trainForest(x, y, shape, { ...OPTIONS, bootstrap: true }), x);
    expect(bagged.every((value, row) => Math.abs(value - y[row]) < 1e-12)).toBe(false);
  });

  test('put the threshold of a root anywhere between the lowest and the highest value alike', () => {
    const x = Float32Array.of(0, 8, 9, 10);
    const y = Float64Array.of(1, 2, 3, 4);
    const options = { ...OPTIONS, trees: 4000, mtry: 1 };
    const { roots, threshold } = trainForest(x, y, { rows: 4, features: 1, targets: 1 }, options);
    const drawn = Array.from(roots, (root) => threshold[root]);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(10);
    // uniform: the share below t is t/10, within four standard errors
    for (const t of [1, 2.5, 5, 8, 9.5]) {
      const share = drawn.filter((value) => value < t).length / 4000;
      expect(Math.abs(share - t / 10)).toBeLessThan(4 * Math.sqrt(((t / 10) * (1 - t / 10)) / 4000));
    }
  });

  test('keep minLeaf rows on both sides, and are one leaf where no threshold can', () => {
    const { x, y, shape } = problem(200);
    const { feature, cover } = trainForest(x, y, shape, { ...OPTIONS, minLeaf: 9 });
    for (let node = 0; node < feature.length; node++)
      if (feature[node] < 0) expect(cover[node]).toBeGreaterThanOrEqual(9);
    const same = new Float32Array(200 * 4).fill(3);
    expect(trainForest(same, y, shape, { ...OPTIONS, trees: 1 }).feature.length).toBe(1);
  });

  test('take values as large as float32 goes', () => {
    const x = Float32Array.of(-3.4e38, 3.4e38, 0, 1e-38);
    const y = Float64Array.of(1, 2, 3, 4);
    const forest = trainForest(x, y, { rows: 4, features: 1, targets: 1 }, { ...OPTIONS, trees: 5, mtry: 1 });
    expect(forest.threshold.every(Number.isFinite)).toBe(true);
    expect(predictForest(forest, x.subarray(0, 2))[0]).toBeCloseTo(1, 12);
  });

  test('refuse a value that is not a number', () => {
    const { x, y, shape } = problem(10);
    expect(() => trainForest(x.with(9, Number.NaN), y, shape, OPTIONS)).toThrow(/NaN.*row 2, feature 1/);
  });
});

describe('a forest on threads', () => {
  test.each(['forest', 'extra'] as const)('is the forest of one thread, bit for bit: %s', async (kind) => {
    const { x, y, shape } = problem(150);
    const options = { ...OPTIONS, kind, trees: 11, mtry: 2 };
    const rows = Uint32Array.from({ length: 120 }, (_, i) => 149 - i);
    const one = trainForest(x, y, shape, options, rows);
    for (const threads of [1, 3]) expect(await trainForestThreads(x, y, shape, options, threads, rows)).toEqual(one);
    expect(await trainForestThreads(x, y, shape, options, 2)).toEqual(trainForest(x, y, shape, options));
  });

  test('says what is wrong with its data as one thread does', async () => {
    const { x, y, shape } = problem(10);
    const wrong = y.with(3, Number.NaN);
    await expect(trainForestThreads(x, wrong, shape, OPTIONS, 2)).rejects.toThrow(/NaN.*row 3, target 0/);
  });
});
