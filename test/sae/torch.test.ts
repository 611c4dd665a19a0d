import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DenseProduct } from '../../sdk/sae/dense.ts';
import { BatchTopKSelection } from '../../sdk/sae/kinds/batch-topk.ts';
import { JumpReluSelection } from '../../sdk/sae/kinds/jump-relu.ts';
import { NestedSelection } from '../../sdk/sae/kinds/nested.ts';
import type { Selection } from '../../sdk/sae/kinds/selection.ts';
import type { Objective } from '../../sdk/sae/objective.ts';
import type { ParameterName, TrainingMemory } from '../../sdk/sae/training-memory.ts';
import { update } from '../../sdk/sae/update.ts';
import { batchOf, lossOf, openCase, PARAMETERS, read } from './training-case.ts';

type Parameters = Record<ParameterName, number[]> & { logThreshold?: number[] };
interface Case {
  name: string;
  kind: 'nested' | 'batchtopk' | 'jumprelu' | 'prefix';
  levels: number[];
  alpha: number[];
  relative: boolean;
  l1: number;
  k?: number;
  l0?: number;
  bandwidth?: number;
  auxiliary: { coefficient: number; helpers: number; dead: number[] } | null;
  loss: number;
  gradients: Parameters;
  norms: number[];
  after: Parameters;
  curve: number[];
}
const torch = JSON.parse(readFileSync(new URL('../fixtures/sae-torch.json', import.meta.url), 'utf8')) as {
  d: number;
  n: number;
  x: number[];
  start: Record<ParameterName | 'logThreshold', number[]>;
  learningRate: number;
  pool: number[];
  picks: number[][];
  cases: Case[];
};
const { d, n, x, learningRate } = torch;

/** Largest difference over the largest magnitude of the reference. */
function relative(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return Array.from(got).reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]) / scale), 0);
}

const namesOf = ({ kind }: Case) => (kind === 'jumprelu' ? [...PARAMETERS, 'logThreshold' as const] : PARAMETERS);

function selectionOf({ kind, l1, k = 0, l0 = 0, bandwidth = 0 }: Case): Selection {
  if (kind === 'nested') return new NestedSelection(l1);
  if (kind === 'jumprelu') return new JumpReluSelection({ l0, bandwidth }, n);
  return new BatchTopKSelection(k, 16, n);
}

function objectiveOf(one: Case): Objective {
  const { alpha, relative, l1, auxiliary } = one;
  return {
    ...{ loss: { alpha, relative, l1 }, selection: selectionOf(one) },
    ...(auxiliary && {
      auxiliary: { coefficient: auxiliary.coefficient, dead: Uint32Array.from(auxiliary.dead) },
    }),
  };
}

/** Memory with the start's weights that takes so many rows at once. */
function open(one: Case, rows: number, kernels: 'wasm' | 'twin' = 'wasm'): TrainingMemory {
  const { logThreshold, ...plain } = torch.start;
  const parameters = one.kind === 'jumprelu' ? { ...plain, logThreshold } : plain;
  return openCase({ d, n, x, levels: one.levels, parameters, rows, helpers: one.auxiliary?.helpers ?? 0 }, kernels);
}

describe.each(torch.cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test('has the loss and the gradients of PyTorch, also where a batch comes in parts', async () => {
    const dense = await DenseProduct.open(1);
    const found = [];
    for (const [rows, kernels] of [
      [6, 'wasm'],
      [6, 'twin'],
      [4, 'wasm'],
      [1, 'wasm'],
    ] as const) {
      const memory = open(one, rows, kernels);
      const loss = await lossOf(memory, dense, batchOf(x, d), objectiveOf(one));
      expect(loss / one.loss).toBeCloseTo(1, 6);
      for (const name of namesOf(one))
        expect(
          relative(read(memory, name, 'gradient'), one.gradients[name] ?? []),
          `${name}, ${rows} rows`,
        ).toBeLessThan(1e-5);
      found.push({ loss, gradients: namesOf(one).map((name) => read(memory, name, 'gradient')) });
    }
    expect(found[1]).toEqual(found[0]);
    await dense.close();
  });

  test('has the weights of PyTorch after three steps', async () => {
    const dense = await DenseProduct.open(1);
    const memory = open(one, 6);
    const objective = objectiveOf(one);
    for (let t = 1; t <= 3; t++) {
      await lossOf(memory, dense, batchOf(x, d), objective);
      expect(update(memory, t, learningRate) / one.norms[t - 1]).toBeCloseTo(1, 5);
    }
    await dense.close();
    for (const name of namesOf(one))
      expect(relative(read(memory, name, 'weight'), one.after[name] ?? []), name).toBeLessThan(1e-5);
  });

  test('tracks the loss of PyTorch over 50 steps on changing batches', async () => {
    const dense = await DenseProduct.open(1);
    const memory = open(one, 16);
    const objective = objectiveOf(one);
    const curve = [];
    for (const picked of torch.picks) {
      const rows = picked.flatMap((row) => torch.pool.slice(row * d, (row + 1) * d));
      curve.push(await lossOf(memory, dense, batchOf(rows, d), objective));
      update(memory, curve.length, learningRate);
    }
    await dense.close();
    curve.forEach((loss, step) => {
      expect(Math.abs(loss / one.curve[step] - 1), `step ${step + 1}`).toBeLessThan(1e-3);
    });
    expect(one.curve).toHaveLength(50);
  });
});
