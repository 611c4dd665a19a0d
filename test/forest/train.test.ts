import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import {
  binFeatures,
  type Forest,
  featuresRead,
  predictForest,
  trainBinned,
  trainForest,
} from '../../sdk/forest/index.ts';

/** Rows whose targets depend on some of the features, and noise. */
function problem(rows: number, features: number, targets: number, seed = 3) {
  const random = Random.of(seed, 'problem');
  const x = Float32Array.from({ length: rows * features }, () => random.normal());
  const y = Float64Array.from({ length: rows * targets }, (_, i) => {
    const row = Math.floor(i / targets) * features;
    return Math.sin(x[row]) * (1 + (i % targets)) + x[row + (i % Math.min(targets, features))] + 0.3 * random.normal();
  });
  return { x, y, shape: { rows, features, targets } };
}

/** One CART tree grown by trying every threshold of every feature, targets weighed by one over their variance; returns its predictions. */
function exhaustive({ x, y, shape }: ReturnType<typeof problem>, minLeaf: number): Float64Array {
  const { rows, features: F, targets: T } = shape;
  const variance = Array.from({ length: T }, (_, t) => spread(range(rows), t) / rows);
  const result = new Float64Array(rows * T);
  function spread(members: number[], t: number): number {
    const mean = members.reduce((sum, row) => sum + y[row * T + t], 0) / members.length;
    return members.reduce((sum, row) => sum + (y[row * T + t] - mean) ** 2, 0);
  }
  const error = (members: number[]) => variance.reduce((sum, v, t) => sum + spread(members, t) / v, 0);
  function grow(members: number[]): void {
    let best = { error: Number.POSITIVE_INFINITY, left: [] as number[], right: [] as number[] };
    for (let f = 0; f < F; f++) {
      const sorted = members.toSorted((a, b) => x[a * F + f] - x[b * F + f]);
      for (let i = minLeaf; i <= sorted.length - minLeaf; i++) {
        const [left, right] = [sorted.slice(0, i), sorted.slice(i)];
        const sum = error(left) + error(right);
        if (sum < best.error) best = { error: sum, left, right };
      }
    }
    if (best.left.length > 0) {
      grow(best.left);
      grow(best.right);
      return;
    }
    for (let t = 0; t < T; t++) {
      const mean = members.reduce((sum, row) => sum + y[row * T + t], 0) / members.length;
      for (const row of members) result[row * T + t] = mean;
    }
  }
  grow(range(rows));
  return result;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** Nodes of a forest as plain lists, to compare whole forests. */
function plain(forest: Forest): unknown {
  return Object.values(forest).map((part) => (typeof part === 'number' ? part : [...part]));
}

describe('a trained forest', () => {
  test('grows the tree that trying every split grows, for one target and for five', () => {
    for (const targets of [1, 5]) {
      const data = problem(160, 4, targets);
      const one = { trees: 1, minLeaf: 4, mtry: 4, seed: 1, bootstrap: false };
      const got = predictForest(trainForest(data.x, data.y, data.shape, one), data.x);
      const expected = exhaustive(data, 4);
      for (let i = 0; i < expected.length; i++) expect(got[i]).toBeCloseTo(expected[i], 12);
    }
  });

  test('learns by heart where leaves may hold one row and no bootstrap is drawn', () => {
    const { x, y, shape } = problem(700, 3, 2); // more distinct values than bins
    const forest = trainForest(x, y, shape, { trees: 2, minLeaf: 1, mtry: 1, seed: 1, bootstrap: false });
    expect([...predictForest(forest, x)]).toEqual([...y]);
  });

  test('separates any two float32 values, be they neighbours', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, (low) => {
        const bits = new Int32Array(Float32Array.of(low + 0).buffer);
        const high = new Float32Array(Int32Array.of(bits[0] < 0 ? bits[0] - 1 : bits[0] + 1).buffer)[0];
        fc.pre(Number.isFinite(high) && high !== low);
        const options = { trees: 1, minLeaf: 1, mtry: 1, seed: 0, bootstrap: false };
        const x = Float32Array.of(low, high);
        const forest = trainForest(x, Float64Array.of(1, 2), { rows: 2, features: 1, targets: 1 }, options);
        expect([...predictForest(forest, x)]).toEqual([1, 2]);
      }),
    );
  });

  test('has covers that add up to the rows drawn and leaves of at least minLeaf rows', () => {
    const { x, y, shape } = problem(300, 6, 3);
    const forest = trainForest(x, y, shape, { trees: 4, minLeaf: 7, mtry: 2, seed: 5 });
    for (const root of forest.roots) expect(forest.cover[root]).toBe(300);
    for (let node = 0; node < forest.feature.length; node++) {
      if (forest.feature[node] < 0) expect(forest.cover[node]).toBeGreaterThanOrEqual(7);
      else expect(forest.cover[forest.left[node]] + forest.cover[forest.right[node]]).toBe(forest.cover[node]);
    }
  });

  test('is the same for the same seed, tree by tree, however many trees are grown', () => {
    const { x, y, shape } = problem(120, 8, 2);
    const grow = (trees: number, seed: number) => trainForest(x, y, shape, { trees, minLeaf: 1, mtry: 3, seed });
    expect(plain(grow(3, 9))).toEqual(plain(grow(3, 9)));
    expect(plain(grow(3, 9))).not.toEqual(plain(grow(3, 10)));
    const three = grow(3, 9);
    const five = grow(5, 9);
    expect([...five.threshold.subarray(0, five.roots[3])]).toEqual([...three.threshold]);
  });

  test('does not depend on the units of its targets', () => {
    const { x, y, shape } = problem(200, 5, 2);
    const options = { trees: 3, minLeaf: 2, mtry: 2, seed: 4 };
    const scaled = y.map((value, i) => (i % 2 === 0 ? value : value * 1024));
    const [a, b] = [trainForest(x, y, shape, options), trainForest(x, scaled, shape, options)];
    expect([...b.threshold]).toEqual([...a.threshold]);
    for (let node = 0; node < a.feature.length; node++)
      expect(b.value[node * 2 + 1]).toBe(a.value[node * 2 + 1] * 1024);
  });

  test.each(['forest', 'extra'] as const)('splits by no target that does not vary: %s', (kind) => {
    // a seventh of 0.7 seven times over is not 0.7
    const { x, y, shape } = problem(57, 3, 1);
    const options = { trees: 3, minLeaf: 2, mtry: 2, seed: 4, kind };
    const alone = trainForest(x, y, shape, options);
    const both = Float64Array.from({ length: 114 }, (_, i) => (i % 2 === 0 ? y[i >> 1] : 0.7));
    const beside = trainForest(x, both, { ...shape, targets: 2 }, options);
    expect([...beside.threshold]).toEqual([...alone.threshold]);
    const constant = trainForest(x, new Float64Array(57).fill(0.7), shape, options);
    expect([...constant.feature]).toEqual([-1, -1, -1]);
  });

  test('is one leaf where nothing can be learnt', () => {
    const options = { trees: 1, minLeaf: 1, mtry: 1, seed: 0 };
    const shape = { rows: 4, features: 1, targets: 1 };
    const constant = trainForest(Float32Array.of(2, 2, 2, 2), Float64Array.of(1, 2, 3, 4), shape, options);
    expect(constant.feature.length).toBe(1);
    const same = trainForest(Float32Array.of(1, 2, 3, 4), Float64Array.of(6.8, 6.8, 6.8, 6.8), shape, options);
    expect([...same.feature]).toEqual([-1]);
    expect(same.value[0]).toBeCloseTo(6.8, 14);
  });

  test('on some rows and columns of a binned table is the forest of these columns, and never looks at other rows', () => {
    const { x, y, shape } = problem(150, 6, 2);
    const columns = Uint32Array.of(5, 0, 3);
    const rows = Uint32Array.from(range(150).filter((row) => row % 3 !== 0));
    const options = { trees: 3, minLeaf: 2, mtry: 2, seed: 6 };
    const forest = trainBinned(binFeatures(x, shape), y, 2, options, rows, columns);
    const gathered = Float32Array.from(
      { length: rows.length * 3 },
      (_, i) => x[rows[Math.floor(i / 3)] * 6 + columns[i % 3]],
    );
    const own = Float64Array.from({ length: rows.length * 2 }, (_, i) => y[rows[i >> 1] * 2 + (i & 1)]);
    const alone = trainForest(gathered, own, { rows: rows.length, features: 3, targets: 2 }, options);
    expect(plain(forest)).toEqual(plain(alone)); // 150 rows have a bin for every value
    expect([...featuresRead(forest)]).toEqual([0, 1, 2]);
  });

  test('tells 70,000 distinct values apart as far as a leaf needs', () => {
    const n = 70_000;
    const x = Float32Array.from({ length: n }, (_, i) => (i * 37) % n);
    const y = Float64Array.from(x, (value) => (value < 20_000 ? 0 : 1));
    const shape = { rows: n, features: 1, targets: 1 };
    const forest = trainForest(x, y, shape, { trees: 1, minLeaf: 1, mtry: 1, seed: 0, bootstrap: false });
    const wrong = predictForest(forest, x).reduce((sum, estimate, i) => sum + Math.abs(estimate - y[i]), 0);
    expect(wrong).toBeLessThan(2); // values 19,999 and 20,000 may share one of the 65,536 ranks
  });

  test('is refused where a value is not a number or an option is impossible, with the place and the remedy', () => {
    const { x, y, shape } = problem(10, 2, 1);
    const options = { trees: 1, minLeaf: 1, mtry: 1, seed: 0 };
    expect(() => trainForest(x.with(7, Number.NaN), y, shape, options)).toThrow(/NaN.*row 3, feature 1/);
    expect(() => trainForest(x, y.with(4, Number.POSITIVE_INFINITY), shape, options)).toThrow(/row 4, target 0/);
    expect(() => trainForest(x, y, shape, { ...options, mtry: 3 })).toThrow(/mtry 3.*1 to the number of features/);
    expect(() => trainForest(x, y, shape, { ...options, trees: 0 })).toThrow(/trees 0/);
    expect(() => trainForest(x, y, shape, { ...options, minLeaf: 1.5 })).toThrow(/minLeaf 1.5/);
  });
});

describe('prediction', () => {
  const stump: Forest = {
    targets: 2,
    features: 2,
    roots: Int32Array.of(0, 3),
    feature: Int32Array.of(1, -1, -1, -1),
    threshold: Float32Array.of(0.1, 0, 0, 0),
    left: Int32Array.of(1, -1, -1, -1),
    right: Int32Array.of(2, -1, -1, -1),
    value: Float64Array.of(0, 0, 1, 10, 3, 30, 5, 50),
    cover: Float64Array.of(2, 1, 1, 2),
  };

  test('is the mean over the trees; a value equal to the threshold goes left', () => {
    expect([...predictForest(stump, Float32Array.of(9, 0.1, 9, 0.2))]).toEqual([3, 30, 4, 40]);
  });

  test('refuses values that are not whole rows', () => {
    expect(() => predictForest(stump, Float32Array.of(1, 2, 3))).toThrow(/rows of 2 features/);
  });
});
