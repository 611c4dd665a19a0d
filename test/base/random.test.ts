import { describe, expect, it } from 'vitest';
import { Random } from '../../sdk/base/index.ts';

describe('Random', () => {
  it('repeats itself for a seed and differs between seeds and uses', () => {
    const draw = (random: Random) => Array.from({ length: 8 }, () => random.uint32());
    expect(draw(Random.of(7, 'a'))).toEqual(draw(Random.of(7, 'a')));
    expect(draw(Random.of(7, 'a'))).not.toEqual(draw(Random.of(8, 'a')));
    expect(draw(Random.of(7, 'a'))).not.toEqual(draw(Random.of(7, 'b')));
  });

  it('is uniform: chi-square of 64 cells over 64,000 draws stays below its 99.99 % point', () => {
    const random = new Random(1);
    const cells = new Array<number>(64).fill(0);
    for (let i = 0; i < 64000; i++) cells[random.below(64)]++;
    expect(cells.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0)).toBeLessThan(113);
  });

  it('draws normals of mean 0 and variance 1 within five standard errors', () => {
    const random = new Random(2);
    const n = 40000;
    const values = Array.from({ length: n }, () => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  it('permutes: every number once', () => {
    expect([...new Random(3).permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
