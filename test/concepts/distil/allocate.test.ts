import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocateBits } from '../../../sdk/concepts/distil/allocate.ts';

const D = 100;
const PER_LATENT = 8;
const CHOICES = [0, 2, 3, 4, 5, 6, 7];

/** Losses of latents that lose `drop` if dropped and `error` at 2 bits, half of it with each further bit. */
function lossesOf(latents: readonly (readonly [number, number])[]): Float64Array {
  return Float64Array.from(
    latents.flatMap(([drop, error]) => CHOICES.map((bits) => (bits ? error * 2 ** (2 - bits) : drop))),
  );
}

const bytesOf = (bits: ArrayLike<number>) =>
  Array.from(bits).reduce((sum, own) => sum + (own > 0 ? (own * D) / 8 + PER_LATENT : 0), 0);
const lossOf = (losses: Float64Array, bits: ArrayLike<number>) =>
  Array.from(bits).reduce((sum, own, latent) => sum + losses[latent * 7 + CHOICES.indexOf(Math.min(own, 7))], 0);

const latents = fc.array(
  fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.double({ min: 0.001, max: 10, noNaN: true })),
  {
    minLength: 40,
    maxLength: 120,
  },
);

test('an allocation keeps within its budget, packs by eights, and loses no more than equal bits for all would', () => {
  fc.assert(
    fc.property(latents, fc.constantFrom(3, 4, 5, 6), (given, equal) => {
      const losses = lossesOf(given);
      const n = given.length - (given.length % 8);
      const same = new Array<number>(n).fill(equal);
      const bits = allocateBits(losses.subarray(0, n * 7), { d: D, perLatent: PER_LATENT, budget: bytesOf(same) });
      expect(bytesOf(bits)).toBeLessThanOrEqual(bytesOf(same));
      for (const each of [2, 3, 4, 5, 6, 7]) expect(bits.filter((own) => own === each).length % 8).toBe(0);
      expect(bits.filter((own) => own === 8).length).toBeLessThan(8);
      // at most one remainder a level may be a bit short
      const slack = 7 * Math.max(...given.map(([, error]) => error));
      expect(lossOf(losses, bits)).toBeLessThanOrEqual(lossOf(losses, same) + slack);
    }),
    { numRuns: 100 },
  );
});

test('who has more to lose gets more bits; who is dearer to keep than to drop goes', () => {
  const given = Array.from({ length: 64 }, (_, i) => [i < 16 ? 0.001 : 50, 2 ** (i / 8)] as const);
  const budget = bytesOf(new Array<number>(64).fill(4));
  const bits = allocateBits(lossesOf(given), { d: D, perLatent: PER_LATENT, budget });
  expect(Array.from(bits.subarray(0, 16)).every((own) => own === 0)).toBe(true);
  const kept = Array.from(bits.subarray(16));
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect(new Set(kept).size).toBeGreaterThan(2);
});

test('choices that are forbidden are not taken, whatever the budget', () => {
  const losses = lossesOf(Array.from({ length: 24 }, () => [1, 1] as const));
  for (let latent = 0; latent < 8; latent++) losses.set([Infinity, Infinity, Infinity], latent * 7);
  const bits = allocateBits(losses, { d: D, perLatent: PER_LATENT, budget: 10 });
  expect(Array.from(bits)).toEqual([...new Array<number>(8).fill(4), ...new Array<number>(16).fill(0)]);
});
