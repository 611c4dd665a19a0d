import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import type { LossOptions } from '../../sdk/sae/gradients.ts';
import { gradientsOf, nested, openCase, PARAMETERS, type SmallCase } from './training-case.ts';

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

describe('gradients of the nested loss', () => {
  test.each<[string, readonly number[], LossOptions]>([
    ['nested levels alike', [2, 4, 8], { alpha: [1, 1, 1], relative: true, l1: 0 }],
    ['nested levels, the smallest weighted most', [1, 3, 6], { alpha: [3, 2, 1], relative: true, l1: 0 }],
    ['plain squared error', [2, 5], { alpha: [1, 1], relative: false, l1: 0 }],
    ['all latents with an L1 term', [13], { alpha: [1], relative: true, l1: 0.02 }],
  ])('equal central differences of the loss by definition: %s', async (_, levels, loss) => {
    const small = randomCase(3, levels);
    const { value, gradients } = await gradientsOf(openCase(small, 'wasm'), small.x, nested(loss));
    expect(value).toBeCloseTo(lossByDefinition(small, loss), 6);
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
});
