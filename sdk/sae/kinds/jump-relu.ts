/**
 * JumpReLU (Rajamanoharan et al. 2024, arXiv 2407.14435): latent j is active, with its pre-activation as value, where that is above its
 * trained threshold θ_j = exp(t_j). Both the activation and the L0 penalty, λ · mean over rows of the number of active latents, are flat in
 * θ almost everywhere; their gradients are the paper's pseudo-derivatives with a rectangle of width ε (equations 11 and 12):
 * ∂z/∂θ = −(θ/ε)·[|pre − θ| < ε/2], ∂L0/∂θ = −(1/ε)·[|pre − θ| < ε/2]; through θ = exp(t) both take a factor θ.
 */
import { residualsOf } from '../gradients.ts';
import type { TrainingMemory } from '../training-memory.ts';
import type { Part, Selection } from './selection.ts';

/** What JumpReLU is trained with, in units of preprocessed embeddings (a value's power is 1). */
export interface JumpReluOptions {
  /** λ. */
  readonly l0: number;
  /** ε. */
  readonly bandwidth: number;
}

export class JumpReluSelection implements Selection {
  readonly running = new Float64Array();
  readonly #options: JumpReluOptions;
  readonly #theta: Float32Array;
  /** Pairs within ε/2 of the threshold, as row of the part and latent; grows where needed. */
  #near = new Uint32Array(1 << 14);
  #nearCount = 0;

  constructor(options: JumpReluOptions, n: number) {
    this.#options = options;
    this.#theta = new Float32Array(n);
  }

  pick(memory: TrainingMemory, { rows }: Part): void {
    const { at, n, slots } = memory;
    const pre = memory.floats(at.pre, rows * n);
    const bias = memory.floats(memory.parameters.bLat.weight, n);
    const latents = memory.words(at.latents, rows * slots);
    const values = memory.floats(at.values, rows * slots);
    const ends = memory.words(at.ends, rows);
    const theta = this.threshold(memory);
    const half = this.#options.bandwidth / 2;
    this.#nearCount = 0;
    for (let row = 0; row < rows; row++) {
      if (2 * (this.#nearCount + n) > this.#near.length) this.#grow(n);
      let place = row * slots;
      for (let latent = 0; latent < n; latent++) {
        const value = Math.fround(pre[row * n + latent] + bias[latent]);
        const above = value - theta[latent];
        if (above > 0) {
          values[place] = value;
          latents[place++] = latent;
        }
        if (above > -half && above < half) {
          this.#near[2 * this.#nearCount] = row;
          this.#near[2 * this.#nearCount++ + 1] = latent;
        }
      }
      ends[row] = place - row * slots;
    }
  }

  penalise(memory: TrainingMemory, { rows, batchRows }: Part): number {
    const { kernels, at, width, n, parameters } = memory;
    const { l0, bandwidth } = this.#options;
    const gradient = memory.floats(thresholdsOf(memory).gradient, n);
    // centred rows are no longer needed: they lie by segments too
    residualsOf(memory, rows, 0, at.centred);
    for (let i = 0; i < this.#nearCount; i++) {
      const [row, latent] = [this.#near[2 * i], this.#near[2 * i + 1]];
      const theta = this.#theta[latent];
      const dz = kernels.dot(parameters.wDec.weight + latent * width * 4, at.centred + row * width * 4, width);
      gradient[latent] -= (theta * (theta * dz + l0 / batchRows)) / bandwidth;
    }
    let active = 0;
    for (const end of memory.words(at.ends, rows)) active += end;
    return l0 * active;
  }

  threshold(memory: TrainingMemory): Float32Array {
    const logs = memory.floats(thresholdsOf(memory).weight, memory.n);
    for (let latent = 0; latent < logs.length; latent++) this.#theta[latent] = Math.exp(logs[latent]);
    return this.#theta.slice();
  }

  #grow(pairs: number): void {
    const larger = new Uint32Array(2 * this.#near.length + 2 * pairs);
    larger.set(this.#near.subarray(0, 2 * this.#nearCount));
    this.#near = larger;
  }
}

/** Where log θ lies. */
function thresholdsOf({ parameters }: TrainingMemory) {
  if (!parameters.logThreshold) throw new RangeError('this training has no thresholds');
  return parameters.logThreshold;
}
