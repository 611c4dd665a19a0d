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

  test.each(['msae', 'topk', 'relu'] as const)(
    'of %s split over threads gives the bytes that one thread gives',
    async (kind) => {
      // enough latents for three threads, in blocks of unequal size
      const wide = { ...OPTIONS, kind, epochs: 1, batch: 130, expansion: 9 };
      const rows = data.subarray(0, 300 * D);
      const [one, two, three, twin] = await Promise.all([
        trainSae(rows, D, wide),
        trainSae(rows, D, { ...wide, threads: 2 }),
        trainSae(rows, D, { ...wide, threads: 3 }),
        trainSae(rows.slice(0, 40 * D), D, { ...wide, threads: 2, kernels: 'twin' }),
      ]);
      const few = await trainSae(rows.slice(0, 40 * D), D, wide);
      expect(two.epochs).toEqual(one.epochs);
      expect(bytesOf(two.weights).equals(bytesOf(one.weights))).toBe(true);
      expect(bytesOf(three.weights).equals(bytesOf(one.weights))).toBe(true);
      expect(bytesOf(twin.weights).equals(bytesOf(few.weights))).toBe(true);
    },
  );

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

  test('by batchtopk and prefix ends with a threshold that keeps about k latents a row on new rows', async () => {
    const fresh = mixtures(500, 4).data;
    for (const kind of ['batchtopk', 'prefix'] as const) {
      const { weights, epochs } = await trainSae(data, D, { ...OPTIONS, kind, levels: [4], epochs: 8 });
      expect(epochs[7].loss).toBeLessThan(0.7 * epochs[0].loss);
      expect(weights).toMatchObject({ activation: kind, levels: [4] });
      const active = preActivations(weights, fresh).filter((value) => value > 0).length / 500;
      expect(active).toBeGreaterThan(3);
      expect(active).toBeLessThan(5);
    }
  });

  test('by prefix makes of the first latents an autoencoder of their own, better than as many latents of batchtopk', async () => {
    const prefixes = [16, 40, 96];
    const errors = [];
    for (const kind of ['prefix', 'batchtopk'] as const) {
      const { weights, epochs } = await trainSae(data, D, { ...OPTIONS, kind, levels: [4], prefixes, epochs: 8 });
      expect(weights.prefixes).toEqual(kind === 'prefix' ? prefixes : undefined);
      if (kind === 'prefix') expect([...epochs[7].byLevel].sort((a, b) => b - a)).toEqual(epochs[7].byLevel);
      errors.push(meanError(weights, mixtures(200, 4).data, 96, 16));
    }
    expect(errors[0]).toBeLessThan(errors[1]);
  });

  test('by jumprelu moves the thresholds, and the dearer a latent the fewer are active', async () => {
    const kept = [];
    for (const penalty of [1e-4, 3e-3, 3e-2]) {
      const options = {
        ...OPTIONS,
        kind: 'jumprelu',
        penalty,
        bandwidth: 0.5,
        firstThreshold: 0.3,
        epochs: 8,
      } as const;
      const { weights, epochs } = await trainSae(data, D, options);
      expect(weights.levels).toEqual([]);
      expect(new Set(weights.threshold).size).toBeGreaterThan(ATOMS);
      const active = preActivations(weights, data).filter((value) => value > 0).length / 2000;
      // the penalty told of the last epoch is λ · L0
      expect(Math.abs((epochs[7].penalty ?? 0) / penalty / active - 1)).toBeLessThan(0.1);
      kept.push(active);
    }
    expect(kept.toSorted((a, b) => b - a)).toEqual(kept);
    expect(kept[2]).toBeLessThan(0.5 * kept[0]);
  });

  test('brings dead latents back by the auxiliary loss and by beginning anew, and tells how many', async () => {
    // rows around more directions than there are latents: those that begin at the same one leave others without
    const random = new Random(4);
    const centres = Array.from({ length: 150 }, () => Array.from({ length: D }, () => random.normal() / Math.sqrt(D)));
    const rows = Float32Array.from(
      Array.from({ length: 2000 }, () => {
        const [centre, strength] = [centres[random.below(150)], 1 + random.uniform()];
        return centre.map((value) => strength * value + 0.05 * random.normal());
      }).flat(),
    );
    const options = { ...OPTIONS, kind: 'topk', levels: [1], epochs: 10, deadAfter: 16 } as const;
    const plain = await trainSae(rows, D, options);
    const helped = await trainSae(rows, D, { ...options, auxiliary: 1 / 8 });
    const anew = await trainSae(rows, D, { ...options, resampleEvery: 40 });
    const dead = ({ epochs }: typeof plain) => epochs[9].dead;
    expect(dead(plain)).toBeGreaterThan(5);
    expect(dead(helped)).toBeLessThan(dead(plain));
    expect(dead(anew)).toBeLessThan(0.2 * dead(plain));
    expect(anew.epochs[9].loss).toBeLessThan(0.9 * plain.epochs[9].loss);
    expect(anew.epochs.reduce((sum, { resampled = 0 }) => sum + resampled, 0)).toBeGreaterThan(5);
    expect(helped.epochs[9].auxiliary).toBeGreaterThan(0);
    expect(Object.keys(plain.epochs[9]).sort()).toEqual(['byLevel', 'dead', 'loss']);
  });

  test.each([
    ['prefixes that leave latents out', { kind: 'prefix' as const, prefixes: [8, 64] }, /prefixes 8,64 end before 96/],
    ['a threshold of 0', { kind: 'jumprelu' as const, firstThreshold: 0 }, /first threshold 0 are not both above 0/],
    ['an auxiliary weight below 0', { auxiliary: -1 }, /-1 is no auxiliary/],
    ['half a step between beginnings', { resampleEvery: 0.5 }, /0.5 is no resampleEvery/],
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

/** Summed squared error of the k strongest of the first `latentCount` latents. */
function meanError(weights: SaeWeights, rows: Float32Array, k: number, latentCount = weights.n): number {
  const pre = preActivations(weights, rows);
  let sum = 0;
  for (let row = 0; row < rows.length / D; row++) {
    const { latents, values } = strongestLatents(pre, k, row * weights.n, latentCount);
    const decoded = decodeCode(weights, latents, values);
    for (let i = 0; i < D; i++) sum += (decoded[i] - rows[row * D + i]) ** 2;
  }
  return sum;
}
