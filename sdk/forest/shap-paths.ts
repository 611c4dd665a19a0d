/** The paths of one tree, leaf by leaf: which features each tests, and within what limits. What interactions and interventional values stand on. */
import type { Forest } from './forest.ts';
import { coverShares } from './shap-tree.ts';

/** Arrays by leaf's features lie one leaf after another; leaf l has those from `start[l]` to `start[l + 1]`. */
export interface TreePaths {
  readonly leaves: number;
  /** [leaves + 1] */
  readonly start: Uint32Array;
  /** Distinct features of the path. */
  readonly feature: Uint32Array;
  /** The path is followed where low < x ≤ high; NaN fails every test of `<=`, so it follows only where high is +∞. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Product of the cover shares along the path's edges that test the feature. */
  readonly share: Float64Array;
  /** Leaf's node in the forest, [leaves]. */
  readonly node: Uint32Array;
  /** Most distinct features on a path. */
  readonly distinct: number;
}

/**
 * Paths of the tree at `root`.
 * @param withShares needs the covers of the nodes: throws NadirError where they are missing; else shares are 1
 */
export function treePaths(forest: Forest, root: number, withShares: boolean): TreePaths {
  const start = [0];
  const feature: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  const share: number[] = [];
  const leaf: number[] = [];
  let distinct = 0;
  // a branch: the tests so far by feature, in the order first met
  type Test = { readonly low: number; readonly high: number; readonly share: number };
  const waiting: { node: number; tests: ReadonlyMap<number, Test> }[] = [{ node: root, tests: new Map() }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, tests } = next;
    const tested = forest.feature[node];
    if (tested < 0) {
      for (const [f, test] of tests) {
        feature.push(f);
        low.push(test.low);
        high.push(test.high);
        share.push(test.share);
      }
      distinct = Math.max(distinct, tests.size);
      start.push(feature.length);
      leaf.push(node);
      continue;
    }
    const threshold = forest.threshold[node];
    const shares = withShares ? coverShares(forest, node) : { left: 1, right: 1 };
    const known = tests.get(tested) ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, share: 1 };
    const leftShare = known.share * shares.left;
    const rightShare = known.share * shares.right;
    const toRight = new Map(tests).set(tested, { ...known, low: Math.max(known.low, threshold), share: rightShare });
    const toLeft = new Map(tests).set(tested, { ...known, high: Math.min(known.high, threshold), share: leftShare });
    waiting.push({ node: forest.right[node], tests: toRight }, { node: forest.left[node], tests: toLeft });
  }
  return {
    leaves: leaf.length,
    start: Uint32Array.from(start),
    feature: Uint32Array.from(feature),
    low: Float32Array.from(low),
    high: Float32Array.from(high),
    share: Float64Array.from(share),
    node: Uint32Array.from(leaf),
    distinct,
  };
}

/** Does a value follow the path's tests of a feature? */
export function follows(value: number, low: number, high: number): boolean {
  // a test of `<=` that fails sends right: so does NaN, which no left branch takes
  return !(value <= low) && (value <= high || high === Number.POSITIVE_INFINITY);
}
