/**
 * The step that follows a batch's gradients (arXiv 2502.20578): W_dec's rows to unit norm, their gradients less the part along them, the
 * global norm clipped, Adam.
 */
import { blockSlice, SEGMENT, type Slice } from './gradients.ts';
import { BLOCKS, type Parameter, type TrainingMemory } from './training-memory.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 6.25e-10;
/** The gradient's global norm is brought down to this. */
const MAX_NORM = 1;
/** What a step of Adam takes: lr/(1 − β1^t), 1/(1 − β2^t), β1, β2, ε and the gradient's factor. */
type StepSettings = readonly [number, number, number, number, number, number];

/** W_dec to unit norm, projection, clipping and step `t` (from 1) of Adam with learning rate `rate`. Gives the gradient's norm. */
export function update(memory: TrainingMemory, t: number, rate: number): number {
  for (let block = 0; block < BLOCKS; block++) sumSquares(memory, block);
  const norm = gradientNorm(memory);
  const settings = stepSettings(t, rate, norm);
  stepLatents(memory, { first: 0, last: memory.n }, settings);
  stepOthers(memory, settings);
  return norm;
}

/** Squared norm of the gradients of a block's latents, W_dec's without their part along the atoms; to memory. */
export function sumSquares({ kernels, at, parameters, n, width }: TrainingMemory, block: number): void {
  const { wDec, wEnc, bLat } = parameters;
  const { first, last } = blockSlice(n, block);
  const segment = first * SEGMENT;
  const gradients = [wDec.gradient + segment, wEnc.gradient + segment, bLat.gradient + first * 4] as const;
  const sums = at.sums + first * 16;
  const square = kernels.squaredNorm(last - first, n, width, at.atoms + segment, ...gradients, sums);
  new Float64Array(kernels.buffer, at.blockSquares, BLOCKS)[block] = square;
}

/** Norm of all gradients, once each block has its square. */
export function gradientNorm({ kernels, at, parameters }: TrainingMemory): number {
  const { bPre, logThreshold } = parameters;
  let squares = new Float64Array(kernels.buffer, at.blockSquares, BLOCKS).reduce((sum, square) => sum + square, 0);
  for (const { gradient, count } of [bPre, ...(logThreshold ? [logThreshold] : [])])
    squares += kernels.dot(gradient, gradient, count);
  return Math.sqrt(squares);
}

export function stepSettings(t: number, rate: number, norm: number): StepSettings {
  const clip = norm > MAX_NORM ? MAX_NORM / norm : 1;
  return [rate / (1 - BETA1 ** t), 1 / (1 - BETA2 ** t), BETA1, BETA2, EPSILON, clip];
}

/** The step of what some latents have. */
export function stepLatents(memory: TrainingMemory, { first, last }: Slice, settings: StepSettings): void {
  const { kernels, parameters, at, n, width } = memory;
  const { wDec, wEnc, bLat, logThreshold } = parameters;
  const norms = at.norms + first * 4;
  const rows = ({ weight, gradient, firstMoment, secondMoment }: Parameter) => {
    const offset = first * width * 4;
    return [weight + offset, gradient + first * SEGMENT, firstMoment + offset, secondMoment + offset] as const;
  };
  kernels.stepAtoms(last - first, n, width, ...rows(wDec), at.sums + first * 16, norms, ...settings);
  kernels.stepRows(last - first, n, width, ...rows(wEnc), norms, ...settings);
  scaleByNorms(memory, { first, last });
  for (const { weight, gradient, firstMoment, secondMoment } of [bLat, ...(logThreshold ? [logThreshold] : [])]) {
    const values = [weight, gradient, firstMoment, secondMoment].map((array) => array + first * 4);
    const [w, g, m, v] = values;
    kernels.stepValues(last - first, w, g, m, v, ...settings);
  }
}

/** The step of b_pre. */
export function stepOthers({ kernels, parameters }: TrainingMemory, settings: StepSettings): void {
  const { count, weight, gradient, firstMoment, secondMoment } = parameters.bPre;
  kernels.stepValues(count, weight, gradient, firstMoment, secondMoment, ...settings);
}

/** b_lat and log θ take along what atoms had as norms: all that is measured along an atom does. */
function scaleByNorms(memory: TrainingMemory, { first, last }: Slice): void {
  const { parameters, at } = memory;
  const norms = memory.floats(at.norms + first * 4, last - first);
  const bias = memory.floats(parameters.bLat.weight + first * 4, last - first);
  for (let i = 0; i < bias.length; i++) bias[i] *= norms[i];
  if (!parameters.logThreshold) return;
  const logs = memory.floats(parameters.logThreshold.weight + first * 4, last - first);
  for (let i = 0; i < logs.length; i++) logs[i] += Math.log(norms[i]);
}

/** W_dec's rows to norm 1; W_enc's, b_lat and thresholds take the norms along. */
export function normaliseDecoder(memory: TrainingMemory): void {
  const { kernels, parameters, at, n, width } = memory;
  const norms = memory.floats(at.norms, n);
  for (let latent = 0; latent < n; latent++) {
    const offset = latent * width * 4;
    const square = kernels.dot(parameters.wDec.weight + offset, parameters.wDec.weight + offset, width);
    norms[latent] = square > 0 ? Math.sqrt(square) : 1;
    const atom = memory.floats(parameters.wDec.weight + offset, width);
    const encoder = memory.floats(parameters.wEnc.weight + offset, width);
    for (let i = 0; i < width; i++) {
      atom[i] /= norms[latent];
      encoder[i] *= norms[latent];
    }
  }
  scaleByNorms(memory, { first: 0, last: n });
}
