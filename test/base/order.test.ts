import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kthLargest, quantile } from '../../sdk/base/index.ts';

test('the kth largest is that of the sorted values', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 60 }), fc.nat(), (values, at) => {
      const k = 1 + (at % values.length);
      const sorted = Float32Array.from(values).sort().reverse();
      expect(kthLargest(Float32Array.from(values), k) === sorted[k - 1]).toBe(true);
    }),
  );
});

test('quantiles lie between sorted values as numpy puts them', () => {
  expect([0, 0.25, 0.5, 0.75, 1].map((q) => quantile([1, 2, 4, 8], q))).toEqual([1, 1.75, 3, 5, 8]);
  expect(quantile([5], 0.3)).toBe(5);
});
