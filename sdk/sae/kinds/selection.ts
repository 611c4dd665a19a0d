/** What the kinds of autoencoder differ in: which latents each row of a batch keeps, and what of the loss is the kind's own. */
import type { TrainingMemory } from '../training-memory.ts';

/**
 * Picks the latents of a batch, whose rows come to the memory in parts. The memory's pre-activations [rows, n] are without b_lat; a kind
 * writes `latents` and `values` [rows, slots] and `ends` [rows, levels], a row's slots of each level before those of the next.
 */
export interface Selection {
  /** Sees every part of the batch before the first is picked; only where the choice is the whole batch's. */
  survey?(memory: TrainingMemory, part: Part): void;
  pick(memory: TrainingMemory, part: Part): void;
  /** The kind's own term of the loss, summed over the part's rows. The residuals' gradients are in memory; adds the gradients it makes. */
  penalise?(memory: TrainingMemory, part: Part): number;
  /** Begins an epoch: what is gathered over one starts again. */
  beginEpoch?(): void;
  /** Thresholds [n] with which latents are picked after training. */
  threshold?(memory: TrainingMemory): Float32Array;
  /** Numbers that outlive a batch, for checkpoints to keep and put back. */
  readonly running: Float64Array;
}

/** Rows `first` to `first + rows` of a batch of `batchRows`: those that lie in the memory. */
export interface Part {
  readonly first: number;
  readonly rows: number;
  readonly batchRows: number;
}
