/** The gradients of a whole batch, whose rows come to the memory in parts that fit it. */
import { helpDeadLatents } from './auxiliary.ts';
import type { DenseProduct } from './dense.ts';
import {
  addInputBias,
  backpropagateLatents,
  beginBatch,
  decodePart,
  encodePart,
  endBatch,
  markFired,
  pickedOf,
} from './gradients.ts';
import type { Part } from './kinds/selection.ts';
import type { Objective } from './objective.ts';
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
  const errors = new Float64Array(memory.levels.length);
  let [penalty, auxiliary] = [0, 0];
  await forEachPart(memory, dense, batch, objective, (part) => {
    const ofPart = decodePart(memory, part, objective.loss);
    for (let level = 0; level < errors.length; level++) errors[level] += ofPart[level];
    const terms = backpropagatePart(memory, part, objective, fired);
    penalty += terms.penalty;
    auxiliary += terms.auxiliary;
  });
  endBatch(memory);
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
  beginBatch(memory);
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

/** The gradients of the part: W's are set by a batch's first part. Marks in `fired` [n] the latents picked. Gives what of the loss is no error of a level. */
function backpropagatePart(memory: TrainingMemory, part: Part, objective: Objective, fired?: Uint8Array) {
  const { n, workspaces } = memory;
  const { rows, batchRows, first } = part;
  const { loss, selection } = objective;
  const all = { first: 0, last: n };
  backpropagateLatents(memory, rows, pickedOf(memory), loss.l1 / batchRows, first > 0, all, workspaces[0]);
  if (fired) markFired(memory, workspaces[0], all, fired);
  addInputBias(memory, rows);
  const penalty = selection.penalise?.(memory, part) ?? 0;
  const lastWeight = loss.alpha[loss.alpha.length - 1] / loss.alpha.reduce((sum, one) => sum + one, 0);
  const auxiliary = objective.auxiliary
    ? helpDeadLatents(memory, rows, batchRows, loss.relative, lastWeight, objective.auxiliary)
    : 0;
  return { penalty, auxiliary };
}
