import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { CodeEncoder, preActivations, type SaeWeights, strongestLatents } from '../../sdk/sae/index.ts';
import { randomSae } from './random-sae.ts';

const opened: CodeEncoder[] = [];
afterEach(async () => {
  for (const encoder of opened.splice(0)) await encoder.close();
});

async function open(sae: SaeWeights, k: number): Promise<CodeEncoder> {
  const encoder = await CodeEncoder.open(sae, k);
  opened.push(encoder);
  return encoder;
}

/** Every code has the values of the k strongest latents by the encoder in float64, and each value is its latent's. */
async function expectStrongest(sae: SaeWeights, k: number, rows: Float32Array): Promise<void> {
  const codes = await (await open(sae, k)).codes(rows);
  expect(codes).toHaveLength(rows.length / sae.d);
  const pre = preActivations(sae, rows);
  const scale = pre.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  codes.forEach(({ latents, values }, row) => {
    const expected = strongestLatents(pre, k, row * sae.n, sae.n).values;
    expect(values).toHaveLength(expected.length);
    values.forEach((value, i) => {
      expect(Math.abs(value - expected[i]) / scale).toBeLessThan(1e-5);
      expect(Math.abs(value - pre[row * sae.n + latents[i]]) / scale).toBeLessThan(1e-5);
      if (i > 0) expect(value).toBeLessThanOrEqual(values[i - 1]);
    });
    expect(new Set(latents).size).toBe(latents.length);
  });
}

function normals(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

describe('codes by products of bytes', () => {
  test.each([
    [48, 512, 16, 600],
    [40, 333, 64, 30],
    [7, 5, 5, 20],
    [64, 1, 1, 3],
    [33, 130, 200, 10],
  ])('of length %i, of %i latents, %i kept, are the strongest in float32: %i rows', async (d, n, k, count) => {
    await expectStrongest(randomSae(d, n, 5), k, normals(count * d, 6));
  });

  test('of rows whose rounding errors are not independent at all', async () => {
    const [d, n] = [64, 256];
    const sae = randomSae(d, n, 7);
    // one value towers over others, which all round by the same half step
    const towering = Float32Array.from({ length: 20 * d }, (_, i) => (i % d === 0 ? 127 : 0.49));
    const constant = new Float32Array(5 * d).fill(3);
    const nothing = new Float32Array(2 * d);
    for (const rows of [towering, constant, nothing]) await expectStrongest(sae, 16, rows);

    // weights that all round down in the latents that are the strongest, and all up in the others
    const isStrong = (latent: number) => latent % 4 === 1;
    const small = (latent: number) => (isStrong(latent) ? 0.0039 : 0.00397);
    const rounded: SaeWeights = {
      ...sae,
      wEnc: Float32Array.from({ length: n * d }, (_, i) => (i % d === 0 ? 1 : small(Math.floor(i / d)))),
      bLat: Float32Array.from({ length: n }, (_, latent) => (isStrong(latent) ? 0.3 : 0)),
      ...{ scale: 1, mean: new Float32Array(d), bPre: new Float32Array(d) },
    };
    await expectStrongest(rounded, 16, constant);
    const [{ latents }] = await (await open(rounded, 16)).codes(constant);
    expect([...latents].every(isStrong)).toBe(true);
  });

  test('of latents with thresholds are those above them', async () => {
    const sae = randomSae(24, 90, 8);
    const withThreshold: SaeWeights = { ...sae, activation: 'jumprelu', threshold: new Float32Array(90).fill(0.5) };
    await expectStrongest(withThreshold, 20, normals(40 * 24, 9));
  });

  test('of a row alone are those of the row among others', async () => {
    const sae = randomSae(96, 700, 10);
    const rows = normals(50 * 96, 11);
    const encoder = await open(sae, 32);
    const together = await encoder.codes(rows);
    for (let row = 0; row < 50; row++)
      expect(await encoder.codes(rows.subarray(row * 96, (row + 1) * 96))).toEqual([together[row]]);
  });
});
