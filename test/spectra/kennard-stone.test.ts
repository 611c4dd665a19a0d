import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duplex, kennardStone } from '../../sdk/spectra/index.ts';

const line = (...places: number[]) => Float64Array.from(places);

describe('Kennard–Stone', () => {
  test('takes the two ends, then always what is farthest from all taken (worked by hand)', () => {
    // 0 and 10; then 4 (4 away, as 6 is, but earlier); then 7 (3 from 4 and 10); then 6 and 1, both 1 away
    expect([...kennardStone(line(0, 10, 4, 6, 1, 7), 6, 6)]).toEqual([0, 1, 2, 5, 3, 4]);
  });

  test('in a plane, the corners of a square before its middle', () => {
    const square = Float64Array.of(0.5, 0.5, 0, 0, 1, 0, 0, 1, 1, 1);
    expect([...kennardStone(square, 5, 5)].at(-1)).toBe(0);
  });

  test('takes distinct rows, the first few the same whatever the count', () => {
    const points = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(points, (values) => {
        const x = Float64Array.from(values);
        const all = kennardStone(x, 4, 4);
        expect(new Set(all).size).toBe(4);
        expect(kennardStone(x, 4, 3)).toEqual(all.subarray(0, 3));
      }),
    );
  });
});

describe('DUPLEX', () => {
  test('gives each side the farthest pair in turn, then the farthest row (worked by hand)', () => {
    // trained on 0 and 10; held out 1 and 9; trained on takes 5; held out then 4 (3 from 1), not 6 (3 from 9 but later)
    expect([...duplex(line(0, 1, 4, 5, 6, 9, 10), 7, 3)]).toEqual([1, 5, 2]);
  });

  test('refuses to hold out more than half', () => {
    expect(() => duplex(line(0, 1, 2, 3), 4, 3)).toThrow(/holds out 2 to 2/);
  });
});
