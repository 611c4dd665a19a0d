import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { type Forest, predictForest, shapValues, trainForest } from '../../sdk/forest/index.ts';
import { gaussLegendre } from '../../sdk/forest/quadrature.ts';

interface FixtureForest {
  name: string;
  targets: number;
  features: number;
  depth: number;
  x: number[];
  prediction: number[];
  shap: number[];
  base: number[];
  trees: Record<'feature' | 'threshold' | 'left' | 'right' | 'cover' | 'leafValue', number[]>[];
}
const fixture: { madeWith: Record<string, string>; forests: FixtureForest[] } = JSON.parse(
  readFileSync(new URL('../fixtures/shap-forest.json', import.meta.url), 'utf8'),
);

/** Greatest difference over the greatest magnitude expected. */
function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(got[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return got.length === expected.length ? difference / largest : Number.POSITIVE_INFINITY;
}

/** Base plus a row's SHAP values, [n, targets]. */
function sums(forest: Forest, { values, base }: { values: Float64Array; base: Float64Array }): Float64Array {
  const { features, targets } = forest;
  const n = values.length / (features * targets);
  return Float64Array.from({ length: n * targets }, (_, i) => {
    const [row, t] = [Math.floor(i / targets), i % targets];
    let sum = base[t];
    for (let f = 0; f < features; f++) sum += values[(row * features + f) * targets + t];
    return sum;
  });
}

function fromFixture({ targets, features, trees }: FixtureForest): Forest {
  const starts = trees.map((_, i) => trees.slice(0, i).reduce((sum, tree) => sum + tree.feature.length, 0));
  const all = (key: keyof FixtureForest['trees'][number]) => trees.flatMap((tree) => tree[key]);
  const children = (key: 'left' | 'right') =>
    Int32Array.from(trees.flatMap((tree, i) => tree[key].map((child) => (child < 0 ? -1 : child + starts[i]))));
  const feature = Int32Array.from(all('feature'));
  const leafValues = all('leafValue');
  const value = new Float64Array(feature.length * targets);
  let leaf = 0;
  for (let node = 0; node < feature.length; node++)
    if (feature[node] < 0) value.set(leafValues.slice(leaf * targets, ++leaf * targets), node * targets);
  return {
    targets,
    features,
    roots: Int32Array.from(starts),
    feature,
    threshold: Float32Array.from(all('threshold')),
    left: children('left'),
    right: children('right'),
    value,
    cover: Float64Array.from(all('cover')),
  };
}

/** Mean leaf value where only the features of `known` are known: both sides of the other tests, by their covers (Lundberg et al. 2020). */
function expectation(forest: Forest, x: Float32Array, known: number, node: number, t: number): number {
  const { feature, threshold, left, right, cover, value, targets } = forest;
  if (feature[node] < 0) return value[node * targets + t];
  const below = (child: number) => expectation(forest, x, known, child, t);
  if ((known >> feature[node]) & 1) return below(x[feature[node]] <= threshold[node] ? left[node] : right[node]);
  return (cover[left[node]] * below(left[node]) + cover[right[node]] * below(right[node])) / cover[node];
}

/** Shapley values by their definition: over all subsets of features. */
function bruteForce(forest: Forest, x: Float32Array, t: number): Float64Array {
  const F = forest.features;
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const game = Array.from({ length: 1 << F }, (_, subset) => {
    let sum = 0;
    for (const root of forest.roots) sum += expectation(forest, x, subset, root, t) / forest.roots.length;
    return sum;
  });
  return Float64Array.from({ length: F }, (_, f) => {
    let phi = 0;
    for (let subset = 0; subset < 1 << F; subset++) {
      if ((subset >> f) & 1) continue;
      const size = subset.toString(2).replaceAll('0', '').length;
      phi += ((factorial(size) * factorial(F - size - 1)) / factorial(F)) * (game[subset | (1 << f)] - game[subset]);
    }
    return phi;
  });
}

function smallForest(targets: number): { forest: Forest; x: Float32Array; n: number } {
  const random = Random.of(11, 'shap');
  const [n, features] = [60, 7];
  const x = Float32Array.from({ length: n * features }, () => random.normal());
  const y = Float64Array.from({ length: n * targets }, (_, i) => {
    const row = Math.floor(i / targets) * features;
    return x[row] * x[row + 1] + 3 * x[row + 2 + (i % targets)] + random.normal();
  });
  const shape = { rows: n, features, targets };
  return { forest: trainForest(x, y, shape, { trees: 5, minLeaf: 1, mtry: 3, seed: 2 }), x, n };
}

describe('SHAP values', () => {
  test('equal the definition, summed over all subsets of the features', () => {
    const { forest, x, n } = smallForest(2);
    const { values } = shapValues(forest, x, n);
    for (const row of [0, 7, 31]) {
      for (const t of [0, 1]) {
        const expected = bruteForce(forest, x.subarray(row * 7, row * 7 + 7), t);
        const got = Float64Array.from({ length: 7 }, (_, f) => values[(row * 7 + f) * 2 + t]);
        expect(worst(got, expected)).toBeLessThan(1e-12);
      }
    }
  });

  for (const expected of fixture.forests) {
    test(`equal Python shap ${fixture.madeWith.shap} on a scikit-learn forest: ${expected.name}, depth ${expected.depth}`, () => {
      const forest = fromFixture(expected);
      const x = Float32Array.from(expected.x);
      const shap = shapValues(forest, x, x.length / forest.features);
      expect(worst(predictForest(forest, x), expected.prediction)).toBeLessThan(1e-14);
      expect(worst(shap.values, expected.shap)).toBeLessThan(1e-9);
      expect(worst(shap.base, expected.base)).toBeLessThan(1e-12);
      expect(worst(sums(forest, shap), expected.prediction)).toBeLessThan(1e-10);
    });
  }

  test('and the base add up to the estimate; a feature that no node tests gets nothing', () => {
    const { forest, x, n } = smallForest(1);
    const wider = { ...forest, features: 8 };
    const padded = new Float32Array(n * 8);
    for (let row = 0; row < n; row++) padded.set(x.subarray(row * 7, row * 7 + 7), row * 8);
    const shap = shapValues(wider, padded, n);
    expect(worst(sums(wider, shap), predictForest(wider, padded))).toBeLessThan(1e-10);
    for (let row = 0; row < n; row++) expect(shap.values[row * 8 + 7]).toBe(0);
  });

  test('of a single leaf are zero', () => {
    const forest = trainForest(
      Float32Array.of(1, 2, 3),
      Float64Array.of(5, 5, 5),
      { rows: 3, features: 1, targets: 1 },
      { trees: 2, minLeaf: 1, mtry: 1, seed: 0 },
    );
    const { values, base } = shapValues(forest, Float32Array.of(2), 1);
    expect([...values, ...base]).toEqual([0, 5]);
  });

  test('are refused where a forest does not say what its nodes saw in training', () => {
    const { forest, x, n } = smallForest(1);
    const blind = { ...forest, cover: forest.cover.map(() => 1) };
    expect(() => shapValues(blind, x, n)).toThrow(/how many training rows.*nodes_hitrates/);
  });
});

describe('Gauss–Legendre quadrature', () => {
  test('integrates t^m over [0, 1] exactly up to degree 2q − 1', () => {
    for (const q of [1, 2, 5, 11, 40]) {
      const { nodes, weights } = gaussLegendre(q);
      for (let m = 0; m < 2 * q; m++) {
        const integral = weights.reduce((sum, weight, k) => sum + weight * nodes[k] ** m, 0);
        expect(Math.abs(integral * (m + 1) - 1)).toBeLessThan(1e-12);
      }
    }
  });
});
