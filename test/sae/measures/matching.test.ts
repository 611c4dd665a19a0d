/** Matching of dictionaries against scipy (test/oracles/sae_measures.py) and brute force; which models are worth having. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { assign, paretoFront, seedStability } from '../../../sdk/sae/measures/index.ts';
import { fixture, sae } from './fixture.ts';

/** Sum of the costs of an assignment, checked to be one: no column twice, as many pairs as there can be. */
function totalOf(cost: ArrayLike<number>, rows: number, columns: number, found: Int32Array): number {
  const taken = [...found].filter((column) => column >= 0);
  expect(new Set(taken).size).toBe(Math.min(rows, columns));
  expect(taken.length).toBe(Math.min(rows, columns));
  return found.reduce((sum, column, row) => sum + (column < 0 ? 0 : cost[row * columns + column]), 0);
}

describe('an assignment', () => {
  it.each(fixture.assignments)('of $rows to $columns costs what scipy says', ({ rows, columns, cost, total }) => {
    const found = assign(Float32Array.from(cost), rows, columns);
    expect(totalOf(cost, rows, columns, found)).toBeCloseTo(total, 5);
  });

  it('is the least of all of them, ties and equal costs included', () => {
    const random = Random.of(1, 'assignments');
    const least = (cost: Float64Array, n: number, row = 0, taken = 0): number => {
      if (row === n) return 0;
      let best = Infinity;
      for (let j = 0; j < n; j++)
        if ((taken & (1 << j)) === 0)
          best = Math.min(best, cost[row * n + j] + least(cost, n, row + 1, taken | (1 << j)));
      return best;
    };
    for (let trial = 0; trial < 60; trial++) {
      const n = 1 + random.below(6);
      const cost = Float64Array.from({ length: n * n }, () => (trial % 2 === 0 ? random.below(3) : random.normal()));
      expect(totalOf(cost, n, n, assign(cost, n, n))).toBeCloseTo(least(cost, n), 9);
    }
  });

  it('of many rows that want the same columns costs what scipy says', () => {
    const { d: width, total } = fixture.crowded;
    const [points, copies] = [Float32Array.from(fixture.crowded.points), Float32Array.from(fixture.crowded.copies)];
    const n = points.length / width;
    const cost = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let k = 0; k < width; k++) sum -= points[i * width + k] * copies[j * width + k];
      return sum;
    });
    expect(totalOf(cost, n, n, assign(cost, n, n))).toBeCloseTo(total, 9);
  });

  it('refuses costs that are not finite, and too few of them', () => {
    expect(() => assign(Float64Array.of(1, NaN, 2, 3), 2, 2)).toThrow(/finite/);
    expect(() => assign(Float64Array.of(1, 2, 3), 2, 2)).toThrow(/2 × 2/);
  });
});

describe('seed stability', () => {
  const other = Float32Array.from(fixture.stability.other);

  it('is that of scipy and scikit-learn', async () => {
    const { meanMatched, sharedShare, meanMax, meanMaxBack, match } = await seedStability(sae.wDec, other, sae.d, 1);
    expect(meanMatched).toBeCloseTo(fixture.stability.meanMatched, 6);
    expect(sharedShare).toBeCloseTo(fixture.stability.sharedShare, 12);
    expect(meanMax).toBeCloseTo(fixture.stability.meanMax, 6);
    expect(meanMaxBack).toBeCloseTo(fixture.stability.meanMaxBack, 6);
    expect(match.filter((row) => row < 0).length).toBe(sae.n - fixture.stability.rows);
  });

  it('of a dictionary and itself in another order is 1, and the order is found', async () => {
    const { n, d, wDec } = sae;
    const order = Random.of(3, 'order of atoms').permutation(n);
    const mixed = Float32Array.from({ length: n * d }, (_, i) => 2 * wDec[order[Math.floor(i / d)] * d + (i % d)]);
    const { meanMatched, sharedShare, match } = await seedStability(wDec, mixed, d, 1);
    expect(meanMatched).toBeCloseTo(1, 6);
    expect(sharedShare).toBe(1);
    expect([...match].map((row) => order[row])).toEqual([...match.keys()]);
  });
});

describe('the Pareto front', () => {
  it('has what nothing else beats, worked by hand', () => {
    const points = [
      [1, 5],
      [2, 3],
      [2, 4],
      [3, 3],
      [4, 1],
      [4, 1],
    ];
    expect(paretoFront(points)).toEqual([true, true, false, false, true, true]);
  });

  it('leaves out only what some point on it beats', () => {
    const random = Random.of(5, 'points');
    const points = Array.from({ length: 80 }, () => [random.below(12), random.below(12), random.below(12)]);
    const front = paretoFront(points);
    const beats = (a: number[], b: number[]) => a.every((cost, i) => cost <= b[i]) && a.some((cost, i) => cost < b[i]);
    points.forEach((point, i) => {
      expect(points.some((other, j) => front[j] && beats(other, point))).toBe(!front[i]);
    });
  });
});
