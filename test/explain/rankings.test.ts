/** Other rankings than SHAP: each against its definition, and their comparison inside the folds. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { permutationImportance } from '../../sdk/explain/permutation-importance.ts';
import { meanJaccard, whereShapDoesNotWin } from '../../sdk/explain/rankings.ts';
import { rankFold } from '../../sdk/explain/rankings-fits.ts';
import { type Forest, impurityImportance, trainForest } from '../../sdk/forest/index.ts';

/** Eight rows, mean 4: feature 0 halves them into means 2 and 6, feature 1 the right half into 5 and 7. */
const byHand: Forest = {
  targets: 1,
  features: 3,
  roots: Int32Array.of(0),
  feature: Int32Array.of(0, -1, 1, -1, -1),
  threshold: Float32Array.of(0.5, 0, 0.5, 0, 0),
  left: Int32Array.of(1, -1, 3, -1, -1),
  right: Int32Array.of(2, -1, 4, -1, -1),
  value: Float64Array.of(4, 2, 6, 5, 7),
  cover: Float64Array.of(8, 4, 4, 2, 2),
};

const n = 90;
const F = 12;
const random = Random.of(2, 'rows');
const x = Float32Array.from({ length: n * F }, () => random.normal());
const y = Float64Array.from({ length: n }, (_, row) => 3 * x[row * F + 4] + x[row * F + 9] + 0.1 * random.normal());
const data = {
  x,
  y,
  n,
  features: F,
  targets: 1,
  foldOf: Uint16Array.from({ length: n }, (_, row) => row % 3),
  forest: { trees: 15, minLeaf: 2, mtry: 1 / 3 },
  seed: 7,
};
const job = { fold: 1, keep: [6, 2], reflectance: [0, 1, 2, 3, 4, 5, 6, 7], seeds: [11, 12] };

describe('importance', () => {
  test('impurity is the share of a feature in the variance that splits take away', () => {
    const shares = impurityImportance(byHand, Float64Array.of(2));
    [8 / 9, 1 / 9, 0].forEach((share, f) => {
      expect(shares[f]).toBeCloseTo(share, 12);
    });
  });

  test('permutation is what shuffling a feature costs: nothing where no tree tests it', () => {
    const forest = trainForest(x, y, { rows: n, features: F, targets: 1 }, { trees: 15, minLeaf: 2, mtry: 6, seed: 1 });
    const importance = permutationImportance(forest, x, y, Float64Array.of(3), Random.of(1, 'shuffle'));
    expect(importance.indexOf(Math.max(...importance))).toBe(4);
    const hand = permutationImportance(
      byHand,
      Float32Array.of(0, 0, 0, 1, 1, 1),
      Float64Array.of(2, 7),
      Float64Array.of(1),
      Random.of(4, 's'),
    );
    expect(hand[2]).toBe(0);
    expect(Math.max(...hand)).toBeGreaterThanOrEqual(0);
  });
});

describe('rankings inside a fold', () => {
  const result = rankFold(data, job);

  test('every ranking by a forest keeps the two features that the target hangs on', () => {
    const held = result.rankings.filter(({ top }) => top.length > 0);
    expect(held.map(({ name }) => name)).toEqual(['shap', 'impurity', 'permutation']);
    for (const { top } of held) {
      expect(top).toHaveLength(3);
      for (const list of top) expect([...list.subarray(0, 2)].sort()).toEqual([4, 9]);
    }
  });

  test('they predict better than features by lot or equal steps', () => {
    const error = (name: string) => {
      const kept = result.rankings.find((ranking) => ranking.name === name)?.kept.find(({ keep }) => keep === 2);
      return [...result.rows].reduce((sum, row, i) => sum + ((kept?.prediction[i] ?? 0) - y[row]) ** 2, 0);
    };
    for (const name of ['shap', 'impurity', 'permutation']) {
      expect(error(name)).toBeLessThan(error('random'));
      expect(error(name)).toBeLessThan(error('equal'));
    }
  });

  test('the targets of the fold change nothing', () => {
    const other = Float64Array.from(y, (value, row) => (row % 3 === 1 ? -7 * value : value));
    expect(rankFold({ ...data, y: other }, job)).toEqual(result);
  });
});

test('overlap is shared over all, averaged over the pairs', () => {
  expect(meanJaccard([[1, 2, 3]])).toBe(1);
  expect(
    meanJaccard([
      [1, 2],
      [2, 3],
      [1, 2],
    ]),
  ).toBeCloseTo((1 / 3 + 1 / 3 + 1) / 3, 12);
});

test('where SHAP does not win is said, and only there', () => {
  const point = (behindShap: number) => ({
    keep: 24,
    score: 0.5,
    sd: 0.1,
    lossPercent: 3,
    behindShap,
    behindShapError: 0.01,
  });
  const notes = whereShapDoesNotWin([
    { name: 'shap', points: [point(0)] },
    { name: 'impurity', points: [point(0.005)] },
    { name: 'permutation', points: [point(-0.02)] },
    { name: 'random', points: [point(0.2)] },
  ]);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toMatch(/^impurity at 24 features: as good as SHAP/);
  expect(notes[1]).toMatch(/^permutation at 24 features: better than SHAP/);
});
