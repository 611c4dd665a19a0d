import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { type Forest, predictForest, trainForest } from '../../sdk/forest/index.ts';
import { predictInto, preparedForest } from '../../sdk/forest/predict.ts';

const random = Random.of(5, 'predict');
const [n, features, targets] = [150, 9, 3];
const x = Float32Array.from({ length: n * features }, () => random.normal());
const y = Float64Array.from({ length: n * targets }, (_, i) => x[Math.floor(i / targets) * features + (i % targets)]);

/** Straight from the definition: trees in order, the mean of the leaves reached. */
function byDefinition(forest: Forest, rows: Float32Array): Float64Array {
  const { feature, threshold, left, right, value, roots } = forest;
  const estimate = new Float64Array((rows.length / features) * targets);
  for (let row = 0; row < rows.length / features; row++) {
    for (const root of roots) {
      let node = root;
      while (feature[node] >= 0)
        node = rows[row * features + feature[node]] <= threshold[node] ? left[node] : right[node];
      for (let t = 0; t < targets; t++) estimate[row * targets + t] += value[node * targets + t];
    }
  }
  return estimate.map((sum) => sum / roots.length);
}

describe('the evaluator', () => {
  for (const trees of [1, 3, 4, 10]) {
    test(`gives the mean of the leaves reached, to the last bit: ${trees} trees`, () => {
      const forest = trainForest(x, y, { rows: n, features, targets }, { trees, minLeaf: 2, mtry: 3, seed: 1 });
      expect(predictForest(forest, x)).toEqual(byDefinition(forest, x));
      for (const row of [0, 149])
        expect(predictForest(forest, x.subarray(row * features, (row + 1) * features))).toEqual(
          byDefinition(forest, x).subarray(row * targets, (row + 1) * targets),
        );
    });
  }

  test('sends a value that is not a number right, infinities to their sides, and a value on the threshold left', () => {
    const forest: Forest = {
      targets: 1,
      features: 1,
      roots: Int32Array.of(0),
      feature: Int32Array.of(0, -1, -1),
      threshold: Float32Array.of(0.5, 0, 0),
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      value: Float64Array.of(0, 1, 2),
      cover: Float64Array.of(2, 1, 1),
    };
    const rows = Float32Array.of(Number.NaN, -Infinity, Infinity, 0.5, 0.50000006);
    expect([...predictForest(forest, rows)]).toEqual([2, 1, 2, 1, 2]);
  });

  test('writes into an array that is given, whatever stood there', () => {
    const forest = trainForest(x, y, { rows: n, features, targets }, { trees: 5, minLeaf: 1, mtry: 3, seed: 1 });
    const into = new Float64Array(n * targets).fill(7);
    predictInto(preparedForest(forest), x, n, into);
    expect(into).toEqual(predictForest(forest, x));
  });

  test('refuses what is not whole rows', () => {
    const forest = trainForest(x, y, { rows: n, features, targets }, { trees: 1, minLeaf: 9, mtry: 3, seed: 1 });
    expect(() => predictForest(forest, x.subarray(1))).toThrow(/1349 values are not rows of 9/);
  });
});
