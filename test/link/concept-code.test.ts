import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ActiveConcepts, codeBytes, decodeConcepts, encodeConcepts } from '../../sdk/link/index.ts';

/** A scene: distinct latents, positive activations that fall by at most `drop` from one to the next. */
const scene = (drop: number) =>
  fc
    .record({
      latentCount: fc.integer({ min: 1, max: 5000 }),
      strongest: fc.double({ min: 0.05, max: 200, noNaN: true }),
      drops: fc.array(fc.double({ min: 1, max: drop, noNaN: true }), { maxLength: 80 }),
      offset: fc.nat(),
    })
    .map(({ latentCount, strongest, drops, offset }) => {
      const k = Math.min(latentCount, drops.length + 1);
      const values = new Float32Array(k);
      const latents = new Uint32Array(k);
      let value = strongest;
      for (let i = 0; i < k; i++) {
        if (i > 0) value /= drops[i - 1];
        values[i] = value;
        latents[i] = (offset + i * 7919) % latentCount;
      }
      return { latentCount, active: { latents, values } satisfies ActiveConcepts };
    });

describe('a concept code', () => {
  it('of any prefix names the strongest concepts, in order', () => {
    fc.assert(
      fc.property(scene(3), fc.double({ min: 0, max: 1, noNaN: true }), ({ latentCount, active }, share) => {
        const code = encodeConcepts(active, latentCount);
        const prefix = code.subarray(0, Math.round(share * code.length));
        const decoded = decodeConcepts(prefix, latentCount);
        const whole = decodeConcepts(code, latentCount);
        expect(Array.from(whole.latents)).toEqual(Array.from(active.latents));
        expect(Array.from(decoded.latents)).toEqual(Array.from(active.latents.subarray(0, decoded.latents.length)));
        expect(Array.from(decoded.values)).toEqual(Array.from(whole.values.subarray(0, decoded.values.length)));
      }),
    );
  });

  it('cut at codeBytes(n, k) holds k concepts, and one byte less does not', () => {
    fc.assert(
      fc.property(scene(2), fc.nat(), ({ latentCount, active }, pick) => {
        const k = 1 + (pick % active.values.length);
        const code = encodeConcepts(active, latentCount);
        const bytes = codeBytes(latentCount, k);
        expect(decodeConcepts(code.subarray(0, bytes), latentCount).latents.length).toBeGreaterThanOrEqual(k);
        expect(decodeConcepts(code.subarray(0, bytes - 1), latentCount).latents.length).toBeLessThan(k);
      }),
    );
  });

  it('keeps activations within 1.5 of 1/16 octave while neighbours differ by less than an octave’s half', () => {
    // steps of 0 to 12 sixteenths are at most 2 apart, so the level is at most 1 off, and rounding to a level adds 1/2
    fc.assert(
      fc.property(scene(2 ** (8 / 16)), ({ latentCount, active }) => {
        const { values } = decodeConcepts(encodeConcepts(active, latentCount), latentCount);
        values.forEach((value, i) => {
          expect(Math.abs(16 * Math.log2(value / active.values[i]))).toBeLessThanOrEqual(1.5 + 1e-4);
        });
      }),
    );
  });

  it('keeps activations within 8.5/16 octave while neighbours differ by less than 3.5 octaves', () => {
    fc.assert(
      fc.property(scene(2 ** 3.4), ({ latentCount, active }) => {
        const { values } = decodeConcepts(encodeConcepts(active, latentCount), latentCount);
        values.forEach((value, i) => {
          expect(Math.abs(16 * Math.log2(value / active.values[i]))).toBeLessThanOrEqual(8.5 + 1e-4);
        });
      }),
    );
  });

  it('stops at the first latent that is not active, and is empty where none is', () => {
    const active = { latents: Uint32Array.of(5, 9, 2), values: Float32Array.of(2, 0, 1) };
    expect(Array.from(decodeConcepts(encodeConcepts(active, 16), 16).latents)).toEqual([5]);
    expect(encodeConcepts({ latents: Uint32Array.of(5), values: Float32Array.of(0) }, 16)).toHaveLength(0);
  });

  it('of random bytes decodes to latents of the dictionary with positive values, or to fewer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 5000 }), (code, latentCount) => {
        const { latents, values } = decodeConcepts(code, latentCount);
        expect(latents.every((latent) => latent < latentCount)).toBe(true);
        expect(values.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
      }),
    );
  });
});
