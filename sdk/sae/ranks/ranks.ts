/**
 * A training on several threads, to the same bytes as on one. Rows are split where they are decoded, latents everywhere else, so that no
 * gradient has to be added up between threads.
 */
import { type Crew, openCrew, workerUrl } from '../../base/index.ts';
import type { Batch, BatchLoss } from '../batch.ts';
import { gatherInputBias, markFired, sumErrors, weighLevels } from '../gradients.ts';
import type { Objective } from '../objective.ts';
import { BLOCKS, openSharedTraining, type TrainingMemory, type TrainingSizes } from '../training-memory.ts';
import { gradientNorm, stepOthers, stepSettings } from '../update.ts';
import { type RankData, type RankJob, shareOf } from './rank.ts';

/** More would have no block of latents to sum over. */
export const MAX_RANKS = BLOCKS;

export class Ranks {
  readonly memory: TrainingMemory;
  readonly #crew: Crew<RankJob, void>;
  readonly #count: number;

  constructor(sizes: TrainingSizes, count: number, kernels?: 'wasm' | 'twin') {
    const { memory, shared } = openSharedTraining(sizes, count, kernels);
    this.memory = memory;
    this.#count = count;
    const data = Array.from({ length: count }, (_, rank): RankData => ({ sizes, shared, rank, ranks: count }));
    this.#crew = openCrew(workerUrl(import.meta.url, './rank-worker'), data);
  }

  /** Resolves once all threads can work; it takes them a quarter of a second. */
  async ready(): Promise<void> {
    await this.#crew.together({ phase: 'open' });
  }

  /** As `batchGradients`, but for the last sums, which `update` makes. */
  async batchGradients(batch: Batch, { loss, selection }: Objective, fired: Uint8Array): Promise<BatchLoss> {
    const { memory } = this;
    const { at, width, n, levels, parameters } = memory;
    memory.floats(parameters.bPre.gradient, width).fill(0);
    const errors = new Float64Array(levels.length);
    let penalty = 0;
    for (let first = 0; first < batch.rows; first += memory.rows) {
      const rows = Math.min(memory.rows, batch.rows - first);
      batch.load(first, rows, memory.floats(at.input, rows * width), width);
      weighLevels(memory, batch.rows, loss);
      await this.#crew.together({ phase: 'encode', rows, begins: first === 0 });
      await this.#crew.together({ phase: 'decode', rows, relative: loss.relative });
      const ofPart = sumErrors(memory, rows);
      for (let level = 0; level < errors.length; level++) errors[level] += ofPart[level];
      await this.#crew.together({ phase: 'backward', rows, penalty: loss.l1 / batch.rows, adds: first > 0 });
      for (let rank = 0; rank < this.#count; rank++)
        markFired(memory, memory.workspaces[rank], shareOf(n, rank, this.#count).latents, fired);
      penalty += selection.penalise?.(memory, { first, rows, batchRows: batch.rows }) ?? 0;
    }
    return { errors, penalty, auxiliary: 0 };
  }

  /** As `update`. */
  async update(t: number, rate: number): Promise<number> {
    const { memory } = this;
    await this.#crew.together({ phase: 'sum' });
    gatherInputBias(memory);
    await this.#crew.together({ phase: 'step', t, rate });
    const norm = gradientNorm(memory);
    stepOthers(memory, stepSettings(t, rate, norm));
    return norm;
  }

  async close(): Promise<void> {
    if (this.#crew.whole) await this.#crew.together({ phase: 'close' });
    this.#crew.close();
  }
}
