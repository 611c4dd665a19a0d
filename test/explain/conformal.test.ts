import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { conformalHalfWidth, intervalFromFolds } from '../../sdk/explain/conformal.ts';

describe('the conformal half width', () => {
  test('is the ⌈(m+1)·coverage⌉-th least error, and the greatest where there are too few', () => {
    const errors = Float64Array.from({ length: 19 }, (_, i) => (i % 2 ? 1 : -1) * (i + 1));
    expect(conformalHalfWidth(errors, 0.9)).toBe(18);
    expect(conformalHalfWidth(errors, 0.5)).toBe(10);
    expect(conformalHalfWidth(errors.subarray(0, 5), 0.9)).toBe(5);
    expect(conformalHalfWidth(Float64Array.of(3, Number.NaN, -1), 0.5)).toBe(3);
  });

  test('covers new samples as often as it says, whatever the errors look like', () => {
    const random = Random.of(1, 'errors');
    const draw = (n: number) => Float64Array.from({ length: n }, () => random.normal() ** 3);
    let covered = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const width = conformalHalfWidth(draw(49), 0.9);
      covered += draw(50).filter((error) => Math.abs(error) <= width).length / 50;
    }
    // (m+1)·0.9 = 45 of 50: exactly 0.9 expected; SD of a trial's coverage √(0.09/51 + 0.09/50)
    const sd = Math.sqrt((0.09 / 51 + 0.09 / 50) / trials);
    expect(Math.abs(covered / trials - 0.9)).toBeLessThan(4 * sd);
  });
});

describe('intervals of a target', () => {
  const m = 600;
  const random = Random.of(7, 'rows');
  const treeSpread = Float64Array.from({ length: m }, () => 0.2 + 3 * random.uniform() ** 3);
  const errors = treeSpread.map((spread) => spread * random.normal());
  const foldOf = Uint16Array.from({ length: m }, (_, i) => i % 5);
  const near = 3 * Math.sqrt(0.09 / m);

  test('measure their coverage on the folds that did not set the width', () => {
    const { measuredCoverage, halfWidth, byTreeSpread } = intervalFromFolds({ errors, foldOf }, 0.9);
    expect(Math.abs(measuredCoverage - 0.9)).toBeLessThan(near);
    expect(halfWidth).toBe(conformalHalfWidth(errors, 0.9));
    expect(byTreeSpread).toBeUndefined();
    // one fold is much worse than the others: its rows are covered less, and the report says so
    const uneven = errors.map((error, i) => (i % 5 === 0 ? 20 * error : error));
    expect(intervalFromFolds({ errors: uneven, foldOf }, 0.9).measuredCoverage).toBeLessThan(0.87);
  });

  test('follow the disagreement of the trees where that makes them narrower', () => {
    const { byTreeSpread, halfWidth } = intervalFromFolds({ errors, foldOf, treeSpread }, 0.9);
    if (byTreeSpread === undefined) throw new Error('no interval by spread');
    const width = (spread: number) => byTreeSpread.factor * (spread + byTreeSpread.floor);
    const covered = errors.filter((error, i) => Math.abs(error) <= width(treeSpread[i])).length / m;
    expect(covered).toBeGreaterThanOrEqual(0.9);
    expect(treeSpread.reduce((sum, spread) => sum + width(spread) / m, 0)).toBeLessThan(0.95 * halfWidth);
  });

  test('do not follow it where it says nothing of the error', () => {
    const constant = errors.map(() => random.normal());
    expect(intervalFromFolds({ errors: constant, foldOf, treeSpread }, 0.9).byTreeSpread).toBeUndefined();
  });
});
