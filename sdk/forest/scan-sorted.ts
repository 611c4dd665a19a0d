/** Splits of small nodes: rows sorted by the exact ranks of a feature. */
import type { BinnedFeatures } from './bins.ts';
import { type NodeRows, type Split, takeSplit } from './node-rows.ts';

/** Most rows: their positions fit the low bits of a sort key, and up to about here sorting is faster than bins. */
export const SORTED_ROWS = 32;
const ROW_BITS = 5;
const ROW_MASK = SORTED_ROWS - 1;

export class SortedScan {
  readonly #binned: BinnedFeatures;
  readonly #minLeaf: number;
  readonly #keys = new Int32Array(SORTED_ROWS);
  /** |S|² of the left side that ends at each place. */
  readonly #square = new Float64Array(SORTED_ROWS);

  constructor(binned: BinnedFeatures, minLeaf: number) {
    this.#binned = binned;
    this.#minLeaf = minLeaf;
  }

  /** Replaces `best` where a split of the node by the feature of this column is better. */
  scan(column: number, { rows, start, end, weight, centred, blocks, totalWeight }: NodeRows, best: Split): void {
    const { rank, rows: stride } = this.#binned;
    const keys = this.#keys;
    const square = this.#square;
    const minLeaf = this.#minLeaf;
    const size = end - start;
    const offset = column * stride;
    for (let i = 0; i < size; i++) {
      const key = (rank[offset + rows[start + i]] << ROW_BITS) | i;
      let at = i;
      while (at > 0 && keys[at - 1] > key) {
        keys[at] = keys[at - 1];
        at--;
      }
      keys[at] = key;
    }
    if (keys[0] >> ROW_BITS === keys[size - 1] >> ROW_BITS) return;
    for (let block = 0; block < blocks; block++) {
      const from = block * size * 4;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let place = 0; place < size - minLeaf; place++) {
        const at = from + (keys[place] & ROW_MASK) * 4;
        a += centred[at];
        b += centred[at + 1];
        c += centred[at + 2];
        d += centred[at + 3];
        square[place] = (block === 0 ? 0 : square[place]) + a * a + b * b + c * c + d * d;
      }
    }
    let leftWeight = 0;
    let score = best.score;
    let last = -1;
    for (let place = 0; place < size - minLeaf; place++) {
      const key = keys[place];
      leftWeight += weight[key & ROW_MASK];
      if (place + 1 < minLeaf || key >> ROW_BITS === keys[place + 1] >> ROW_BITS) continue;
      const here = square[place] / (leftWeight * (totalWeight - leftWeight));
      if (here <= score) continue;
      score = here;
      last = place;
    }
    if (last >= 0) takeSplit(best, column, true, keys[last] >> ROW_BITS, score);
  }
}
