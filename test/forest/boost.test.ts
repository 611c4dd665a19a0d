import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { type EstimatorOptions, type Forest, fitEstimator, shapValues } from '../../sdk/forest/index.ts';
import { foldScore, soils, takeRows } from './estimators-data.ts';

const fixture: { madeWith: Record<string, string>; options: EstimatorOptions; scores: number[][] } = JSON.parse(
  readFileSync(new URL('../fixtures/estimators-boost.json', import.meta.url), 'utf8'),
);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Boosting of these rows, whose trees are there to be looked at. */
function boosted(rows: Parameters<typeof fitEstimator>[1], options: EstimatorOptions, seed = 1) {
  const estimator = fitEstimator('boost', rows, options, seed);
  return { estimator, forest: estimator.forest as Forest };
}

describe('boosting', () => {
  test(`scores on LimeSoDa in the published folds within 3 % of LightGBM ${fixture.madeWith.lightgbm} with the same settings`, {
    timeout: 120_000,
  }, () => {
    const table = soils('all', ['pH', 'clay', 'SOC'], ['arr', 'd1', 'd2', 'd3']);
    const options = { ...fixture.options, earlyStopping: false };
    const ours = foldScore(table, (training, held) => boosted(training, options).estimator.predict(held.x, held.n));
    expect(ours / mean(fixture.scores.map(mean))).toBeLessThan(1.03);
  });

  test('of one tree with full steps is the tree that brute force finds', () => {
    const random = Random.of(4, 'boost test');
    const [n, features] = [40, 3];
    const x = Float32Array.from({ length: n * features }, () => random.uniform());
    const y = Float64Array.from({ length: n }, (_, i) => (x[i * 3 + 1] > 0.4 ? 5 : 0) + random.normal());
    const options = {
      trees: 1,
      leaves: 2,
      minLeaf: 4,
      bagging: 1,
      mtry: 1,
      learningRate: 1,
      l2: 0,
      earlyStopping: false,
    };
    const { forest } = boosted({ x, y, n, features, targets: 1 }, options);
    let best = { loss: Number.POSITIVE_INFINITY, feature: -1, left: 0, right: 0, rows: 0 };
    for (let f = 0; f < features; f++)
      for (let row = 0; row < n; row++) {
        const isLeft = (i: number) => x[i * features + f] <= x[row * features + f];
        const left = [...y.keys()].filter(isLeft).map((i) => y[i]);
        const right = [...y.keys()].filter((i) => !isLeft(i)).map((i) => y[i]);
        if (left.length < 4 || right.length < 4) continue;
        const loss = [left, right].reduce((sum, side) => sum + side.reduce((s, v) => s + (v - mean(side)) ** 2, 0), 0);
        if (loss < best.loss) best = { loss, feature: f, left: mean(left), right: mean(right), rows: left.length };
      }
    expect(forest.feature[0]).toBe(best.feature);
    expect(forest.cover[1]).toBe(best.rows);
    expect(forest.value[1]).toBeCloseTo(best.left, 5);
    expect(forest.value[2]).toBeCloseTo(best.right, 5);
  });

  test('is a forest of small leaves that SHAP explains exactly, every target by its own trees', () => {
    const table = soils('SL.125', ['pH', 'clay'], ['d1']);
    const options = { trees: 20, leaves: 6, minLeaf: 7, bagging: 1, earlyStopping: false };
    const { estimator, forest } = boosted(table, options);
    expect(forest.roots.length).toBe(40);
    const leaves = [...forest.feature.keys()].filter((node) => forest.feature[node] < 0);
    expect(leaves.length).toBeLessThanOrEqual(40 * 6);
    expect(Math.min(...leaves.map((node) => forest.cover[node]))).toBeGreaterThanOrEqual(7);
    const few = takeRows(table, [0, 20, 90]);
    const { values, base } = shapValues(forest, few.x, few.n);
    const estimate = estimator.predict(few.x, few.n);
    for (let row = 0; row < few.n; row++)
      for (let t = 0; t < 2; t++) {
        let sum = base[t];
        for (let f = 0; f < table.features; f++) sum += values[(row * table.features + f) * 2 + t];
        expect(sum).toBeCloseTo(estimate[row * 2 + t], 9);
      }
  });

  test('stops early where the target is noise, and goes on where it is not', () => {
    const random = Random.of(6, 'boost noise');
    const [n, features] = [120, 4];
    const x = Float32Array.from({ length: n * features }, () => random.uniform());
    const y = Float64Array.from({ length: 2 * n }, (_, i) =>
      i % 2 === 0 ? random.normal() : 10 * x[(i >> 1) * features],
    );
    const [noise, signal] = boosted({ x, y, n, features, targets: 2 }, { trees: 150, leaves: 6 }).estimator.choices
      .trees as number[];
    expect(noise).toBeLessThan(20);
    expect(signal).toBeGreaterThan(40);
  });

  test('gives the same trees for the same seed, and others for another', () => {
    const table = soils('SL.125', ['pH'], ['d1']);
    const bytes = (seed: number) =>
      Buffer.from(boosted(table, { trees: 5, earlyStopping: false }, seed).estimator.files().get('forest.onnx') ?? []);
    expect(bytes(1).equals(bytes(1))).toBe(true);
    expect(bytes(1).equals(bytes(2))).toBe(false);
  });
});
