/**
 * The `capacity` largest positive activations of a batch that passes by row after row. What is kept depends only on the order of rows, not
 * on how the batch is divided: of equal activations the earlier one stays.
 */
import { kthLargest } from '../../base/index.ts';
export class BatchPool {
  readonly #values: Float32Array;
  readonly #latents: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #scratch: Float32Array;
  readonly #capacity: number;
  /** Where each row's entries begin, [batch rows + 1]; valid once closed. */
  readonly #starts: Uint32Array;
  #count = 0;
  #keep = 0;
  /** Nothing at or below it can still be among the largest. */
  #floor = 0;

  /** For batches of at most `batchRows` rows with n latents. */
  constructor(capacity: number, batchRows: number, n: number) {
    this.#capacity = Math.min(capacity, batchRows * n);
    const room = Math.min(2 * this.#capacity + n, batchRows * n);
    this.#values = new Float32Array(room);
    this.#latents = new Uint32Array(room);
    this.#rows = new Uint32Array(room);
    this.#scratch = new Float32Array(room);
    this.#starts = new Uint32Array(batchRows + 1);
  }

  /** Begins a batch of which the `keep` largest are wanted, at most the capacity. */
  begin(keep: number): void {
    this.#keep = Math.min(keep, this.#capacity);
    this.#count = 0;
    this.#floor = 0;
  }

  /** Takes in row `row` of the batch: pre-activations pre[from … from + n) plus bias [n]. */
  offer(row: number, pre: Float32Array, from: number, bias: Float32Array, n: number): void {
    if (this.#count + n > this.#values.length) this.#shrink();
    let count = this.#count;
    for (let latent = 0; latent < n; latent++) {
      const value = Math.fround(pre[from + latent] + bias[latent]);
      if (!(value > this.#floor)) continue;
      this.#values[count] = value;
      this.#latents[count] = latent;
      this.#rows[count] = row;
      count++;
    }
    this.#count = count;
  }

  /** Ends a batch of `batchRows` rows; gives the smallest activation kept, 0 where there is none. */
  close(batchRows: number): number {
    this.#shrink();
    const starts = this.#starts.fill(0);
    let smallest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#count; at++) {
      starts[this.#rows[at] + 1]++;
      if (this.#values[at] < smallest) smallest = this.#values[at];
    }
    for (let row = 0; row < batchRows; row++) starts[row + 1] += starts[row];
    return this.#count > 0 ? smallest : 0;
  }

  /** Writes the kept activations of a row, latents rising, from `place` on; gives their number. */
  read(row: number, latents: Uint32Array, values: Float32Array, place: number): number {
    const [start, end] = [this.#starts[row], this.#starts[row + 1]];
    latents.set(this.#latents.subarray(start, end), place);
    values.set(this.#values.subarray(start, end), place);
    return end - start;
  }

  /** Drops all but the wanted largest and leaves them in the order they came. */
  #shrink(): void {
    const keep = this.#keep;
    if (this.#count <= keep) return;
    this.#scratch.set(this.#values.subarray(0, this.#count));
    const least = kthLargest(this.#scratch.subarray(0, this.#count), keep);
    let equals = keep;
    for (let at = 0; at < this.#count; at++) if (this.#values[at] > least) equals--;
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      const value = this.#values[at];
      if (value < least || (value === least && equals-- <= 0)) continue;
      this.#values[kept] = value;
      this.#latents[kept] = this.#latents[at];
      this.#rows[kept] = this.#rows[at];
      kept++;
    }
    this.#count = kept;
    this.#floor = least;
  }
}
