/**
 * Exact interventional SHAP values (Lundberg et al. 2020; Janzing et al. 2020): a coalition without a feature takes it from a background row,
 * whatever the other features say, and the values are the mean over the background.
 *
 * For a row x, a background row z and a leaf of value v, tests of a feature that both follow play no part; where x alone follows P features and z
 * alone N, the leaf is reached by the coalitions that hold those P and none of the N, so each of the P gets v (P−1)! N! / (P+N)!, and each of
 * the N −v P! (N−1)! / (P+N)!. A leaf that for some feature neither follows is reached by none. The walk keeps the pairs (x, z) that still reach a node.
 */
import type { Forest } from './forest.ts';
import { predictForest } from './predict.ts';
import type { ShapValues } from './shap.ts';

/** Pairs of a row and a background row that walk together. */
const PAIRS = 2 ** 16;

/**
 * Interventional SHAP values of `n` rows.
 * @param x [n, features], row-major
 * @param background [rows, features], row-major, at least one row; rows that occur several times weigh as often
 * @returns base = mean estimate of the background
 */
export function interventionalShap(forest: Forest, x: Float32Array, n: number, background: Float32Array): ShapValues {
  const { features, targets, roots } = forest;
  const behind = background.length / features;
  if (x.length !== n * features) throw new RangeError(`${x.length} values are not [${n}, ${features}]`);
  if (!Number.isInteger(behind) || behind < 1)
    throw new RangeError(`${background.length} values are not rows of ${features} features`);
  const values = new Float64Array(n * features * targets);
  const block = Math.max(1, Math.floor(PAIRS / behind));
  for (let start = 0; start < n; start += block) {
    const rows = Math.min(block, n - start);
    const walk = new PairWalk(
      forest,
      x.subarray(start * features, (start + rows) * features),
      rows,
      background,
      behind,
    );
    const to = values.subarray(start * features * targets, (start + rows) * features * targets);
    for (const root of roots) walk.add(root, to);
  }
  for (let i = 0; i < values.length; i++) values[i] /= roots.length * behind;
  const base = new Float64Array(targets);
  const estimates = predictForest(forest, background);
  for (let i = 0; i < estimates.length; i++) base[i % targets] += estimates[i] / behind;
  return { values, base };
}

/** Who follows all tests of a feature on the path so far. Bits: 1 the row, 2 the background row. */
interface Tested {
  readonly feature: number;
  /** Still following, [rows] and [background rows]. */
  readonly row: Uint8Array;
  readonly behind: Uint8Array;
}

class PairWalk {
  readonly #forest: Forest;
  readonly #x: Float32Array;
  readonly #rows: number;
  readonly #background: Float32Array;
  readonly #behind: number;
  /** Row and background row of a pair, [pairs]. */
  readonly #rowOf: Uint32Array;
  readonly #behindOf: Uint32Array;

  constructor(forest: Forest, x: Float32Array, rows: number, background: Float32Array, behind: number) {
    this.#forest = forest;
    this.#x = x;
    this.#rows = rows;
    this.#background = background;
    this.#behind = behind;
    this.#rowOf = Uint32Array.from({ length: rows * behind }, (_, pair) => Math.floor(pair / behind));
    this.#behindOf = Uint32Array.from({ length: rows * behind }, (_, pair) => pair % behind);
  }

  /** Adds the tree at `root`, summed over the background, to `values` [rows, features, targets]. */
  add(root: number, values: Float64Array): void {
    const pairs = Int32Array.from({ length: this.#rows * this.#behind }, (_, i) => i);
    const waiting: { node: number; pairs: Int32Array; path: readonly Tested[] }[] = [{ node: root, pairs, path: [] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, path } = next;
      if (this.#forest.feature[node] < 0) this.#addLeaf(node, next.pairs, path, values);
      else {
        for (const child of [this.#forest.right[node], this.#forest.left[node]]) {
          const on = this.#follow(node, child === this.#forest.left[node], path);
          const reaching = this.#reaching(next.pairs, on);
          if (reaching.length > 0)
            waiting.push({
              node: child,
              pairs: reaching,
              path: [...path.filter(({ feature }) => feature !== on.feature), on],
            });
        }
      }
    }
  }

  /** Pairs of which one at least follows. */
  #reaching(pairs: Int32Array, { row, behind }: Tested): Int32Array {
    const rowOf = this.#rowOf;
    const behindOf = this.#behindOf;
    const reaching = new Int32Array(pairs.length);
    let count = 0;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i];
      reaching[count] = pair;
      count += row[rowOf[pair]] | behind[behindOf[pair]];
    }
    return reaching.subarray(0, count);
  }

  /** Who follows the tests of this node's feature, this one taken to the left or the right. */
  #follow(node: number, left: boolean, path: readonly Tested[]): Tested {
    const { feature, threshold, features } = this.#forest;
    const f = feature[node];
    const known = path.find((tested) => tested.feature === f);
    const who = (table: Float32Array, count: number, before: Uint8Array | undefined) => {
      const follows = new Uint8Array(count);
      for (let i = 0; i < count; i++)
        follows[i] = (before?.[i] ?? 1) === 1 && table[i * features + f] <= threshold[node] === left ? 1 : 0;
      return follows;
    };
    return {
      feature: f,
      row: who(this.#x, this.#rows, known?.row),
      behind: who(this.#background, this.#behind, known?.behind),
    };
  }

  #addLeaf(node: number, pairs: Int32Array, path: readonly Tested[], values: Float64Array): void {
    const { targets, features, value } = this.#forest;
    for (let i = 0; i < pairs.length; i++) {
      const row = this.#rowOf[pairs[i]];
      const behind = this.#behindOf[pairs[i]];
      let onlyRow = 0;
      let onlyBehind = 0;
      for (const tested of path) {
        // both follow: a pair is here, so not neither
        onlyRow += tested.row[row] & ~tested.behind[behind];
        onlyBehind += tested.behind[behind] & ~tested.row[row];
      }
      const together = onlyRow + onlyBehind;
      if (together === 0) continue;
      // (P−1)! N! / (P+N)! = 1 / (P · C(P+N, P)), and alike for N
      const share = 1 / choose(together, onlyRow);
      for (const tested of path) {
        if (tested.row[row] === tested.behind[behind]) continue;
        const weight = tested.row[row] === 1 ? share / onlyRow : -share / onlyBehind;
        const at = (row * features + tested.feature) * targets;
        for (let t = 0; t < targets; t++) values[at + t] += weight * value[node * targets + t];
      }
    }
  }
}

/** n over k, as a float64. */
function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
