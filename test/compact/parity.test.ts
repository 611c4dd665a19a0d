import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureParity } from '../../sdk/compact/parity.ts';

test('equal values have no difference at all, also where they are zero', () => {
  const values = new Float32Array([0, 0, 3, -4, 0, 1e-30]);
  expect(measureParity(values, values.slice(), 2)).toEqual({ rows: 3, max: 0, p999: 0, mean: 0, maxAbsolute: 0 });
});

test('a difference is told relative to its value and in the unit of the output', () => {
  const reference = new Float64Array([100, 100, 100, 100]);
  const got = new Float64Array([100, 101, 100, 98]);
  expect(measureParity(reference, got, 1)).toMatchObject({ rows: 4, max: 0.02, p999: 0.02, maxAbsolute: 2 });
  expect(measureParity(reference, got, 1).mean).toBeCloseTo(0.0075, 15);
});

test('a value near zero is measured against what its column usually is, and each column by itself', () => {
  // columns: P around 100, pH around 6; one P is almost nothing
  const reference = new Float64Array([100, 6, 0, 6]);
  const got = new Float64Array([100, 6, 1e-3, 6.6]);
  const { max, mean } = measureParity(reference, got, 2);
  expect(max).toBeCloseTo(0.1, 12);
  expect(mean).toBeCloseTo((0.1 + 1e-3 / Math.sqrt(5000)) / 4, 12);
});

test('p999 leaves out the worst thousandth, max does not', () => {
  const reference = new Float64Array(2000).fill(1);
  const got = reference.slice();
  got[3] = 2;
  got[500] = 3;
  expect(measureParity(reference, got, 1)).toMatchObject({ max: 2, p999: 0, maxAbsolute: 2 });
  got[501] = 1.5;
  expect(measureParity(reference, got, 1).p999).toBe(0.5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d from an engine is no parity', (bad) => {
  expect(measureParity(new Float64Array([1, 2]), new Float64Array([1, bad]), 1).max).toBe(Number.POSITIVE_INFINITY);
});

test('arrays that do not belong together are refused', () => {
  expect(() => measureParity(new Float64Array(4), new Float64Array(3), 1)).toThrow(RangeError);
  expect(() => measureParity(new Float64Array(4), new Float64Array(4), 3)).toThrow(RangeError);
  expect(() => measureParity(new Float64Array(0), new Float64Array(0), 1)).toThrow(RangeError);
});

test('the three figures are ordered, and the unit of the output does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(0, 0.5, -0.25, 0.001)), {
        minLength: 1,
      }),
      (pairs) => {
        const reference = Float64Array.from(pairs, ([value]) => value);
        const got = Float64Array.from(pairs, ([value, shift]) => value + shift);
        const parity = measureParity(reference, got, 1);
        expect(parity.p999).toBeLessThanOrEqual(parity.max);
        expect(parity.mean).toBeLessThanOrEqual(parity.max * (1 + 1e-12));
        const scaled = measureParity(
          reference.map((v) => v * 1024),
          got.map((v) => v * 1024),
          1,
        );
        expect(scaled.max).toBe(parity.max);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});
