/**
 * The search for the best split of one node: over a random draw of features, the bipartition with the greatest fall of the squared error
 * summed over the targets (CART; Breiman 2001, Random Forests). With targets centred on the node that fall is |S|²·W/(W_L·W_R), where S is
 * the left side's weighted sum of targets, and W the weights: only left sums are needed.
 */
import type { Random } from '../base/index.ts';
import type { BinnedFeatures } from './bins.ts';
import type { NodeRows, Split } from './node-rows.ts';
import { BinScan } from './scan-bins.ts';
import { SORTED_ROWS, SortedScan } from './scan-sorted.ts';

/** Searches splits; holds the buffers, so one search allocates nothing. */
export class SplitSearch {
  readonly #sorted: SortedScan;
  readonly #bins: BinScan;
  readonly #mtry: number;
  /** Features that may be drawn; the first ones are shuffled by each draw. */
  readonly #columns: Int32Array;
  readonly #best: Split = { feature: -1, byRank: false, cut: 0, score: -1 };

  constructor(binned: BinnedFeatures, columns: Uint32Array, minLeaf: number, mtry: number) {
    this.#columns = Int32Array.from(columns);
    this.#mtry = mtry;
    this.#sorted = new SortedScan(binned, minLeaf);
    this.#bins = new BinScan(binned, minLeaf);
  }

  /** Features in their first order, so that a tree depends on its own seed and on no other tree. */
  reset(columns: Uint32Array): void {
    this.#columns.set(columns);
  }

  /**
   * Draws `mtry` features without replacement, more while none of those drawn varies in the node, and returns the best split, or
   * undefined where none leaves `minLeaf` rows on both sides. The result is valid until the next call.
   */
  find(node: NodeRows, random: Random): Split | undefined {
    const columns = this.#columns;
    const best = this.#best;
    const size = node.end - node.start;
    best.feature = -1;
    best.score = -1;
    const enough = size <= 3 ? bestOfTiny(node) : Number.POSITIVE_INFINITY;
    for (let drawn = 0; drawn < columns.length && (drawn < this.#mtry || best.feature < 0); drawn++) {
      const other = drawn + random.below(columns.length - drawn);
      const column = columns[other];
      columns[other] = columns[drawn];
      columns[drawn] = column;
      if (size <= SORTED_ROWS) this.#sorted.scan(column, node, best);
      else this.#bins.scan(column, node, best);
      if (best.score >= enough) break;
    }
    return best.feature < 0 ? undefined : best;
  }
}

/** Best score that any feature could give two or three rows: one row alone on a side. Less rounding, so that reaching it ends the search. */
function bestOfTiny({ start, end, weight, centred, blocks, totalWeight }: NodeRows): number {
  const size = end - start;
  let best = 0;
  for (let i = 0; i < size; i++) {
    let square = 0;
    for (let block = 0; block < blocks; block++)
      for (let lane = 0; lane < 4; lane++) square += centred[(block * size + i) * 4 + lane] ** 2;
    best = Math.max(best, square / (weight[i] * (totalWeight - weight[i])));
  }
  return best * (1 - 1e-9);
}
