/** Faults of geometry on patches whose answer is known. */
import { expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { coarser, displacedMask, misregistration, mixed, patchMean } from '../../../sdk/explain/redteam/geometry.ts';
import type { Patch } from '../../../sdk/spectra/index.ts';

const random = () => Random.of(2, 'geometry');
const [bands, height, width] = [4, 12, 10];
const patch = (
  value: (band: number, row: number, column: number) => number,
  out?: (row: number, column: number) => boolean,
): Patch => {
  const data = Float32Array.from({ length: bands * height * width }, (_, i) =>
    value(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width),
  );
  if (out === undefined) return { bands, height, width, data };
  const mask = Uint8Array.from({ length: bands * height * width }, (_, i) =>
    out(Math.floor(i / width) % height, i % width) ? 1 : 0,
  );
  return { bands, height, width, data, mask };
};

test('the masked mean leaves out what is masked, and a wholly masked band keeps its mean', () => {
  const half = patch(
    (band, _, column) => band + (column < 5 ? 0 : 100),
    (_, column) => column >= 5,
  );
  expect([...patchMean(half, random())]).toEqual([0, 1, 2, 3]);
  const none = patch(
    (band) => band + 1,
    () => true,
  );
  expect([...patchMean(none, random())]).toEqual([1, 2, 3, 4]);
});

test('a patch of one value does not care about geometry', () => {
  const even = patch(
    (band) => band + 7,
    (row, column) => row < 2 || column < 2,
  );
  for (const fault of [misregistration(2), coarser(2), coarser(12.5), displacedMask(3, 3), mixed(0.5)])
    [...fault(even, random())].forEach((value, band) => {
      expect(value).toBeCloseTo(band + 7, 4);
    });
});

test('misregistration moves a ramp by less than its size, more for more pixels', () => {
  const inner = (row: number, column: number) => row < 3 || row > 8 || column < 3 || column > 6;
  const ramp = patch((_, row, column) => 10 * row + column, inner);
  const straight = patchMean(ramp, random())[0];
  const moved = [0.5, 2].map((pixels) =>
    misregistration(pixels)(ramp, random()).map((value) => Math.abs(value - straight)),
  );
  // a direction has at most √(10² + 1²) of slope
  for (const [i, pixels] of [0.5, 2].entries())
    for (const value of moved[i]) expect(value).toBeLessThanOrEqual(pixels * Math.sqrt(101) + 1e-3);
  expect(Math.max(...moved[1])).toBeGreaterThan(Math.max(...moved[0]));
});

test('a mask that is off lets in what lies beside the field', () => {
  const field = patch(
    (_, __, column) => (column < 5 ? 1 : 9),
    (_, column) => column >= 5,
  );
  expect(patchMean(field, random())[0]).toBe(1);
  // the mask looked up two columns to the left: columns 5 and 6 count as field
  expect(displacedMask(0, -2)(field, random())[0]).toBeCloseTo((5 * 1 + 2 * 9) / 7, 5);
});

test('light of the neighbours blurs an edge of the field by what lies beyond it', () => {
  const field = patch(
    (_, __, column) => (column < 5 ? 1 : 9),
    (_, column) => column >= 5,
  );
  // only column 4 has neighbours beyond: 3 of 8
  expect(mixed(0.5)(field, random())[0]).toBeCloseTo(1 + (0.5 * (3 / 8) * 8) / 5, 5);
});
