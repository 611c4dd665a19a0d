/**
 * A training on several threads, to the same bytes as on one. Rows are split where they are decoded, latents everywhere else, so that no
 * gradient has to be added up between threads.
 */
import { type Crew, openCrew, workerUrl } from '../../base/index.ts';
import type { Batch, BatchLoss } from '../batch.ts';
import { weighLevels } from '../gradients.ts';
import type { Objective } from '../objective.ts';
import { BLOCKS, openSharedTraining, type TrainingMemory, type TrainingSizes } from '../training-memory.ts';
import type { RankData, RankJob } from './rank.ts';

/** More would have no block of latents to sum over. */
export const MAX_RANKS = BLOCKS;

export class Ranks {
  readonly memory: TrainingMemory;
  #step: Promise<unknown> = Promise.resolve();
  readonly #crew: Crew<RankJob, void>;

  constructor(sizes: TrainingSizes, count: number, kernels?: 'wasm' | 'twin') {
    const { memory, shared } = openSharedTraining(sizes, count, kernels);
    this.memory = memory;
    const data = Array.from({ length: count }, (_, rank): RankData => ({ sizes, shared, rank, ranks: count }));
    this.#crew = openCrew(workerUrl(import.meta.url, './rank-worker'), data);
  }

  /** Resolves once all threads can work; it takes them a quarter of a second. */
  async ready(): Promise<void> {
    await this.#crew.together({ phase: 'open' });
  }

  /** As `batchGradients`, but for the last sums, which `update` makes. */
  async batchGradients(batch: Batch, { loss }: Objective, fired: Uint8Array): Promise<BatchLoss> {
    const { memory } = this;
    const { at, width, n, levels, kernels } = memory;
    // while the threads still make the last step, which does not look at the batch
    batch.load(0, batch.rows, memory.floats(at.batch, batch.rows * width), width);
    await this.settled();
    weighLevels(memory, batch.rows, loss);
    await this.#crew.together({ phase: 'batch', rows: batch.rows, relative: loss.relative, l1: loss.l1 });
    fired.set(new Uint8Array(kernels.buffer, at.fired, n));
    const sums = new Float64Array(kernels.buffer, at.batchErrors, levels.length + 1);
    return { errors: sums.slice(0, levels.length), penalty: sums[levels.length], auxiliary: 0 };
  }

  /** Begins what `update` does; `settled` waits for it. */
  update(t: number, rate: number): void {
    this.#step = this.#crew.together({ phase: 'step', t, rate });
    // whoever waits for it gets the error
    this.#step.catch(() => {});
  }

  /** Resolves once the last step is made: before that, weights are not to be looked at. */
  async settled(): Promise<void> {
    await this.#step;
  }

  async close(): Promise<void> {
    await this.#step.catch(() => {});
    if (this.#crew.whole) await this.#crew.together({ phase: 'close' });
    this.#crew.close();
  }
}
