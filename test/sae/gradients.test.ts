import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { DenseProduct } from '../../sdk/sae/dense.ts';
import { accumulateGradients, clearGradients, type LossOptions, update } from '../../sdk/sae/step.ts';
import type { ParameterName } from '../../sdk/sae/training-memory.ts';
import { gradientsOf, openCase, PARAMETERS, read, type SmallCase } from './training-case.ts';

interface Fixture {
  d: number;
  n: number;
  x: number[];
  start: Record<ParameterName, number[]>;
  cases: {
    name: string;
    levels: number[];
    alpha: number[];
    l1: number;
    loss: number;
    gradients: Record<ParameterName, number[]>;
    norms: number[];
    after: Record<ParameterName, number[]>;
  }[];
}
const torch = JSON.parse(readFileSync(new URL('../fixtures/sae-torch.json', import.meta.url), 'utf8')) as Fixture;

/** Largest difference over the largest magnitude of the reference. */
function relative(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return Array.from(got).reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]) / scale), 0);
}

/** The loss by its definition in float64, each level on its own, by sorting. */
function lossByDefinition(
  { d, n, levels, x, parameters }: SmallCase,
  { alpha, relative: nmse, l1 }: LossOptions,
): number {
  const { wDec, wEnc, bLat, bPre } = parameters;
  const rows = x.length / d;
  const total = alpha.reduce((a, b) => a + b, 0);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const input = x.slice(row * d, (row + 1) * d);
    const pre = bLat.map((bias, j) => input.reduce((sum, value, i) => sum + (value - bPre[i]) * wEnc[j * d + i], bias));
    const order = pre.map((_, j) => j).sort((a, b) => pre[b] - pre[a]);
    const power = nmse ? input.reduce((sum, value) => sum + value * value, 0) / d : 1;
    levels.forEach((k, level) => {
      const active = order.slice(0, k).filter((j) => pre[j] > 0);
      const error = input.reduce((sum, value, i) => {
        const estimate = active.reduce((part, j) => part + pre[j] * wDec[j * d + i], bPre[i]);
        return sum + (estimate - value) ** 2;
      }, 0);
      loss += ((alpha[level] / total) * error) / d / power / rows;
    });
    loss += (l1 / rows) * order.slice(0, levels[levels.length - 1]).reduce((sum, j) => sum + Math.max(0, pre[j]), 0);
  }
  if (n !== bLat.length) throw new RangeError('n');
  return loss;
}

function randomCase(seed: number, levels: readonly number[]): SmallCase {
  const random = new Random(seed);
  const [d, n, rows] = [7, 13, 5];
  const draw = (count: number, scale: number) =>
    Array.from({ length: count }, () => Math.fround(scale * random.normal()));
  const parameters = { wDec: draw(n * d, 0.5), wEnc: draw(n * d, 0.5), bLat: draw(n, 0.1), bPre: draw(d, 0.2) };
  return { d, n, levels, x: draw(rows * d, 1), parameters };
}

describe('gradients of the loss', () => {
  test.each<[string, readonly number[], LossOptions]>([
    ['nested levels alike', [2, 4, 8], { alpha: [1, 1, 1], relative: true, l1: 0 }],
    ['nested levels, the smallest weighted most', [1, 3, 6], { alpha: [3, 2, 1], relative: true, l1: 0 }],
    ['plain squared error', [2, 5], { alpha: [1, 1], relative: false, l1: 0 }],
    ['all latents with an L1 term', [13], { alpha: [1], relative: true, l1: 0.02 }],
  ])('equal central differences of the loss by definition: %s', async (_, levels, loss) => {
    const small = randomCase(3, levels);
    const { value, gradients } = await gradientsOf(openCase(small, 'wasm'), loss);
    if (loss.l1 === 0) expect(value).toBeCloseTo(lossByDefinition(small, loss), 6);
    const h = 1e-6;
    for (const name of PARAMETERS) {
      const numeric = small.parameters[name].map((centre, i) => {
        const at = (moved: number) => {
          const shifted = small.parameters[name].with(i, moved);
          return lossByDefinition({ ...small, parameters: { ...small.parameters, [name]: shifted } }, loss);
        };
        return (at(centre + h) - at(centre - h)) / (2 * h);
      });
      expect(relative(gradients[name], numeric), name).toBeLessThan(1e-4);
    }
  });

  test.each(torch.cases.map((one) => [one.name, one] as const))('equal PyTorch: %s', async (_, one) => {
    const { d, n, x, start } = torch;
    const loss: LossOptions = { alpha: one.alpha, relative: true, l1: one.l1 };
    for (const kernels of ['wasm', 'twin'] as const) {
      const memory = openCase({ d, n, levels: one.levels, x, parameters: start }, kernels);
      const { value, gradients } = await gradientsOf(memory, loss);
      if (one.l1 === 0) expect(value).toBeCloseTo(one.loss, 6);
      for (const name of PARAMETERS) expect(relative(gradients[name], one.gradients[name]), name).toBeLessThan(2e-6);
    }
  });

  test.each(torch.cases.map((one) => [one.name, one] as const))(
    'three steps give the weights of PyTorch: %s',
    async (_, one) => {
      const { d, n, x, start } = torch;
      const loss: LossOptions = { alpha: one.alpha, relative: true, l1: one.l1 };
      const memory = openCase({ d, n, levels: one.levels, x, parameters: start }, 'wasm');
      const dense = await DenseProduct.open(1);
      for (let t = 1; t <= 3; t++) {
        clearGradients(memory);
        await accumulateGradients(memory, dense, memory.rows, memory.rows, loss);
        expect(update(memory, t, 1e-3) / one.norms[t - 1]).toBeCloseTo(1, 5);
      }
      await dense.close();
      for (const name of PARAMETERS)
        expect(relative(read(memory, name, 'weight'), one.after[name]), name).toBeLessThan(1e-5);
    },
  );

  test('do not depend on how a batch is divided', async () => {
    const loss: LossOptions = { alpha: [1, 1, 1], relative: true, l1: 0 };
    const small = randomCase(5, [2, 4, 8]);
    const whole = await gradientsOf(openCase(small, 'wasm'), loss);
    const memory = openCase({ ...small, x: small.x.slice(0, 3 * small.d) }, 'wasm');
    const dense = await DenseProduct.open(1);
    clearGradients(memory);
    await accumulateGradients(memory, dense, 3, 5, loss);
    const rest = openCase({ ...small, x: small.x.slice(3 * small.d) }, 'wasm');
    memory.floats(memory.at.input, 2 * memory.width).set(rest.floats(rest.at.input, 2 * rest.width));
    await accumulateGradients(memory, dense, 2, 5, loss);
    await dense.close();
    for (const name of PARAMETERS)
      expect(relative(read(memory, name, 'gradient'), whole.gradients[name]), name).toBeLessThan(1e-6);
  });
});
