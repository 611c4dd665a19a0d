import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { type Patch, PatchReducer } from '../../sdk/spectra/index.ts';
import { openPixelKernels } from '../../sdk/spectra/kernels/open.ts';
import { syntheticPatch } from './hyperview-folders.ts';

const [wasm, twin] = [new PatchReducer('wasm'), new PatchReducer('twin')];

describe('the pixel kernels', () => {
  test('run as WASM here', () => {
    expect(openPixelKernels(1000).name).toBe('wasm');
    expect(openPixelKernels(1000, 'twin').name).toBe('twin');
  });

  test.each([
    [11, 11],
    [12, 97],
    [61, 16],
    [54, 54],
    [33, 40],
    [70, 41],
  ])('and their plain twin give the same bits on masked patches of %i × %i', (height, width) => {
    const { bands, ...patch } = syntheticPatch(2, height, [height, width]);
    const few: Patch = { ...patch, bands: 5 };
    expect(wasm.reduce(few, 'wasm', { sigma: true })).toEqual(twin.reduce(few, 'twin', { sigma: true }));
    expect(bands).toBe(150);
  });

  test('and the same bits on random sizes and kinds of pixels, one patch after the other on the same memory', () => {
    const random = Random.of(3, 'patches');
    for (let trial = 0; trial < 60; trial++) {
      const [height, width] = [1 + random.below(24), 1 + random.below(24)];
      const length = 3 * height * width;
      const spread = [1, 40, 30000, 65535][random.below(4)];
      const values = Array.from({ length }, () => random.below(spread) * (trial % 5 === 0 ? 0.37 : 1));
      const data = trial % 5 === 0 ? Float64Array.from(values) : Uint16Array.from(values);
      const mask = Uint8Array.from({ length }, (_, i) => (i % (height * width) > 0 && random.below(4) === 0 ? 1 : 0));
      const patch = { bands: 3, height, width, data, mask };
      expect(wasm.reduce(patch, 'wasm', { sigma: true })).toEqual(twin.reduce(patch, 'twin', { sigma: true }));
    }
  });
});
