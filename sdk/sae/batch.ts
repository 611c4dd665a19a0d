/** The gradients of a whole batch, whose rows come to the memory in parts that fit it. */
import type { DenseProduct } from './dense.ts';
import type { Part } from './kinds/selection.ts';
import { backpropagatePart, clearGradients, decodePart, encodePart, type Objective } from './step.ts';
import type { TrainingMemory } from './training-memory.ts';

/** Rows of a batch, preprocessed. */
export interface Batch {
  readonly rows: number;
  /** Puts rows first … first + rows of the batch into `input` [rows, width]. */
  load(first: number, rows: number, input: Float32Array, width: number): void;
}

/** Loss of a batch, summed over its rows. */
export interface BatchLoss {
  /** Error of each level, [levels]. */
  readonly errors: Float64Array;
  /** The kind's own term: λ · Σ z of ReLU, λ · L0 of JumpReLU. */
  readonly penalty: number;
  readonly auxiliary: number;
}

/** Makes the gradients of the mean loss over the batch's rows; marks in `fired` [n] the latents that any row picked. */
export async function batchGradients(
  memory: TrainingMemory,
  dense: DenseProduct,
  batch: Batch,
  objective: Objective,
  fired?: Uint8Array,
): Promise<BatchLoss> {
  clearGradients(memory);
  const errors = new Float64Array(memory.levels.length);
  let [penalty, auxiliary] = [0, 0];
  await forEachPart(memory, dense, batch, objective, (part) => {
    const ofPart = decodePart(memory, part, objective.loss);
    for (let level = 0; level < errors.length; level++) errors[level] += ofPart[level];
    const terms = backpropagatePart(memory, part, objective, fired);
    penalty += terms.penalty;
    auxiliary += terms.auxiliary;
  });
  return { errors, penalty, auxiliary };
}

/** Calls `use` for each part of the batch once its latents are picked. */
export async function forEachPart(
  memory: TrainingMemory,
  dense: DenseProduct,
  batch: Batch,
  { selection, auxiliary }: Objective,
  use: (part: Part) => void,
): Promise<void> {
  const { at, width } = memory;
  const parts: Part[] = [];
  for (let first = 0; first < batch.rows; first += memory.rows)
    parts.push({ first, rows: Math.min(memory.rows, batch.rows - first), batchRows: batch.rows });
  const enter = (part: Part, centreOnly?: boolean) => {
    batch.load(part.first, part.rows, memory.floats(at.input, part.rows * width), width);
    return encodePart(memory, dense, part.rows, centreOnly);
  };
  const twice = selection.survey !== undefined && parts.length > 1;
  if (twice)
    for (const part of parts) {
      await enter(part);
      selection.survey?.(memory, part);
    }
  for (const part of parts) {
    // what the survey saw is kept by the selection; only dead latents need their pre-activations again
    await enter(part, twice && !auxiliary);
    if (!twice) selection.survey?.(memory, part);
    selection.pick(memory, part);
    use(part);
  }
}
