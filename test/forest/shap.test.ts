import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { openExplainer } from '../../sdk/forest/explainer.ts';
import { type Forest, predictForest, shapValues, trainForest } from '../../sdk/forest/index.ts';
import { gaussLegendre } from '../../sdk/forest/quadrature.ts';
import { coveredForest } from '../../sdk/forest/shap-covers.ts';
import { shapValuesThreads } from '../../sdk/forest/shap-threads.ts';
import { exact, forestOf, pathGame, shapleyOf, smallForest, worst } from './shap-games.ts';

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

function fromTrees({ targets, features, trees }: FixtureForest): Forest {
  const starts = trees.map((_, i) => trees.slice(0, i).reduce((sum, tree) => sum + tree.feature.length, 0));
  const all = (key: keyof FixtureForest['trees'][number]) => trees.flatMap((tree) => tree[key]);
  const children = (key: 'left' | 'right') =>
    trees.flatMap((tree, i) => tree[key].map((child) => (child < 0 ? -1 : child + starts[i])));
  return forestOf({
    targets,
    features,
    roots: starts,
    feature: all('feature'),
    threshold: all('threshold'),
    left: children('left'),
    right: children('right'),
    cover: all('cover'),
    leafValue: all('leafValue'),
  });
}

/** A forest on correlated features whose rows share many decisions, and some of its rows. */
function sharedForest(targets: number, minLeaf: number): { forest: Forest; x: Float32Array; n: number } {
  const random = Random.of(3, 'shared');
  const [n, features] = [400, 12];
  const x = new Float32Array(n * features);
  for (let row = 0; row < n; row++) {
    const soil = random.normal();
    for (let f = 0; f < features; f++) x[row * features + f] = soil * Math.sin(f) + random.normal() / 3;
  }
  const y = Float64Array.from({ length: n * targets }, (_, i) => {
    const at = Math.floor(i / targets) * features;
    return x[at + (i % targets)] * x[at + 5] + random.normal() / 5;
  });
  return { forest: trainForest(x, y, { rows: n, features, targets }, { trees: 6, minLeaf, mtry: 4, seed: 8 }), x, n };
}

