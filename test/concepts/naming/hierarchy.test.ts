import { describe, expect, test } from 'vitest';
import { outlineOf } from '../../../sdk/concepts/index.ts';
import { findHierarchy, levelsOf } from '../../../sdk/concepts/naming/hierarchy.ts';
import { withHierarchy } from '../../../sdk/concepts/naming/step.ts';
import type { SaeWeights } from '../../../sdk/sae/index.ts';

const N = 80;
const [COARSE, FINE, ALONE] = [0, 1, 2];

/** Orthogonal atoms, but for the fine one, which lies half along the coarse; latents are read off by their own coordinate. */
function model(levels: number[]): SaeWeights {
  const unit = Float32Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 1 : 0));
  const wDec = unit.slice();
  wDec[FINE * N + COARSE] = wDec[FINE * N + FINE] = Math.SQRT1_2;
  return {
    ...{ activation: 'msae', levels, n: N, d: N, wDec, wEnc: unit, scale: 1, nonNegative: false },
    ...{ bPre: new Float32Array(N), bLat: new Float32Array(N), mean: new Float32Array(N) },
  };
}

/** A third of the rows is strongest in COARSE; half of these have FINE further down, and as many other rows ALONE. */
function rows(): Float32Array {
  const count = 480;
  const data = new Float32Array(count * N);
  for (let row = 0; row < count; row++) {
    const value = (latent: number, activation: number) => {
      data[row * N + latent] = activation;
    };
    for (let filler = 0; filler < 2; filler++) value(10 + ((row * 3 + filler * 31) % (N - 10)), 5 - filler);
    if (row % 3 === 0) value(COARSE, 9);
    if (row % 6 === 0) value(FINE, 1);
    if (row % 6 === 1) value(ALONE, 1);
  }
  return data;
}

describe('the hierarchy of a Matryoshka code', () => {
  test('has a level a latent: the first that holds it in half of the rows where it fires', () => {
    const codes = Array.from({ length: 20 }, (_, row) => Uint32Array.of(0, row < 10 ? 1 : 2, row < 10 ? 2 : 1, 3));
    expect([...levelsOf(codes, 6, [1, 2, 4])]).toEqual([1, 2, 2, 4, 0, 0]);
    const late = codes.map((code) => code.toReversed());
    expect([...levelsOf(late, 6, [1, 2, 4])]).toEqual([4, 2, 2, 1, 0, 0]);
  });

  test('puts a latent under the coarser one that it goes with and points near to, and no other', async () => {
    const hierarchy = await findHierarchy(model([1, 4]), rows(), 1, 1);
    expect(hierarchy?.levels[COARSE]).toBe(1);
    expect(hierarchy?.levels[FINE]).toBe(4);
    expect(hierarchy?.refined[FINE]).toBe(COARSE);
    expect(hierarchy?.refined.filter((coarse) => coarse >= 0).length).toBe(1);
  });

  test('is none for a code of one level', async () => {
    expect(await findHierarchy(model([4]), rows(), 1, 1)).toBeUndefined();
  });

  test('is told as an outline, unnamed latents by number and only above named ones', () => {
    const latent = (at: number, name: string, valid: boolean) => ({ latent: at, name, score: 1, margin: 0, valid });
    const names = {
      ...{ vocabulary: 'v', threshold: 0.5, falseDiscoveryRate: 0.05 },
      named: [
        latent(0, 'forest', false),
        latent(1, 'pine', true),
        latent(2, 'oak', false),
        latent(3, 'water', false),
        latent(4, 'ice', false),
        latent(5, 'young pine', true),
      ],
    };
    const told = withHierarchy(names, {
      levels: Uint32Array.of(8, 16, 16, 8, 16, 32),
      refined: Int32Array.of(-1, 0, 0, -1, 3, 1),
    });
    expect(told.hierarchy).toEqual([
      { latent: 0, refinedBy: [1, 2] },
      { latent: 3, refinedBy: [4] },
      { latent: 1, refinedBy: [5] },
    ]);
    expect(outlineOf(told)).toEqual([
      'latent 0 (level 8)',
      '  pine, latent 1 (level 16)',
      '    young pine, latent 5 (level 32)',
    ]);
    expect(outlineOf(names)).toEqual([]);
  });
});
