import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import type { SaeKernels } from '../../sdk/sae/kernels/kernels.ts';
import { openKernels } from '../../sdk/sae/kernels/open.ts';
import { update } from '../../sdk/sae/update.ts';
import { gradientsOf, nested, openCase, PARAMETERS, read } from './training-case.ts';

/** WASM and twin with the same random float32 values in memory. */
function pair(words: number, seed: number): SaeKernels[] {
  const random = new Random(seed);
  const values = Float32Array.from({ length: words }, () => random.normal());
  return (['wasm', 'twin'] as const).map((kind) => {
    const kernels = openKernels(words * 4, kind);
    new Float32Array(kernels.buffer, 0, words).set(values);
    return kernels;
  });
}

const bits = (kernels: SaeKernels, words: number) => new Uint32Array(kernels.buffer.slice(0, words * 4));

describe('the WASM kernels', () => {
  test('load on this machine', () => {
    expect(openKernels(1024).name).toBe('wasm');
  });

  test('and their twin give the same bits: dot, axpy, centre, steps', () => {
    const [wasm, twin] = pair(2048, 1);
    expect(wasm.dot(0, 512, 96)).toBe(twin.dot(0, 512, 96));
    for (const kernels of [wasm, twin]) {
      kernels.axpy(0.37, 0, 1024, 64);
      kernels.centre(2048, 0, 4096, 3, 32);
      // second moments must not be negative
      const moments = new Float32Array(kernels.buffer, 7168, 128);
      moments.forEach((value, i) => {
        moments[i] = value * value;
      });
      const settings = [0.01, 1.5, 0.9, 0.999, 6.25e-10, 0.8] as const;
      kernels.squaredNorm(2, 2, 64, 4096, 5632, 5120, 4608, 6656);
      kernels.stepAtoms(2, 2, 64, 5120, 5632, 6144, 7168, 6656, 7680, ...settings);
      kernels.stepRows(2, 2, 64, 0, 512, 1024, 7168, 7680, ...settings);
    }
    expect(bits(wasm, 2048)).toEqual(bits(twin, 2048));
  });

  test('and their twin give the same bits over whole steps, near-ties and dead latents included', async () => {
    const random = new Random(9);
    const [d, n, rows] = [20, 37, 11];
    const draw = (count: number) => Array.from({ length: count }, () => Math.fround(random.normal()));
    const wEnc = draw(n * d);
    wEnc.splice(d, d, ...wEnc.slice(0, d)); // latents 0 and 1 tie on every row
    const bLat = draw(n).with(5, -1e6);
    const small = {
      d,
      n,
      levels: [2, 5, 16],
      x: draw(rows * d),
      parameters: { wDec: draw(n * d), wEnc, bLat, bPre: draw(d) },
    };
    const [wasm, twin] = (['wasm', 'twin'] as const).map((kind) => openCase(small, kind));
    for (let t = 1; t <= 4; t++) {
      const results = [];
      for (const memory of [wasm, twin]) {
        const { value, gradients } = await gradientsOf(
          memory,
          small.x,
          nested({ alpha: [3, 2, 1], relative: true, l1: 0.01 }),
        );
        results.push({ value, gradients, norm: update(memory, t, 1e-2) });
      }
      expect(results[0]).toEqual(results[1]);
    }
    for (const name of PARAMETERS) expect(read(wasm, name, 'weight')).toEqual(read(twin, name, 'weight'));
  });

  test('refuse a memory that cannot be', () => {
    expect(() => openKernels(2 ** 32)).toThrow(/would need 4096 MiB/);
  });
});
