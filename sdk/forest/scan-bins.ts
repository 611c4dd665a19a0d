/** Splits of large nodes: a histogram of a feature's bins. */
import { BINS, type BinnedFeatures } from './bins.ts';
import { type NodeRows, type Split, takeSplit } from './node-rows.ts';

/** Numbers kept of a bin: sums of four targets, weight, rows, and two that fill a cache line. */
const BIN_NUMBERS = 8;

export class BinScan {
  readonly #binned: BinnedFeatures;
  readonly #minLeaf: number;
  /** Bin of each row of the node. */
  readonly #local: Uint8Array;
  /** A bit for each bin that holds rows, and the list of these bins. */
  readonly #occupied = new Int32Array(BINS / 32);
  readonly #filled = new Int32Array(BINS);
  /** [bins, BIN_NUMBERS]; zero between calls. */
  readonly #histogram = new Float64Array(BINS * BIN_NUMBERS);
  /** |S|² of the left side that ends at each filled bin. */
  readonly #square = new Float64Array(BINS);

  constructor(binned: BinnedFeatures, minLeaf: number) {
    this.#binned = binned;
    this.#minLeaf = minLeaf;
    this.#local = new Uint8Array(binned.rows);
  }

  /**
   * Replaces `best` where a split of the node by the feature of this column is better. By the table's bins; by bins of the node's own ranks
   * where all its rows share one of the table's, so that no value is out of reach of deep nodes of a large table.
   */
  scan(column: number, node: NodeRows, best: Split): void {
    const { bin, rank, rows: stride } = this.#binned;
    const { rows, start, end } = node;
    const local = this.#local;
    const offset = column * stride;
    for (let position = start; position < end; position++) {
      const b = bin[offset + rows[position]];
      local[position - start] = b;
      this.#occupied[b >> 5] |= 1 << (b & 31);
    }
    const bins = this.#listFilled();
    if (bins > 1) {
      const last = this.#scanHistogram(node, bins, best);
      if (last >= 0) takeSplit(best, column, false, last, best.score);
      return;
    }
    let low = rank[offset + rows[start]];
    let high = low;
    for (let position = start; position < end; position++) {
      const place = rank[offset + rows[position]];
      if (place < low) low = place;
      else if (place > high) high = place;
    }
    if (low === high) return;
    const width = Math.ceil((high - low + 1) / BINS);
    for (let position = start; position < end; position++) {
      const b = Math.floor((rank[offset + rows[position]] - low) / width);
      local[position - start] = b;
      this.#occupied[b >> 5] |= 1 << (b & 31);
    }
    const last = this.#scanHistogram(node, this.#listFilled(), best);
    if (last >= 0) takeSplit(best, column, true, low + (last + 1) * width - 1, best.score);
  }

  /** The last bin of the left side of the split of `#local` that beats the best so far, whose score it raises; -1 where none does. */
  #scanHistogram({ start, end, weight, centred, blocks, totalWeight }: NodeRows, bins: number, best: Split): number {
    const local = this.#local;
    const histogram = this.#histogram;
    const square = this.#square;
    const filled = this.#filled;
    const minLeaf = this.#minLeaf;
    const size = end - start;
    for (let block = 0; block < blocks; block++) {
      const from = block * size * 4;
      for (let i = 0; i < size; i++) {
        const to = local[i] * BIN_NUMBERS;
        const at = from + i * 4;
        histogram[to] += centred[at];
        histogram[to + 1] += centred[at + 1];
        histogram[to + 2] += centred[at + 2];
        histogram[to + 3] += centred[at + 3];
        if (block > 0) continue;
        histogram[to + 4] += weight[i];
        histogram[to + 5] += 1;
      }
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 0; i < bins; i++) {
        const to = filled[i] * BIN_NUMBERS;
        a += histogram[to];
        b += histogram[to + 1];
        c += histogram[to + 2];
        d += histogram[to + 3];
        square[i] = (block === 0 ? 0 : square[i]) + a * a + b * b + c * c + d * d;
        histogram[to] = 0;
        histogram[to + 1] = 0;
        histogram[to + 2] = 0;
        histogram[to + 3] = 0;
      }
    }
    let leftWeight = 0;
    let leftCount = 0;
    let score = best.score;
    let cut = -1;
    for (let i = 0; i < bins; i++) {
      const to = filled[i] * BIN_NUMBERS;
      leftWeight += histogram[to + 4];
      leftCount += histogram[to + 5];
      histogram[to + 4] = 0;
      histogram[to + 5] = 0;
      if (leftCount < minLeaf || size - leftCount < minLeaf) continue;
      const here = square[i] / (leftWeight * (totalWeight - leftWeight));
      if (here <= score) continue;
      score = here;
      cut = filled[i];
    }
    best.score = score;
    return cut;
  }

  /** Lists the bins that hold rows, ascending, and clears their bits: nodes smaller than the histogram leave most of it alone. */
  #listFilled(): number {
    const occupied = this.#occupied;
    let bins = 0;
    for (let word = 0; word < occupied.length; word++) {
      let bits = occupied[word];
      occupied[word] = 0;
      while (bits !== 0) {
        const lowest = bits & -bits;
        bits ^= lowest;
        this.#filled[bins++] = (word << 5) + 31 - Math.clz32(lowest);
      }
    }
    return bins;
  }
}
