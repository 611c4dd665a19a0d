/**
 * One step of MSAE training (arXiv 2502.20578). The levels are nested, so the latents are selected once, in order; each level's estimate
 * grows from the one before; the gradient of a latent is its atom times the sum of the residual gradients of all levels that hold it;
 * and only rows of active latents get gradient.
 */
import { type Auxiliary, helpDeadLatents } from './auxiliary.ts';
import type { DenseProduct } from './dense.ts';
import type { Part, Selection } from './kinds/selection.ts';
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

/** What a training makes small, and how latents are picked. */
export interface Objective {
  readonly loss: LossOptions;
  readonly selection: Selection;
  readonly auxiliary?: Auxiliary;
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

/** Centres the part's rows that lie in the memory's input and, unless only that is wanted, makes their pre-activations (without b_lat). */
export async function encodePart(memory: TrainingMemory, dense: DenseProduct, rows: number, centreOnly = false) {
  const { kernels, at, parameters, width, n } = memory;
  kernels.centre(at.input, parameters.bPre.weight, at.centred, rows, width);
  if (centreOnly) return;
  await dense.multiply(
    memory.floats(at.centred, rows * width),
    memory.floats(parameters.wEnc.weight, n * width),
    width,
    memory.floats(at.pre, rows * n),
  );
}

/** The estimates of the part's picked latents: the residuals' gradients of each level to the memory; gives the summed error of each, [levels]. */
export function decodePart(memory: TrainingMemory, { rows, batchRows }: Part, { alpha, relative }: LossOptions) {
  const { kernels, at, parameters, width, d, levels, slots } = memory;
  const { wDec, bPre } = parameters;
  const count = levels.length;
  const total = alpha.reduce((sum, one) => sum + one, 0);
  memory.floats(at.levelWeights, count).set(alpha.map((one) => ((one / total) * 2) / (d * batchRows)));
  const errors = new Float64Array(kernels.buffer, at.errors, count).fill(0);
  const picked = [at.latents, at.values, at.ends, slots] as const;
  const made = [at.gradients, at.estimate, at.errors] as const;
  const how = [count, at.levelWeights, relative ? 1 : 0] as const;
  kernels.decode(at.input, rows, d, width, wDec.weight, bPre.weight, ...how, ...picked, ...made);
  return errors.slice();
}

/** Adds the gradients of all parameters for the part, and marks in `fired` [n] the latents picked. Gives what of the loss is no error of a level. */
export function backpropagatePart(memory: TrainingMemory, part: Part, objective: Objective, fired?: Uint8Array) {
  const { kernels, at, parameters, width, n, levels, slots } = memory;
  const { wDec, wEnc, bLat, bPre } = parameters;
  const { rows, batchRows } = part;
  const { loss, selection } = objective;
  const biasBefore = memory.floats(bLat.gradient, n).slice();
  const { values, ends, gradients, starts, entries } = at;
  kernels.byLatent(at.latents, ends, rows, levels.length, slots, n, starts, entries);
  const found = [levels.length, values, ends, slots, gradients, starts, entries] as const;
  const into = [wDec.gradient, wEnc.gradient, bLat.gradient] as const;
  kernels.backward(0, n, at.centred, width, wDec.weight, ...found, loss.l1 / batchRows, ...into);
  if (fired) {
    const firsts = memory.words(starts, n + 1);
    for (let latent = 0; latent < n; latent++) if (firsts[latent + 1] > firsts[latent]) fired[latent] = 1;
  }
  const penalty = selection.penalise?.(memory, part) ?? 0;
  const lastWeight = loss.alpha[loss.alpha.length - 1] / loss.alpha.reduce((sum, one) => sum + one, 0);
  const auxiliary = objective.auxiliary
    ? helpDeadLatents(memory, rows, batchRows, loss.relative, lastWeight, objective.auxiliary)
    : 0;
  // b_pre: in x̂ with every level's residual, and in x' − b_pre through each active latent's encoder row
  for (let row = 0; row < rows; row++)
    kernels.axpy(1, gradients + row * levels.length * width * 4, bPre.gradient, width);
  const biasNow = memory.floats(bLat.gradient, n);
  for (let latent = 0; latent < n; latent++) {
    const change = biasBefore[latent] - biasNow[latent];
    if (change !== 0) kernels.axpy(change, wEnc.weight + latent * width * 4, bPre.gradient, width);
  }
  return { penalty, auxiliary };
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

/** Unit-norm W_dec (all that is measured along an atom takes its old norm) and its gradient's projection; gives the norm of all gradients. */
export function constrainDecoder(memory: TrainingMemory): number {
  const { kernels, parameters, width, n } = memory;
  const { wDec, wEnc, bLat, bPre, logThreshold } = parameters;
  if (logThreshold) {
    // a threshold takes its atom's norm along, as pre-activations do
    const logs = memory.floats(logThreshold.weight, n);
    for (let latent = 0; latent < n; latent++) {
      const atom = wDec.weight + latent * width * 4;
      const square = kernels.dot(atom, atom, width);
      if (square > 0) logs[latent] += Math.log(square) / 2;
    }
  }
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
  const ofThresholds = logThreshold ? kernels.dot(logThreshold.gradient, logThreshold.gradient, logThreshold.count) : 0;
  return Math.sqrt(squares + kernels.dot(bPre.gradient, bPre.gradient, width) + ofThresholds);
}
