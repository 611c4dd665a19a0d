/**
 * One of several threads of a training: it has some of the latents, and some of a part's rows. What it writes no other does; between their
 * phases all wait for each other.
 */
import { DenseProduct } from '../dense.ts';
import {
  addInputBias,
  backpropagateLatents,
  beginLatents,
  blockSlice,
  centreRows,
  decodeRows,
  gatherInputBias,
  markFired,
  pickedOf,
  type Slice,
  sumErrors,
  sumInputBias,
} from '../gradients.ts';
import type { SharedMemory } from '../kernels/open.ts';
import { sumOfActivations } from '../kinds/nested.ts';
import { BLOCKS, joinTrainingMemory, type TrainingMemory, type TrainingSizes } from '../training-memory.ts';
import { gradientNorm, stepLatents, stepOthers, stepSettings, sumSquares } from '../update.ts';
import { Barrier } from './barrier.ts';
import { RankEncoder } from './rank-encoder.ts';

/** What a rank is opened with. */
export interface RankData {
  readonly sizes: TrainingSizes;
  readonly shared: SharedMemory;
  /** From 0, of `ranks`. */
  readonly rank: number;
  readonly ranks: number;
}

/** What a thread is asked for: every rank does the same, each its share, and they wait for each other in between. */
export type RankJob =
  | { readonly phase: 'open' }
  /** The gradients of the batch that lies in the shared memory. */
  | { readonly phase: 'batch'; readonly rows: number; readonly relative: boolean; readonly l1: number }
  /** Last sums, and step `t` with learning rate `rate`. */
  | { readonly phase: 'step'; readonly t: number; readonly rate: number }
  | { readonly phase: 'close' };

/** Blocks and latents of a rank. */
function shareOf(n: number, rank: number, ranks: number): { readonly blocks: Slice; readonly latents: Slice } {
  const blocks = share(BLOCKS, rank, ranks);
  const { first } = blockSlice(n, blocks.first);
  return { blocks, latents: { first, last: blockSlice(n, blocks.last - 1).last } };
}

export class Rank {
  readonly #memory: TrainingMemory;
  readonly #encoder: RankEncoder;
  readonly #dense: Promise<DenseProduct>;
  readonly #rank: number;
  readonly #ranks: number;
  readonly #blocks: Slice;
  readonly #latents: Slice;
  readonly #barrier: Barrier;

  constructor({ sizes, shared, rank, ranks }: RankData) {
    const { blocks, latents } = shareOf(sizes.n, rank, ranks);
    this.#memory = joinTrainingMemory(sizes, ranks, shared);
    this.#encoder = new RankEncoder(this.#memory, latents);
    this.#dense = DenseProduct.open(1);
    this.#barrier = new Barrier(this.#memory.kernels.buffer, this.#memory.at.barrier, ranks);
    [this.#rank, this.#ranks, this.#blocks, this.#latents] = [rank, ranks, blocks, latents];
  }

  async work(job: RankJob): Promise<void> {
    try {
      if (job.phase === 'open') await this.#dense;
      else if (job.phase === 'batch') await this.#differentiate(job.rows, job.relative, job.l1);
      else if (job.phase === 'step') this.#step(job.t, job.rate);
      else await (await this.#dense).close();
    } catch (error) {
      this.#barrier.break();
      throw error;
    }
  }

  async #differentiate(batchRows: number, relative: boolean, l1: number): Promise<void> {
    const memory = this.#memory;
    const { at, levels, width } = memory;
    this.#encoder.take(memory);
    beginLatents(memory, this.#latents);
    const { first: own, last } = this.#latents;
    const fired = new Uint8Array(memory.kernels.buffer, at.fired, memory.n);
    fired.fill(0, own, last);
    const sums = new Float64Array(memory.kernels.buffer, at.batchErrors, levels.length + 1);
    if (this.#rank === 0) {
      sums.fill(0);
      memory.floats(memory.parameters.bPre.gradient, width).fill(0);
    }
    const dense = await this.#dense;
    const room = memory.workspaces[this.#rank];
    for (let first = 0; first < batchRows; first += memory.rows) {
      const rows = Math.min(memory.rows, batchRows - first);
      const input = at.batch + first * width * 4;
      const mine = this.#rows(rows);
      const [from, length] = [mine.first * width * 4, (mine.last - mine.first) * width];
      memory.floats(at.input + from, length).set(memory.floats(input + from, length));
      centreRows(memory, rows, mine);
      await this.#encoder.encode(memory, dense, this.#rank, rows, input);
      this.#barrier.wait();
      this.#merge(rows, mine);
      decodeRows(memory, rows, relative, mine);
      this.#barrier.wait();
      backpropagateLatents(memory, rows, pickedOf(memory), l1 / batchRows, first > 0, this.#latents, room);
      markFired(memory, room, this.#latents, fired);
      if (this.#rank === 0) {
        addInputBias(memory, rows);
        sumErrors(memory, rows).forEach((error, level) => {
          sums[level] += error;
        });
        if (l1 > 0) sums[levels.length] += l1 * sumOfActivations(memory, rows);
      }
      this.#barrier.wait();
    }
  }

  #step(t: number, rate: number): void {
    const memory = this.#memory;
    for (let block = this.#blocks.first; block < this.#blocks.last; block++) {
      sumInputBias(memory, block);
      sumSquares(memory, block);
    }
    this.#barrier.wait();
    if (this.#rank === 0) gatherInputBias(memory);
    this.#barrier.wait();
    const settings = stepSettings(t, rate, gradientNorm(memory));
    stepLatents(memory, this.#latents, settings);
    this.#barrier.wait();
    if (this.#rank === 0) stepOthers(memory, settings);
  }

  #merge(rows: number, { first, last }: Slice): void {
    const { kernels, at, levels, slots, candidateSlots, workspaces } = this.#memory;
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = workspaces[this.#rank];
    const candidates = [at.candidateLatents, at.candidateValues, at.candidateCounts] as const;
    const room = [scratchValues, scratchLatents, scratchAll, scratchRest] as const;
    const how = [at.levels, levels.length, ...room] as const;
    kernels.merge(
      ...candidates,
      candidateSlots,
      this.#ranks,
      first,
      last,
      rows,
      ...how,
      at.latents,
      at.values,
      at.ends,
      slots,
    );
  }

  /** Its share of a part's rows. */
  #rows(rows: number): Slice {
    return share(rows, this.#rank, this.#ranks);
  }
}

function share(count: number, rank: number, ranks: number): Slice {
  return { first: Math.floor((count * rank) / ranks), last: Math.floor((count * (rank + 1)) / ranks) };
}
