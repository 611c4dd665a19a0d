/**
 * One of several threads of a training: it has some of the latents, and some of a part's rows. What it writes no other does; between its
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
  pickedOf,
  type Slice,
  sumInputBias,
} from '../gradients.ts';
import type { SharedMemory } from '../kernels/open.ts';
import { BLOCKS, joinTrainingMemory, type TrainingMemory, type TrainingSizes } from '../training-memory.ts';
import { gradientNorm, stepLatents, stepSettings, sumSquares } from '../update.ts';
import { RankEncoder } from './rank-encoder.ts';

/** What a rank is opened with. */
export interface RankData {
  readonly sizes: TrainingSizes;
  readonly shared: SharedMemory;
  /** From 0, of `ranks`. */
  readonly rank: number;
  readonly ranks: number;
}

/** The phases of a batch, each done by all ranks before the next begins. */
export type Phase =
  /** The strongest latents of the part's rows; the first part of a batch takes the weights as they are now. */
  | { readonly phase: 'encode'; readonly rows: number; readonly begins: boolean }
  /** The part's residual gradients. */
  | { readonly phase: 'decode'; readonly rows: number; readonly relative: boolean }
  /** The gradients of the weights. */
  | { readonly phase: 'backward'; readonly rows: number; readonly penalty: number; readonly adds: boolean }
  /** Sums over a batch's gradients. */
  | { readonly phase: 'sum' }
  | { readonly phase: 'step'; readonly t: number; readonly rate: number };

/** What a thread is asked for besides. */
export type RankJob = Phase | { readonly phase: 'open' } | { readonly phase: 'close' };

/** Blocks and latents of a rank. */
export function shareOf(n: number, rank: number, ranks: number): { readonly blocks: Slice; readonly latents: Slice } {
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

  constructor({ sizes, shared, rank, ranks }: RankData) {
    const { blocks, latents } = shareOf(sizes.n, rank, ranks);
    this.#memory = joinTrainingMemory(sizes, ranks, shared);
    this.#encoder = new RankEncoder(this.#memory, latents);
    this.#dense = DenseProduct.open(1);
    [this.#rank, this.#ranks, this.#blocks, this.#latents] = [rank, ranks, blocks, latents];
  }

  async work(job: Phase): Promise<void> {
    const memory = this.#memory;
    if (job.phase === 'encode') {
      if (job.begins) {
        this.#encoder.take(memory);
        beginLatents(memory, this.#latents);
      }
      centreRows(memory, job.rows, this.#rows(job.rows));
      await this.#encoder.encode(memory, await this.#dense, this.#rank, job.rows);
    } else if (job.phase === 'decode') {
      this.#merge(job.rows);
      decodeRows(memory, job.rows, job.relative, this.#rows(job.rows));
    } else if (job.phase === 'backward') {
      const { rows, penalty, adds } = job;
      const room = memory.workspaces[this.#rank];
      backpropagateLatents(memory, rows, pickedOf(memory), penalty, adds, this.#latents, room);
      if (this.#rank === 0) addInputBias(memory, rows);
    } else if (job.phase === 'sum') {
      for (let block = this.#blocks.first; block < this.#blocks.last; block++) {
        sumInputBias(memory, block);
        sumSquares(memory, block);
      }
    } else stepLatents(memory, this.#latents, stepSettings(job.t, job.rate, gradientNorm(memory)));
  }

  /** Resolves once it can work. */
  async ready(): Promise<void> {
    await this.#dense;
  }

  async close(): Promise<void> {
    await (await this.#dense).close();
  }

  #merge(rows: number): void {
    const { kernels, at, levels, slots, workspaces } = this.#memory;
    const { first, last } = this.#rows(rows);
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = workspaces[this.#rank];
    const candidates = [at.candidateLatents, at.candidateValues, at.candidateCounts, this.#ranks] as const;
    const room = [scratchValues, scratchLatents, scratchAll, scratchRest] as const;
    const how = [at.levels, levels.length, ...room] as const;
    kernels.merge(...candidates, first, last, rows, ...how, at.latents, at.values, at.ends, slots);
  }

  /** Its share of a part's rows. */
  #rows(rows: number): Slice {
    return share(rows, this.#rank, this.#ranks);
  }
}

function share(count: number, rank: number, ranks: number): Slice {
  return { first: Math.floor((count * rank) / ranks), last: Math.floor((count * (rank + 1)) / ranks) };
}
