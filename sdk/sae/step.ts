/**
 * One step of MSAE training (arXiv 2502.20578). The levels are nested, so the latents are selected once, in order; each level's estimate
 * grows from the one before; the gradient of a latent is its atom times the sum of the residual gradients of all levels that hold it;
 * and only rows of active latents get gradient.
 */
import type { DenseProduct } from './dense.ts';
import type { TrainingMemory } from './training-memory.ts';

/** What the loss is made of. */
export interface LossOptions {
  /** α of each level, not yet divided by their sum. */
  readonly alpha: readonly number[];
  /** True: NMSE, a row's squared error over that of its mean; false: plain MSE. */
  readonly relative: boolean;
  /** λ of the L1 term on the code, 0 for none; the term is λ · mean over rows of Σ z. */
  readonly l1: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 6.25e-10;
/** The gradient's global norm is brought down to this. */
const MAX_NORM = 1;

/** Sets the gradients to zero before a batch. */
export function clearGradients(memory: TrainingMemory): void {
  for (const { gradient, count } of Object.values(memory.parameters)) memory.floats(gradient, count).fill(0);
}

/**
 * Adds the loss's gradients for the `rows` rows that lie in the memory's input to those already there. `batchRows` are the rows of the
 * whole batch. Gives the summed error of each level, [levels], over these rows, and marks in `fired` [n] the latents selected.
 */
export async function accumulateGradients(
  memory: TrainingMemory,
  dense: DenseProduct,
  rows: number,
  batchRows: number,
  loss: LossOptions,
  fired?: Uint8Array,
): Promise<Float64Array> {
  const { kernels, at, parameters, width, d, n, levels, slots } = memory;
  const { wDec, wEnc, bLat, bPre } = parameters;
  const total = loss.alpha.reduce((sum, alpha) => sum + alpha, 0);
  memory.floats(at.levelWeights, levels.length).set(loss.alpha.map((alpha) => ((alpha / total) * 2) / (d * batchRows)));
  kernels.centre(at.input, bPre.weight, at.centred, rows, width);
  await dense.multiply(
    memory.floats(at.centred, rows * width),
    memory.floats(wEnc.weight, n * width),
    width,
    memory.floats(at.pre, rows * n),
  );
  kernels.select(
    at.pre,
    rows,
    n,
    bLat.weight,
    at.levels,
    levels.length,
    at.scratchValues,
    at.scratchLatents,
    at.latents,
    at.values,
    at.ends,
    slots,
  );
  const errors = new Float64Array(kernels.buffer, at.errors, levels.length).fill(0);
  kernels.decode(
    at.input,
    rows,
    d,
    width,
    wDec.weight,
    bPre.weight,
    levels.length,
    at.levelWeights,
    loss.relative ? 1 : 0,
    at.latents,
    at.values,
    at.ends,
    slots,
    at.gradients,
    at.estimate,
    at.errors,
  );
  kernels.byLatent(at.latents, at.ends, rows, levels.length, slots, n, at.starts, at.entries);
  const biasBefore = memory.floats(bLat.gradient, n).slice();
  kernels.backward(
    0,
    n,
    at.centred,
    width,
    wDec.weight,
    levels.length,
    at.values,
    at.ends,
    slots,
    at.gradients,
    at.starts,
    at.entries,
    loss.l1 / batchRows,
    wDec.gradient,
    wEnc.gradient,
    bLat.gradient,
  );
  // b_pre: in x̂ with every level's residual, and in x' − b_pre through each active latent's encoder row
  for (let row = 0; row < rows; row++)
    kernels.axpy(1, at.gradients + row * levels.length * width * 4, bPre.gradient, width);
  const biasNow = memory.floats(bLat.gradient, n);
  const starts = memory.words(at.starts, n + 1);
  for (let latent = 0; latent < n; latent++) {
    if (starts[latent + 1] === starts[latent]) continue;
    kernels.axpy(biasBefore[latent] - biasNow[latent], wEnc.weight + latent * width * 4, bPre.gradient, width);
    if (fired) fired[latent] = 1;
  }
  return errors.slice();
}

/** W_dec to unit norm, projection, clipping and step `t` (from 1) of Adam with learning rate `rate`. Gives the gradient's norm. */
export function update(memory: TrainingMemory, t: number, rate: number): number {
  const { kernels, parameters } = memory;
  const norm = constrainDecoder(memory);
  const clip = norm > MAX_NORM ? MAX_NORM / norm : 1;
  const stepSize = rate / (1 - BETA1 ** t);
  const correction = 1 / (1 - BETA2 ** t);
  for (const { weight, gradient, firstMoment, secondMoment, count } of Object.values(parameters)) {
    const moments = [firstMoment, secondMoment] as const;
    kernels.adam(weight, gradient, ...moments, count, stepSize, correction, BETA1, BETA2, EPSILON, clip);
  }
  return norm;
}

/** Unit-norm W_dec and its gradient's projection; gives the norm of all gradients. */
export function constrainDecoder(memory: TrainingMemory): number {
  const { kernels, parameters, width, n } = memory;
  const { wDec, wEnc, bLat, bPre } = parameters;
  const squares = kernels.constrain(
    n,
    width,
    wDec.weight,
    wEnc.weight,
    bLat.weight,
    wDec.gradient,
    wEnc.gradient,
    bLat.gradient,
  );
  return Math.sqrt(squares + kernels.dot(bPre.gradient, bPre.gradient, width));
}
