/**
 * BatchTopK (Bussmann, Leask & Nanda 2024, arXiv 2412.06410): of a batch of B rows the B·k largest positive pre-activations stay, so a hard
 * row may have more latents than an easy one. One row alone has no batch: after training a latent is active above the mean, over the
 * batches of the last epoch, of the smallest activation that was kept.
 *
 * `prefix` is the same under the loss of a dictionary-prefix Matryoshka (Bussmann et al. 2025, arXiv 2503.17547): level i reconstructs with
 * the first prefixes[i] latents alone, whatever the batch kept of them.
 */
import type { TrainingMemory } from '../training-memory.ts';
import { BatchPool } from './batch-pool.ts';
import type { Part, Selection } from './selection.ts';

export class BatchTopKSelection implements Selection {
  /** Sum and number of this epoch's smallest kept activations. */
  readonly running = new Float64Array(2);
  readonly #k: number;
  readonly #pool: BatchPool;

  /** For batches of at most `batchRows` rows with n latents. The memory's levels are the prefixes, [n] for plain BatchTopK. */
  constructor(k: number, batchRows: number, n: number) {
    this.#k = k;
    this.#pool = new BatchPool(k * batchRows, batchRows, n);
  }

  beginEpoch(): void {
    this.running.fill(0);
  }

  survey(memory: TrainingMemory, { first, rows, batchRows }: Part): void {
    const { at, n, parameters } = memory;
    if (first === 0) this.#pool.begin(this.#k * batchRows);
    const pre = memory.floats(at.pre, rows * n);
    const bias = memory.floats(parameters.bLat.weight, n);
    for (let row = 0; row < rows; row++) this.#pool.offer(first + row, pre, row * n, bias, n);
    if (first + rows < batchRows) return;
    const smallest = this.#pool.close(batchRows);
    if (smallest > 0) {
      this.running[0] += smallest;
      this.running[1]++;
    }
  }

  pick(memory: TrainingMemory, { first, rows }: Part): void {
    const { at, levels, slots } = memory;
    const latents = memory.words(at.latents, rows * slots);
    const values = memory.floats(at.values, rows * slots);
    const ends = memory.words(at.ends, rows * levels.length);
    for (let row = 0; row < rows; row++) {
      const place = row * slots;
      const count = this.#pool.read(first + row, latents, values, place);
      let end = 0;
      for (let level = 0; level < levels.length; level++) {
        while (end < count && latents[place + end] < levels[level]) end++;
        ends[row * levels.length + level] = end;
      }
    }
  }

  threshold({ n }: TrainingMemory): Float32Array {
    const [sum, count] = this.running;
    return new Float32Array(n).fill(count > 0 ? sum / count : 0);
  }
}

/** Shares of the dictionary that the paper's five nested dictionaries have (2,048 to 65,536 latents). */
const PAPER_PREFIXES = [1 / 32, 3 / 32, 7 / 32, 15 / 32, 1];

/** The paper's nested dictionaries for n latents, rising to n. */
export function paperPrefixes(n: number): number[] {
  return [...new Set(PAPER_PREFIXES.map((share) => Math.max(1, Math.round(share * n))))];
}
