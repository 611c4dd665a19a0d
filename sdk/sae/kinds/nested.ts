/**
 * Matryoshka by k (arXiv 2502.20578): each row keeps its strongest latents, level by level, all over the whole dictionary. TopK is the same
 * with one level; ReLU with one level of all latents, and an L1 term on the code.
 */
import type { TrainingMemory } from '../training-memory.ts';
import type { Part, Selection } from './selection.ts';

export class NestedSelection implements Selection {
  readonly running = new Float64Array();
  readonly #l1: number;

  /** λ of the L1 term, 0 for none: the term is λ · mean over rows of Σ z. Its gradient is `backward`'s. */
  constructor(l1 = 0) {
    this.#l1 = l1;
  }

  pick(memory: TrainingMemory, { rows }: Part): void {
    const { kernels, at, parameters, n, levels, slots, workspaces } = memory;
    const { levels: ks, latents, values, ends } = at;
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = workspaces[0];
    const bias = parameters.bLat.weight;
    const count = levels.length;
    const scratch = [scratchValues, scratchLatents, scratchAll, scratchRest] as const;
    kernels.select(at.pre, rows, n, bias, ks, count, ...scratch, latents, values, ends, slots);
  }

  penalise(memory: TrainingMemory, { rows }: Part): number {
    return this.#l1 === 0 ? 0 : this.#l1 * sumOfActivations(memory, rows);
  }
}

/** Σ z over the latents that were picked of the part's rows. */
export function sumOfActivations({ at, levels, slots, floats, words }: TrainingMemory, rows: number): number {
  const values = floats(at.values, rows * slots);
  const ends = words(at.ends, rows * levels.length);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const end = row * slots + ends[(row + 1) * levels.length - 1];
    for (let place = row * slots; place < end; place++) sum += values[place];
  }
  return sum;
}
