import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import {
  type Forest,
  impurityImportance,
  outOfBagPredictions,
  predictForest,
  trainForest,
} from '../../sdk/forest/index.ts';

function problem(rows: number) {
  const random = Random.of(6, 'bags');
  const x = Float32Array.from({ length: rows * 3 }, () => random.normal());
  const y = Float64Array.from({ length: rows * 2 }, (_, i) => x[(i >> 1) * 3] * (1 + (i & 1)) + 0.3 * random.normal());
  return { x, y, shape: { rows, features: 3, targets: 2 } };
}

/** One tree of a forest as a forest. */
function only(forest: Forest, tree: number): Forest {
  return { ...forest, roots: forest.roots.subarray(tree, tree + 1) };
}

/** R² of the first of two targets over the rows that have an estimate. */
function r2(estimate: ArrayLike<number>, y: Float64Array): number {
  const rows = Array.from({ length: y.length / 2 }, (_, row) => row).filter((row) => !Number.isNaN(estimate[row * 2]));
  const mean = rows.reduce((sum, row) => sum + y[row * 2], 0) / rows.length;
  const error = rows.reduce((sum, row) => sum + (y[row * 2] - estimate[row * 2]) ** 2, 0);
  return 1 - error / rows.reduce((sum, row) => sum + (y[row * 2] - mean) ** 2, 0);
}

describe('out-of-bag predictions', () => {
  test('are those of the trees that never saw the row, told by what the trees remember', () => {
    const { x, y, shape } = problem(80);
    // leaf 1: a tree gives back the target of a row that it has seen, and of no other
    const options = { trees: 25, minLeaf: 1, mtry: 3, seed: 2 };
    const forest = trainForest(x, y, shape, options);
    const byHand = new Float64Array(80 * 2);
    const unseen = new Int32Array(80);
    for (let tree = 0; tree < 25; tree++) {
      const estimate = predictForest(only(forest, tree), x);
      for (let row = 0; row < 80; row++) {
        if (Math.abs(estimate[row * 2] - y[row * 2]) < 1e-12) continue;
        unseen[row]++;
        for (let t = 0; t < 2; t++) byHand[row * 2 + t] += estimate[row * 2 + t];
      }
    }
    for (let i = 0; i < byHand.length; i++) byHand[i] /= unseen[i >> 1];
    const outOfBag = outOfBagPredictions(forest, x, options);
    for (let i = 0; i < byHand.length; i++) expect(outOfBag[i]).toBeCloseTo(byHand[i], 10);
    expect(r2(outOfBag, y)).toBeCloseTo(r2(byHand, y), 10);
    expect(r2(outOfBag, y)).toBeGreaterThan(0.5);
    expect(r2(outOfBag, y)).toBeLessThan(r2(predictForest(forest, x), y));
  });

  test('are NaN where every bag held the row', () => {
    const { x, y, shape } = problem(40);
    const options = { trees: 1, minLeaf: 1, mtry: 3, seed: 2 };
    const outOfBag = outOfBagPredictions(trainForest(x, y, shape, options), x, options);
    const missing = outOfBag.filter(Number.isNaN).length / 80;
    expect(missing).toBeGreaterThan(0.45); // about 1 − 1/e of the rows are in a bag
    expect(missing).toBeLessThan(0.8);
    const whole = { ...options, bootstrap: false };
    expect(outOfBagPredictions(trainForest(x, y, shape, whole), x, whole).every(Number.isNaN)).toBe(true);
  });
});

describe('impurity importance', () => {
  test('is the fall of the squared error that each feature brings, counted row by row', () => {
    const { x, y, shape } = problem(30);
    const forest = trainForest(x, y, shape, { trees: 1, minLeaf: 3, mtry: 2, seed: 1, bootstrap: false });
    const sds = [1.5, 0.25];
    const squares = (rows: number[]) =>
      sds.reduce((sum, sd, t) => {
        const mean = rows.reduce((total, row) => total + y[row * 2 + t], 0) / rows.length;
        return sum + rows.reduce((total, row) => total + ((y[row * 2 + t] - mean) / sd) ** 2, 0);
      }, 0);
    const falls = [0, 0, 0];
    const visit = (node: number, rows: number[]): void => {
      const feature = forest.feature[node];
      if (feature < 0) return;
      const left = rows.filter((row) => x[row * 3 + feature] <= forest.threshold[node]);
      const right = rows.filter((row) => x[row * 3 + feature] > forest.threshold[node]);
      falls[feature] += squares(rows) - squares(left) - squares(right);
      visit(forest.left[node], left);
      visit(forest.right[node], right);
    };
    visit(0, [...Array(30).keys()]);
    const total = falls[0] + falls[1] + falls[2];
    impurityImportance(forest, sds).forEach((share, f) => {
      expect(share).toBeCloseTo(falls[f] / total, 12);
    });
  });

  test('sums to 1 and names the feature that tells the targets', () => {
    const { x, y, shape } = problem(200);
    const forest = trainForest(x, y, shape, { trees: 20, minLeaf: 2, mtry: 2, seed: 1 });
    const importance = impurityImportance(forest, [1, 2]);
    expect(importance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(importance[0]).toBeGreaterThan(0.7);
  });
});
