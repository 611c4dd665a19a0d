/** A small training laid out in memory for tests: given weights and rows in, gradients and weights out. */
import { DenseProduct } from '../../sdk/sae/dense.ts';
import { accumulateGradients, clearGradients, type LossOptions } from '../../sdk/sae/step.ts';
import { openTrainingMemory, type ParameterName, type TrainingMemory } from '../../sdk/sae/training-memory.ts';

export interface SmallCase {
  readonly d: number;
  readonly n: number;
  readonly levels: readonly number[];
  readonly x: readonly number[];
  readonly parameters: Readonly<Record<ParameterName, readonly number[]>>;
}

export const PARAMETERS: readonly ParameterName[] = ['wDec', 'wEnc', 'bLat', 'bPre'];

/** Opens memory that holds the case's rows and weights. */
export function openCase(small: SmallCase, kernels: 'wasm' | 'twin'): TrainingMemory {
  const { d, n, levels, x, parameters } = small;
  const memory = openTrainingMemory({ d, n, rows: x.length / d, levels }, kernels);
  putRows(memory, memory.at.input, x);
  for (const name of PARAMETERS) {
    const { weight } = memory.parameters[name];
    if (name === 'bLat') memory.floats(weight, n).set(parameters[name]);
    else putRows(memory, weight, parameters[name]);
  }
  return memory;
}

/** Loss and gradients of all rows of the case as one batch. */
export async function gradientsOf(memory: TrainingMemory, loss: LossOptions) {
  const dense = await DenseProduct.open(1);
  clearGradients(memory);
  const errors = await accumulateGradients(memory, dense, memory.rows, memory.rows, loss);
  await dense.close();
  const total = loss.alpha.reduce((a, b) => a + b, 0);
  const value = errors.reduce((sum, error, i) => sum + ((loss.alpha[i] / total) * error) / memory.rows, 0);
  const gradients = Object.fromEntries(PARAMETERS.map((name) => [name, read(memory, name, 'gradient')]));
  return { value, gradients: gradients as Record<ParameterName, Float64Array> };
}

/** A trained array or its gradient without padding. */
export function read(memory: TrainingMemory, name: ParameterName, part: 'weight' | 'gradient'): Float64Array {
  const { d, n, width, parameters } = memory;
  if (name === 'bLat') return Float64Array.from(memory.floats(parameters[name][part], n));
  const rows = name === 'bPre' ? 1 : n;
  const values = memory.floats(parameters[name][part], rows * width);
  return Float64Array.from({ length: rows * d }, (_, i) => values[Math.floor(i / d) * width + (i % d)]);
}

function putRows(memory: TrainingMemory, offset: number, values: readonly number[]): void {
  const { d, width } = memory;
  const target = memory.floats(offset, (values.length / d) * width);
  values.forEach((value, i) => {
    target[Math.floor(i / d) * width + (i % d)] = value;
  });
}
