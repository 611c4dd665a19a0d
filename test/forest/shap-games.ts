/** What the SHAP tests stand on: forests of the fixtures and Shapley values by their definition. */
import { readFileSync } from 'node:fs';
import { Random } from '../../sdk/base/index.ts';
import { type Forest, trainForest } from '../../sdk/forest/index.ts';

/** A forest that Python's shap explained. */
export interface ExplainedForest {
  name: string;
  targets: number;
  features: number;
  depth: number;
  roots: number[];
  feature: number[];
  threshold: number[];
  left: number[];
  right: number[];
  cover: number[];
  leafValue: number[];
  shap: number[];
  /** By shap's TreeExplainer, whose weights are float32. */
  interventional: number[];
  /** The same over all coalitions in float64, by shap's ExactExplainer. */
  overCoalitions: number[];
  /** Of the first two rows. */
  interactions?: number[];
}

export const exact: {
  madeWith: Record<string, string>;
  x: number[];
  background: number[];
  forests: ExplainedForest[];
} = JSON.parse(readFileSync(new URL('../fixtures/shap-exact.json', import.meta.url), 'utf8'));

export function forestOf(
  kept: Omit<ExplainedForest, 'name' | 'depth' | 'shap' | 'interventional' | 'overCoalitions'>,
): Forest {
  const { targets, features, leafValue } = kept;
  const feature = Int32Array.from(kept.feature);
  const value = new Float64Array(feature.length * targets);
  let leaf = 0;
  for (let node = 0; node < feature.length; node++)
    if (feature[node] < 0) value.set(leafValue.slice(leaf * targets, ++leaf * targets), node * targets);
  return {
    targets,
    features,
    roots: Int32Array.from(kept.roots),
    feature,
    threshold: Float32Array.from(kept.threshold),
    left: Int32Array.from(kept.left),
    right: Int32Array.from(kept.right),
    value,
    cover: Float64Array.from(kept.cover),
  };
}

/** Greatest difference over the greatest magnitude expected. */
export function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(got[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return got.length === expected.length ? difference / largest : Number.POSITIVE_INFINITY;
}

/** Mean leaf value where only the features of `known` are known: both sides of the other tests, by their covers (Lundberg et al. 2020). */
function expectation(forest: Forest, x: Float32Array, known: number, node: number, t: number): number {
  const { feature, threshold, left, right, cover, value, targets } = forest;
  if (feature[node] < 0) return value[node * targets + t];
  const below = (child: number) => expectation(forest, x, known, child, t);
  if ((known >> feature[node]) & 1) return below(x[feature[node]] <= threshold[node] ? left[node] : right[node]);
  return (cover[left[node]] * below(left[node]) + cover[right[node]] * below(right[node])) / cover[node];
}

/** Worth of every coalition of features in the path-dependent game, [2^features]. */
export function pathGame(forest: Forest, x: Float32Array, t: number): number[] {
  return Array.from({ length: 1 << forest.features }, (_, subset) => {
    let sum = 0;
    for (const root of forest.roots) sum += expectation(forest, x, subset, root, t) / forest.roots.length;
    return sum;
  });
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const sizeOf = (subset: number) => subset.toString(2).replaceAll('0', '').length;

/** Shapley values of a game by their definition: over all subsets of the players. */
export function shapleyOf(game: readonly number[]): Float64Array {
  const players = Math.log2(game.length);
  return Float64Array.from({ length: players }, (_, f) => {
    let phi = 0;
    for (let subset = 0; subset < game.length; subset++) {
      if ((subset >> f) & 1) continue;
      const size = sizeOf(subset);
      const weight = (factorial(size) * factorial(players - size - 1)) / factorial(players);
      phi += weight * (game[subset | (1 << f)] - game[subset]);
    }
    return phi;
  });
}

/** Half the Shapley interaction index of two players, by its definition. */
export function interactionOf(game: readonly number[], a: number, b: number): number {
  const players = Math.log2(game.length);
  let sum = 0;
  for (let subset = 0; subset < game.length; subset++) {
    if ((subset >> a) & 1 || (subset >> b) & 1) continue;
    const size = sizeOf(subset);
    const weight = (factorial(size) * factorial(players - size - 2)) / factorial(players - 1);
    const withA = subset | (1 << a);
    const withB = subset | (1 << b);
    sum += (weight * (game[withA | withB] - game[withA] - game[withB] + game[subset])) / 2;
  }
  return sum;
}

/** Five trees of leaf 1 on seven features: paths test a feature many times. */
export function smallForest(targets: number): { forest: Forest; x: Float32Array; n: number } {
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
