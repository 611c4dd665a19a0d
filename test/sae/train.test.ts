import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import {
  decodeCode,
  preActivations,
  type SaeWeights,
  strongestLatents,
  TRAIN_DEFAULTS,
  trainSae,
} from '../../sdk/sae/index.ts';

const D = 24;
const ATOMS = 32;

/** Rows that are positive mixtures of 3 of 32 hidden unit directions, around an offset. */
function mixtures(rows: number, seed: number): { data: Float32Array; atoms: number[][] } {
  const random = new Random(seed);
  const atoms = Array.from({ length: ATOMS }, () => {
    const atom = Array.from({ length: D }, () => random.normal());
    const norm = Math.hypot(...atom);
    return atom.map((value) => value / norm);
  });
  const data = new Float32Array(rows * D);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < D; i++) data[row * D + i] = 0.5;
    for (let part = 0; part < 3; part++) {
      const [atom, strength] = [atoms[random.below(ATOMS)], 1 + random.uniform()];
      for (let i = 0; i < D; i++) data[row * D + i] += strength * atom[i];
    }
  }
  return { data, atoms };
}

const OPTIONS = {
  ...TRAIN_DEFAULTS,
  levels: [1, 2, 4, 8],
  expansion: 4,
  batch: 64,
  epochs: 20,
  learningRate: 5e-3,
  seed: 1,
  threads: 1,
};
const { data, atoms } = mixtures(2000, 4);
const bytesOf = (weights: SaeWeights) =>
  Buffer.concat([weights.wEnc, weights.wDec, weights.bLat, weights.bPre].map((array) => Buffer.from(array.buffer)));

describe('training', () => {
  test('finds the hidden directions that data are mixed from', async () => {
    const { weights, epochs } = await trainSae(data, D, OPTIONS);
    const found = atoms.map((atom) => {
      let best = -1;
      for (let j = 0; j < weights.n; j++) {
        const row = weights.wDec.subarray(j * D, (j + 1) * D);
        best = Math.max(
          best,
          atom.reduce((sum, value, i) => sum + value * row[i], 0),
        );
      }
      return best;
    });
    expect(found.filter((cosine) => cosine > 0.9).length).toBeGreaterThanOrEqual(0.8 * ATOMS);
    expect(epochs[19].loss).toBeLessThan(0.5 * epochs[0].loss);
    for (let j = 0; j < weights.n; j++)
      expect(Math.hypot(...weights.wDec.subarray(j * D, (j + 1) * D))).toBeCloseTo(1, 5);
    // every level is served: more latents, closer
    const errors = [1, 2, 4, 8].map((k) => meanError(weights, mixtures(100, 4).data, k));
    expect([...errors].sort((a, b) => b - a)).toEqual(errors);
  });

  test('gives the same bytes for the same seed, whatever the threads and the kernels, and others for another seed', async () => {
    const short = { ...OPTIONS, epochs: 2 };
    const rows = data.subarray(0, 300 * D);
    const [first, threads, twin, other] = await Promise.all([
      trainSae(rows, D, short),
      trainSae(rows, D, { ...short, threads: 2 }),
      trainSae(rows, D, { ...short, kernels: 'twin' }),
      trainSae(rows, D, { ...short, seed: 2 }),
    ]);
    expect(bytesOf(threads.weights).equals(bytesOf(first.weights))).toBe(true);
    expect(bytesOf(twin.weights).equals(bytesOf(first.weights))).toBe(true);
    expect(bytesOf(other.weights).equals(bytesOf(first.weights))).toBe(false);
  });

  test.each(['components', 'kaiming'] as const)(
    'starts from %s too, and topk and relu train',
    async (initialisation) => {
      for (const kind of ['msae', 'topk', 'relu'] as const) {
        const { weights, epochs } = await trainSae(data, D, { ...OPTIONS, kind, initialisation, epochs: 6 });
        expect(weights.levels).toEqual(kind === 'relu' ? [] : kind === 'topk' ? [8] : [1, 2, 4, 8]);
        expect(epochs[5].loss).toBeLessThan(epochs[0].loss);
      }
    },
  );

  test.each([
    ['a kind that is not there yet', { kind: 'batchtopk' as const }, /kind batchtopk cannot be trained yet/],
    ['levels beyond the dictionary', { levels: [8, 4096] }, /levels 8,4096 do not fit 96 latents/],
    ['a level given twice', { levels: [8, 8] }, /levels 8,8 do not fit/],
    ['a learning rate that diverges', { learningRate: 1e30 }, /loss is no longer a finite number/],
  ])('refuses %s', async (_, change, message) => {
    await expect(trainSae(data, D, { ...OPTIONS, epochs: 3, ...change })).rejects.toThrow(message);
  });

  test('refuses rows that are equal, too few or not finite, and says where', async () => {
    await expect(trainSae(new Float32Array(10 * D).fill(2), D, OPTIONS)).rejects.toThrow(/all rows are equal/);
    await expect(trainSae(data.subarray(0, D), D, OPTIONS)).rejects.toThrow(/too few/);
    await expect(trainSae(data.slice(0, 5 * D).fill(NaN, 3 * D + 2), D, OPTIONS)).rejects.toThrow(/row 3, value 2/);
  });
});

function meanError(weights: SaeWeights, rows: Float32Array, k: number): number {
  const pre = preActivations(weights, rows);
  let sum = 0;
  for (let row = 0; row < rows.length / D; row++) {
    const { latents, values } = strongestLatents(pre, k, row * weights.n, weights.n);
    const decoded = decodeCode(weights, latents, values);
    for (let i = 0; i < D; i++) sum += (decoded[i] - rows[row * D + i]) ** 2;
  }
  return sum;
}
