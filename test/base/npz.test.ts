import { describe, expect, it } from 'vitest';
import { formatNpz, NadirError, type NdArray, parseNpz, Random, readZip } from '../../sdk/base/index.ts';

const arrays: Record<string, NdArray> = {
  data: { shape: [2, 2], data: new Float64Array([1, 2, 3, 4]) },
  mask: { shape: [4], data: new Uint8Array([0, 1, 0, 1]) },
};

describe('npz', () => {
  it('gives back what was written', () => {
    expect(Object.fromEntries(parseNpz(formatNpz(arrays), 'x.npz'))).toEqual(arrays);
  });

  it('writes the same bytes for the same arrays', () => {
    expect(formatNpz(arrays)).toEqual(formatNpz(arrays));
  });

  it('refuses every truncation with one line that names the file', () => {
    const bytes = formatNpz(arrays);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => parseNpz(bytes.subarray(0, length), 'cut.npz'), `${length} bytes`).toThrow(/cut\.npz/);
    }
  });

  it('refuses a member that would inflate beyond the bound', () => {
    const bomb = formatNpz({ zeros: { shape: [100_000], data: new Float64Array(100_000) } });
    expect(bomb.length).toBeLessThan(5000);
    expect(() => readZip(bomb, 'bomb.npz', () => 10_000)).toThrow(/zeros\.npy claims 800128 bytes/);
  });

  it('never hands out values that a flipped byte has changed', () => {
    const good = formatNpz(arrays);
    const random = Random.of(3, 'npz');
    for (let trial = 0; trial < 2000; trial++) {
      const bytes = Buffer.from(good);
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      try {
        for (const [name, array] of parseNpz(bytes, 'flip.npz')) if (arrays[name]) expect(array).toEqual(arrays[name]);
      } catch (error) {
        if (!(error instanceof NadirError)) throw error;
      }
    }
  });
});
