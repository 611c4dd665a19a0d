/** The forest's evaluator: plain TypeScript, imports nothing, so that what flies is this file. */
import type { Forest } from './forest.ts';

/** Rows that one group of trees takes in a go, while both stay near the core. */
const BLOCK = 64;

/** A forest laid out for evaluation. */
export interface PreparedForest {
  readonly targets: number;
  readonly features: number;
  /** First word of each tree's root, [trees]. */
  readonly roots: Int32Array;
  /**
   * Four words a node: its feature; its threshold, in `thresholds`; first words of its right and its left child. A leaf is its own child both
   * ways, so that trees of unequal depth can be walked abreast.
   */
  readonly words: Int32Array;
  /** The same bytes as `words`. */
  readonly thresholds: Float32Array;
  /** [nodes, targets] */
  readonly value: Float64Array;
}

const prepared = new WeakMap<Forest, PreparedForest>();

/** The layout of a forest, made once for each. */
export function preparedForest(forest: Forest): PreparedForest {
  const known = prepared.get(forest);
  if (known !== undefined) return known;
  const { targets, features, feature, threshold, left, right, value, roots } = forest;
  const words = new Int32Array(feature.length * 4);
  const thresholds = new Float32Array(words.buffer);
  for (let node = 0; node < feature.length; node++) {
    const isLeaf = feature[node] < 0;
    words[4 * node] = isLeaf ? 0 : feature[node];
    thresholds[4 * node + 1] = threshold[node];
    words[4 * node + 2] = 4 * (isLeaf ? node : right[node]);
    words[4 * node + 3] = 4 * (isLeaf ? node : left[node]);
  }
  const layout = { targets, features, roots: roots.map((root) => 4 * root), words, thresholds, value };
  prepared.set(forest, layout);
  return layout;
}

/**
 * Estimates for many rows.
 * @param x [n, features], row-major
 * @returns [n, targets], in the targets' units. Trees are added in order, so the same forest and row give the same bits everywhere.
 */
export function predictForest(forest: Forest, x: Float32Array): Float64Array {
  const n = x.length / forest.features;
  if (!Number.isInteger(n)) throw new RangeError(`${x.length} values are not rows of ${forest.features} features`);
  const estimate = new Float64Array(n * forest.targets);
  predictInto(preparedForest(forest), x, n, estimate);
  return estimate;
}

/**
 * Writes the estimates of `n` rows to `estimate` [n, targets]; allocates nothing. Four trees walk abreast and children are taken by index, not by
 * a jump: what a core cannot foresee it at least does four at a time.
 */
export function predictInto(forest: PreparedForest, x: Float32Array, n: number, estimate: Float64Array): void {
  const { targets, features, roots, words, thresholds, value } = forest;
  const trees = roots.length;
  const whole = trees & ~3;
  for (let i = 0; i < n * targets; i++) estimate[i] = 0;
  for (let from = 0; from < n; from += BLOCK) {
    const end = Math.min(n, from + BLOCK);
    for (let tree = 0; tree < whole; tree += 4) {
      for (let row = from; row < end; row++) {
        const start = row * features;
        let a = roots[tree];
        let b = roots[tree + 1];
        let c = roots[tree + 2];
        let d = roots[tree + 3];
        let moved = 1;
        while (moved !== 0) {
          const nextA = words[a + 2 + Number(x[start + words[a]] <= thresholds[a + 1])];
          const nextB = words[b + 2 + Number(x[start + words[b]] <= thresholds[b + 1])];
          const nextC = words[c + 2 + Number(x[start + words[c]] <= thresholds[c + 1])];
          const nextD = words[d + 2 + Number(x[start + words[d]] <= thresholds[d + 1])];
          moved = (a ^ nextA) | (b ^ nextB) | (c ^ nextC) | (d ^ nextD);
          a = nextA;
          b = nextB;
          c = nextC;
          d = nextD;
        }
        a = (a >> 2) * targets;
        b = (b >> 2) * targets;
        c = (c >> 2) * targets;
        d = (d >> 2) * targets;
        const to = row * targets;
        for (let t = 0; t < targets; t++)
          estimate[to + t] = estimate[to + t] + value[a + t] + value[b + t] + value[c + t] + value[d + t];
      }
    }
    for (let tree = whole; tree < trees; tree++) {
      for (let row = from; row < end; row++) {
        const start = row * features;
        let before = -1;
        let at = roots[tree];
        while (at !== before) {
          before = at;
          at = words[at + 2 + Number(x[start + words[at]] <= thresholds[at + 1])];
        }
        for (let t = 0; t < targets; t++) estimate[row * targets + t] += value[(at >> 2) * targets + t];
      }
    }
  }
  for (let i = 0; i < n * targets; i++) estimate[i] /= trees;
}
