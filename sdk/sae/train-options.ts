/** What a training can be asked for, and what it tells. */
import type { Progress } from '../base/index.ts';
import type { CheckpointOptions } from './checkpoint.ts';
import type { Initialisation } from './initialise.ts';
import { ACTIVATIONS, type SaeWeights } from './weights.ts';

/**
 * Kinds that can be trained: Matryoshka by k, TopK, ReLU with an L1 term, BatchTopK, JumpReLU, and Matryoshka by prefixes of the dictionary
 * (with BatchTopK, as in its paper) as a control.
 */
export const KINDS = ACTIVATIONS;
export type Kind = (typeof KINDS)[number];

export interface TrainOptions {
  readonly kind: Kind;
  /**
   * Latents kept at each level, rising. `topk` takes the largest alone, `batchtopk` and `prefix` too as the mean of a batch's rows; `relu` and
   * `jumprelu` none.
   */
  readonly levels: readonly number[];
  /** `uw`: all levels alike; `rw`: the smallest k (the smallest prefix) weighted most. */
  readonly weighting: 'uw' | 'rw';
  /** n = expansion · d. */
  readonly expansion: number;
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** `nmse`: squared error over the row's power; `mse`: squared error. */
  readonly loss: 'nmse' | 'mse';
  readonly initialisation: Initialisation;
  readonly seed: number;
  readonly threads: number;
  /** Sizes of the nested dictionaries of `prefix`, rising to n; by default its paper's shares, 1/32, 3/32, 7/32, 15/32 and 1. */
  readonly prefixes?: readonly number[];
  /** λ of the L1 term of `relu` (0.003) or the L0 term of `jumprelu` (0.001). */
  readonly penalty?: number;
  /** JumpReLU's ε and first θ, in units of preprocessed embeddings; 0.01·√d and 0.03·√d by default. */
  readonly bandwidth?: number;
  readonly firstThreshold?: number;
  /** Weight of the auxiliary loss of dead latents (`auxiliary.ts`); 0, the default, for none. */
  readonly auxiliary?: number;
  /** Dead latents that help a row where there is an auxiliary loss; half of d by default. */
  readonly helpers?: number;
  /** Dead latents begin anew after every so many steps of the first half (`resample.ts`); 0, the default, for never. */
  readonly resampleEvery?: number;
  /** A latent is dead once no row picked it for so many steps; by default those of an epoch. */
  readonly deadAfter?: number;
  /** Where the training keeps itself, to go on after a kill to the same bytes; nowhere by default. */
  readonly checkpoint?: CheckpointOptions;
  /** For tests: which kernels to prefer. */
  readonly kernels?: 'wasm' | 'twin';
  readonly progress?: Progress;
}

/** What did best on held-out scenes among what was tried with 1,700 scenes and their quarter turns (d 1280). */
export const TRAIN_DEFAULTS = {
  kind: 'msae',
  levels: [8, 16, 32, 64, 128],
  weighting: 'uw',
  expansion: 1,
  batch: 256,
  epochs: 8,
  learningRate: 2e-3,
  loss: 'nmse',
  initialisation: 'rows',
} as const satisfies Omit<TrainOptions, 'seed' | 'threads'>;

export interface EpochReport {
  /** Weighted error of the levels, without the terms below. */
  readonly loss: number;
  /** Mean error at each level. */
  readonly byLevel: readonly number[];
  /** Latents selected for no row of the epoch. */
  readonly dead: number;
  /** Mean of the kind's own term (L1, L0), where it has one. */
  readonly penalty?: number | undefined;
  /** Mean of the auxiliary term, where it is on. */
  readonly auxiliary?: number | undefined;
  /** Latents that began anew, where resampling is on. */
  readonly resampled?: number | undefined;
}

export interface Training {
  readonly weights: SaeWeights;
  readonly epochs: readonly EpochReport[];
  /** Rows passed through training a CPU second, initialisation left out. */
  readonly samplesPerCpuSecond: number;
}
