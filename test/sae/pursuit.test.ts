/** Codes by pursuit: closed forms on orthonormal atoms, the conditions of a non-negative least-squares fit, nesting, and real soil spectra. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { evaluatePursuit, evaluateSae, pursueCodes, type SaeWeights, trainSae } from '../../sdk/sae/index.ts';
import { readSpectraTable } from '../../sdk/spectra/index.ts';
import { randomSae } from './random-sae.ts';

/** Both signs of the unit vectors. */
function orthonormal(d: number): SaeWeights {
  const wDec = new Float32Array(2 * d * d);
  for (let i = 0; i < d; i++) {
    wDec[i * d + i] = 1;
    wDec[(d + i) * d + i] = -1;
  }
  const zero = new Float32Array(d);
  return {
    ...{ d, n: 2 * d, activation: 'msae', levels: [2, 4], scale: 1, nonNegative: false },
    ...{ wEnc: wDec, wDec, bPre: zero, bLat: new Float32Array(2 * d), mean: zero },
  };
}

function withUnitRows(sae: SaeWeights): SaeWeights {
  const wDec = sae.wDec.slice();
  for (let from = 0; from < wDec.length; from += sae.d) {
    const row = wDec.subarray(from, from + sae.d);
    const norm = Math.hypot(...row);
    for (let i = 0; i < sae.d; i++) row[i] /= norm;
  }
  return { ...sae, wDec };
}

function rowsOf(count: number, seed: number): Float32Array {
  const random = Random.of(seed, 'rows of the test');
  return Float32Array.from({ length: count }, () => random.normal());
}

describe('codes by pursuit', () => {
  it('are the largest coefficients where atoms are orthonormal, strongest first', async () => {
    const d = 20;
    const rows = rowsOf(5 * d, 1);
    const [codes] = await pursueCodes(orthonormal(d), rows, [7], 1);
    codes.forEach(({ latents, values }, row) => {
      const x = [...rows.subarray(row * d, (row + 1) * d)];
      const largest = [...x.keys()].sort((a, b) => Math.abs(x[b]) - Math.abs(x[a])).slice(0, 7);
      expect([...latents]).toEqual(largest.map((i) => (x[i] > 0 ? i : d + i)));
      expect([...values]).toEqual(largest.map((i) => Math.abs(x[i])));
    });
  });

  it('fit their values: none below 0, and no atom of a code lies along what is left', async () => {
    const [d, n] = [24, 60];
    const sae = withUnitRows(randomSae(d, n, 3));
    const rows = rowsOf(40 * d, 2);
    const [codes] = await pursueCodes(sae, rows, [8], 1);
    for (let row = 0; row < 40; row++) {
      const { latents, values } = codes[row];
      const left = Array.from(sae.mean, (mean, i) => (rows[row * d + i] - mean) * sae.scale - sae.bPre[i]);
      const norm = Math.hypot(...left);
      latents.forEach((latent, a) => {
        for (let i = 0; i < d; i++) left[i] -= values[a] * sae.wDec[latent * d + i];
      });
      for (const value of values) expect(value).toBeGreaterThan(0);
      for (const latent of latents) {
        const along = left.reduce((sum, value, i) => sum + value * sae.wDec[latent * d + i], 0);
        expect(Math.abs(along)).toBeLessThan(0.02 * norm);
      }
    }
  });

  it('do not depend on what other rows and which other k are asked for', async () => {
    const [d, n] = [24, 60];
    const sae = withUnitRows(randomSae(d, n, 4));
    const rows = rowsOf(300 * d, 5);
    const [all] = await pursueCodes(sae, rows, [6], 1);
    const [alone] = await pursueCodes(sae, rows.subarray(280 * d, 281 * d), [6], 1);
    expect([...alone[0].latents]).toEqual([...all[280].latents]);
    alone[0].values.forEach((value, i) => {
      expect(value).toBeCloseTo(all[280].values[i], 4);
    });
  });

  it('serve soil spectra better at every k than the encoder of the same model', async () => {
    const table = await readSpectraTable('models/soil-spectra/limesoda_150bands.csv');
    const d = table.wavelengthsNm.length;
    const spectra = table.reflectance;
    const cut = 700 * d;
    const { weights } = await trainSae(spectra.subarray(0, cut), d, {
      ...{ kind: 'msae', levels: [4, 8, 16, 32], weighting: 'uw', expansion: 2, batch: 64, epochs: 10 },
      ...{ learningRate: 2e-3, loss: 'mse', initialisation: 'rows', seed: 0, threads: 1 },
    });
    const ks = [4, 8, 16, 32];
    const held = spectra.subarray(cut);
    const { byK } = await evaluateSae(weights, held, ks, 1);
    const pursued = await evaluatePursuit(weights, held, ks, 1);
    expect(pursued.map(({ k }) => k)).toEqual(ks);
    pursued.forEach(({ k, fvu, l0 }, i) => {
      expect(l0).toBeLessThanOrEqual(k);
      expect(fvu).toBeLessThan(byK[i].fvu);
      if (i > 0) expect(fvu).toBeLessThanOrEqual(pursued[i - 1].fvu);
    });
  });

  it('refuse atoms that are no unit vectors', async () => {
    await expect(pursueCodes(randomSae(8, 16, 1), new Float32Array(8), [2], 1)).rejects.toThrow(/has norm .*, not 1/);
  });
});