describe('SHAP values', () => {
  test('equal the definition, summed over all subsets of the features', () => {
    const { forest, x, n } = smallForest(2);
    for (const prefer of ['wasm', 'twin'] as const) {
      const values = openExplainer(forest, n, prefer).values(x, n);
      for (const row of [0, 7, 31]) {
        for (const t of [0, 1]) {
          const expected = shapleyOf(pathGame(forest, x.subarray(row * 7, row * 7 + 7), t));
          const got = Float64Array.from({ length: 7 }, (_, f) => values[(row * 7 + f) * 2 + t]);
          expect(worst(got, expected)).toBeLessThan(1e-12);
        }
      }
    }
  });

  for (const expected of fixture.forests) {
    test(`equal Python shap ${fixture.madeWith.shap} on a scikit-learn forest: ${expected.name}, depth ${expected.depth}`, () => {
      const forest = fromTrees(expected);
      const x = Float32Array.from(expected.x);
      const shap = shapValues(forest, x, x.length / forest.features);
      expect(worst(predictForest(forest, x), expected.prediction)).toBeLessThan(1e-14);
      expect(worst(shap.values, expected.shap)).toBeLessThan(1e-9);
      expect(worst(shap.base, expected.base)).toBeLessThan(1e-12);
      expect(worst(sums(forest, shap), expected.prediction)).toBeLessThan(1e-10);
    });
  }

  for (const expected of exact.forests) {
    test(`equal Python shap ${exact.madeWith.shap}: ${expected.name}, depth ${expected.depth}`, () => {
      const { values } = shapValues(forestOf(expected), Float32Array.from(exact.x), 3);
      expect(worst(values, expected.shap)).toBeLessThan(1e-10);
    });
  }

  for (const targets of [1, 2, 3, 4, 7]) {
    test(`agree between the kernel, its plain twin and row by row: ${targets} targets`, () => {
      for (const minLeaf of [1, 10]) {
        const { forest, x, n } = sharedForest(targets, minLeaf);
        const twin = openExplainer(forest, n, 'twin').values(x, n);
        const kernel = openExplainer(forest, n);
        expect(worst(kernel.values(x, n), twin)).toBeLessThan(1e-13);
        const row = forest.features * targets;
        for (const i of [0, 250]) {
          const alone = kernel.values(x.subarray(i * forest.features, (i + 1) * forest.features), 1);
          expect(worst(alone, twin.subarray(i * row, (i + 1) * row))).toBeLessThan(1e-13);
        }
      }
    });
  }

  test('of a row are the same bytes whatever rows go with it, and on any number of threads', async () => {
    for (const targets of [1, 3]) {
      const { forest, x, n } = sharedForest(targets, 1);
      const all = shapValues(forest, x, n);
      const some = openExplainer(forest).values(x.subarray(0, 37 * 12), 37);
      expect(all.values.subarray(0, some.length)).toEqual(some);
      const threads = await shapValuesThreads(forest, x, n, 3);
      expect(threads.values).toEqual(all.values);
      expect(threads.base).toEqual(all.base);
    }
  });

  test('and the base add up to the estimate; a feature that no node tests gets nothing', () => {
    const { forest, x, n } = smallForest(1);
    const wider = { ...forest, features: 8 };
    const padded = new Float32Array(n * 8);
    for (let row = 0; row < n; row++) padded.set(x.subarray(row * 7, row * 7 + 7), row * 8);
    const shap = shapValues(wider, padded, n);
    expect(worst(sums(wider, shap), predictForest(wider, padded))).toBeLessThan(1e-10);
    for (let row = 0; row < n; row++) expect(shap.values[row * 8 + 7]).toBe(0);
  });

  test('of a chain of 300 tests of two features in turn, deeper than any forest of ours, add up', () => {
    const splits = 300;
    const forest: Forest = {
      targets: 1,
      features: 2,
      roots: Int32Array.of(0),
      feature: Int32Array.from({ length: 2 * splits + 1 }, (_, i) =>
        i % 2 === 0 && i < 2 * splits ? (i / 2) % 2 : -1,
      ),
      threshold: Float32Array.from({ length: 2 * splits + 1 }, (_, i) => i / 2),
      left: Int32Array.from({ length: 2 * splits + 1 }, (_, i) => (i % 2 === 0 && i < 2 * splits ? i + 1 : -1)),
      right: Int32Array.from({ length: 2 * splits + 1 }, (_, i) => (i % 2 === 0 && i < 2 * splits ? i + 2 : -1)),
      value: Float64Array.from({ length: 2 * splits + 1 }, (_, i) => Math.sin(i)),
      cover: Float64Array.from({ length: 2 * splits + 1 }, (_, i) => (i % 2 === 0 ? splits + 1 - i / 2 : 1)),
    };
    const x = Float32Array.from({ length: 20 }, (_, i) => i * 31);
    const shap = shapValues(forest, x, 10);
    expect(worst(sums(forest, shap), predictForest(forest, x))).toBeLessThan(1e-10);
    const expected = shapleyOf(pathGame(forest, x.subarray(4, 6), 0));
    expect(worst(shap.values.subarray(4, 6), expected)).toBeLessThan(1e-11);
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

  test('are refused where a forest does not say what its nodes saw in training, until covers are counted on its rows', () => {
    const { forest, x, n } = smallForest(1);
    const blind = { ...forest, cover: forest.cover.map(() => 1) };
    expect(() => shapValues(blind, x, n)).toThrow(/how many training rows.*nodes_hitrates/);
    const shap = shapValues(coveredForest(blind, x, n), x, n);
    expect(worst(sums(forest, shap), predictForest(forest, x))).toBeLessThan(1e-10);
    expect(() => coveredForest(blind, x.subarray(0, 14), 2)).toThrow(/no row reaches a node.*trained on/);
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
