/** A small training laid out in memory for tests: given weights and rows in, gradients and weights out. */
import { type Batch, batchGradients } from '../../sdk/sae/batch.ts';
import { DenseProduct } from '../../sdk/sae/dense.ts';
import type { LossOptions } from '../../sdk/sae/gradients.ts';
import { NestedSelection } from '../../sdk/sae/kinds/nested.ts';
import type { Objective } from '../../sdk/sae/objective.ts';
import { openTrainingMemory, type ParameterName, type TrainingMemory } from '../../sdk/sae/training-memory.ts';

export interface SmallCase {
  readonly d: number;
  readonly n: number;
  readonly levels: readonly number[];
  readonly x: readonly number[];
  readonly parameters: Readonly<Record<ParameterName, readonly number[]>> & {
    readonly logThreshold?: readonly number[];
  };
  /** Rows in memory at once: all of x unless said. */
  readonly rows?: number;
  readonly helpers?: number;
}

export const PARAMETERS: readonly ParameterName[] = ['wDec', 'wEnc', 'bLat', 'bPre'];

/** Opens memory that holds the case's weights. */
export function openCase(small: SmallCase, kernels: 'wasm' | 'twin'): TrainingMemory {
  const { d, n, levels, x, parameters, rows = x.length / d, helpers = 0 } = small;
  const thresholds = parameters.logThreshold !== undefined;
  const memory = openTrainingMemory({ d, n, rows, levels, thresholds, helpers }, kernels);
  for (const name of PARAMETERS) {
    const { weight } = memory.parameters[name];
    if (name === 'bLat') memory.floats(weight, n).set(parameters[name]);
    else
      putRows(memory.floats(weight, (parameters[name].length / d) * memory.width), parameters[name], d, memory.width);
  }
  const { logThreshold } = memory.parameters;
  if (logThreshold) memory.floats(logThreshold.weight, n).set(parameters.logThreshold ?? []);
  return memory;
}

/** Rows [count, d] as a batch. */
export function batchOf(x: readonly number[], d: number): Batch {
  return {
    rows: x.length / d,
    load: (first, rows, input, width) => putRows(input, x.slice(first * d, (first + rows) * d), d, width),
  };
}

/** The kinds that nest by k, with this loss. */
export function nested(loss: LossOptions): Objective {
  return { loss, selection: new NestedSelection(loss.l1) };
}

/** Mean loss of the batch, all terms; its gradients lie in memory. */
export async function lossOf(memory: TrainingMemory, dense: DenseProduct, batch: Batch, objective: Objective) {
  const { errors, penalty, auxiliary } = await batchGradients(memory, dense, batch, objective);
  const { alpha } = objective.loss;
  const total = alpha.reduce((a, b) => a + b, 0);
  return (errors.reduce((sum, error, i) => sum + (alpha[i] / total) * error, 0) + penalty + auxiliary) / batch.rows;
}

/** Loss and gradients of the rows x as one batch. */
export async function gradientsOf(memory: TrainingMemory, x: readonly number[], objective: Objective) {
  const dense = await DenseProduct.open(1);
  const value = await lossOf(memory, dense, batchOf(x, memory.d), objective);
  await dense.close();
  const gradients = Object.fromEntries(PARAMETERS.map((name) => [name, read(memory, name, 'gradient')]));
  return { value, gradients: gradients as Record<ParameterName, Float64Array> };
}

/** A trained array or its gradient without padding. */
export function read(
  memory: TrainingMemory,
  name: ParameterName | 'logThreshold',
  part: 'weight' | 'gradient',
): Float64Array {
  const { d, n, width, parameters } = memory;
  const offset = parameters[name]?.[part];
  if (offset === undefined) throw new RangeError(name);
  if (name === 'bLat' || name === 'logThreshold') return Float64Array.from(memory.floats(offset, n));
  const rows = name === 'bPre' ? 1 : n;
  const values = memory.floats(offset, rows * width);
  // gradients of the matrices lie by segments of 32 values, [width/32, n, 32]
  const bySegment = part === 'gradient' && rows === n;
  return Float64Array.from({ length: rows * d }, (_, i) => {
    const [row, at] = [Math.floor(i / d), i % d];
    return values[bySegment ? (Math.floor(at / 32) * n + row) * 32 + (at % 32) : row * width + at];
  });
}

function putRows(target: Float32Array, values: readonly number[], d: number, width: number): void {
  target.fill(0);
  values.forEach((value, i) => {
    target[Math.floor(i / d) * width + (i % d)] = value;
  });
}
