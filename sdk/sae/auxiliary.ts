/**
 * The auxiliary loss that gives dead latents gradient (Gao et al. 2024, arXiv 2406.04093, appendix A.2): they reconstruct, with their k
 * strongest positive pre-activations, what the model leaves, e = x' − x̂ held fixed: c · mean over rows of ‖e − Σ z·D‖²/d, over the row's
 * power where the main loss is.
 */
import { backpropagateLatents, residualsOf } from './gradients.ts';
import type { TrainingMemory } from './training-memory.ts';

/** What the auxiliary loss is made of. */
export interface Auxiliary {
  /** c; the paper's is 1/32. */
  readonly coefficient: number;
  /** The latents that are dead, rising. */
  readonly dead: Uint32Array;
}

/**
 * Adds the gradients of W_dec, W_enc and b_lat for the rows in memory, after the main loss's residual gradients were made and while their
 * pre-activations are still there: it uses these up. `lastWeight` is the main loss's weight of the last level, α/Σα. Gives the term summed over rows.
 */
export function helpDeadLatents(
  memory: TrainingMemory,
  rows: number,
  batchRows: number,
  relative: boolean,
  lastWeight: number,
  { coefficient, dead }: Auxiliary,
): number {
  const { kernels, at, parameters, width, d, n, levels, helpers } = memory;
  if (!helpers || dead.length === 0) return 0;
  const { wDec } = parameters;
  selectDead(memory, rows, dead);
  const latents = memory.words(at.helperLatents, rows * helpers);
  const values = memory.floats(at.helperValues, rows * helpers);
  const ends = memory.words(at.helperEnds, rows);
  // begins as the last level's residual gradient: x̂ − x' times lastWeight · 2/(d · batch rows · power)
  residualsOf(memory, rows, levels.length - 1, at.helperRows);
  const gradients = memory.floats(at.helperRows, rows * width);
  for (let i = 0; i < gradients.length; i++) gradients[i] *= coefficient / lastWeight;
  const scale = (2 * coefficient) / (d * batchRows);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const input = at.input + row * width * 4;
    const power = relative ? kernels.dot(input, input, width) / d : 1;
    const target = at.helperRows + row * width * 4;
    if (power > 0) {
      for (let place = row * helpers; place < row * helpers + ends[row]; place++)
        kernels.axpy((scale / power) * values[place], wDec.weight + latents[place] * width * 4, target, width);
      loss += (coefficient * power * kernels.dot(target, target, width)) / (scale * scale * d);
    } else gradients.fill(0, row * width, (row + 1) * width);
  }
  kernels.pack(at.helperRows, 0, rows, rows, width, at.helperGradients);
  const picked = { latents: at.helperLatents, values: at.helperValues, ends: at.helperEnds, slots: helpers };
  const found = { ...picked, levelCount: 1, gradients: at.helperGradients };
  backpropagateLatents(memory, rows, found, 0, true, { first: 0, last: n }, memory.workspaces[0]);
  return loss;
}

/** The strongest dead latents of each row; the dead's pre-activations move to the front of `pre`. */
function selectDead(memory: TrainingMemory, rows: number, dead: Uint32Array): void {
  const { kernels, at, n, helpers = 0 } = memory;
  const pre = memory.floats(at.pre, rows * n);
  for (let row = 0, to = 0; row < rows; row++) for (let i = 0; i < dead.length; i++) pre[to++] = pre[row * n + dead[i]];
  const bias = memory.floats(memory.parameters.bLat.weight, n);
  const deadBias = memory.floats(at.helperBias, dead.length);
  for (let i = 0; i < dead.length; i++) deadBias[i] = bias[dead[i]];
  const { helperLatents, helperValues, helperEnds } = at;
  const { scratchValues, scratchLatents, scratchAll, scratchRest } = memory.workspaces[0];
  const found = [
    scratchValues,
    scratchLatents,
    scratchAll,
    scratchRest,
    helperLatents,
    helperValues,
    helperEnds,
    helpers,
  ] as const;
  kernels.select(at.pre, rows, dead.length, at.helperBias, at.helpers, 1, ...found);
  const latents = memory.words(at.helperLatents, rows * helpers);
  const ends = memory.words(at.helperEnds, rows);
  for (let row = 0; row < rows; row++)
    for (let place = row * helpers; place < row * helpers + ends[row]; place++) latents[place] = dead[latents[place]];
}
