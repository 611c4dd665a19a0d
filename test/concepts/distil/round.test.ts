import { describe, expect, test } from 'vitest';
import { type Calibration, calibrate } from '../../../sdk/concepts/distil/calibration.ts';
import { chooseUnits, roundLatents } from '../../../sdk/concepts/distil/round.ts';
import { correlated, randomSae } from './students.ts';

const D = 24;
const N = 20;
const sae = randomSae(N, D);
const all = Array.from({ length: N }, (_, latent) => latent);

/** C with its damping, features in their own order. */
function covarianceOf({ factor, order }: Calibration): number[][] {
  const result = Array.from({ length: D }, () => new Array<number>(D).fill(0));
  for (let a = 0; a < D; a++) {
    for (let b = 0; b < D; b++) {
      for (let k = 0; k <= Math.min(a, b); k++) result[order[a]][order[b]] += factor[k * D + a] * factor[k * D + b];
    }
  }
  return result;
}

function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < size; i++) {
    const pivot = rows[i][i];
    rows[i] = rows[i].map((value) => value / pivot);
    for (let other = 0; other < size; other++) {
      const factor = rows[other][i];
      if (other !== i) rows[other] = rows[other].map((value, j) => value - factor * rows[i][j]);
    }
  }
  return rows.map((row) => row.slice(size));
}

/** GPTQ as published: round a feature, hand its error on by the inverse of what is left of C, take the feature out. */
function optimalBrainRounding(weights: number[], C: number[][], order: number[], unit: number, top: number): number[] {
  const rest = [...order];
  const current = [...weights];
  const result = new Array<number>(weights.length).fill(0);
  while (rest.length > 0) {
    const [j] = rest;
    const H = inverse(rest.map((a) => rest.map((b) => C[a][b])));
    result[j] = Math.min(top - 1, Math.max(-top, Math.round(current[j] / unit))) + 0; // no −0
    const error = (current[j] - result[j] * unit) / H[0][0];
    rest.forEach((other, i) => {
      current[other] -= error * H[i][0];
    });
    rest.shift();
  }
  return result;
}

const targets = (calibration: Calibration, latent: number) =>
  Array.from({ length: D }, (_, j) => sae.wEnc[latent * D + j] / calibration.range.perUnit[j]);

function squareError(C: number[][], error: readonly number[]): number {
  return error.reduce((sum, a, i) => sum + error.reduce((inner, b, j) => inner + a * C[i][j] * b, 0), 0);
}

describe('rounding', () => {
  test('is what GPTQ’s own recursion gives', async () => {
    const calibration = await calibrate(correlated(300, D, 1), D, 1);
    const C = covarianceOf(calibration);
    const { unit } = chooseUnits(sae, calibration, new Uint32Array(N).fill(1));
    const order = [...calibration.order].reverse();
    for (const [choice, bits] of [2, 3, 4, 5, 6, 7].entries()) {
      const units = Float64Array.from(all, (latent) => unit[latent * 6 + choice]);
      const rounded = roundLatents(sae, calibration, all, bits, units);
      for (const latent of all) {
        const expected = optimalBrainRounding(targets(calibration, latent), C, order, units[latent], 2 ** (bits - 1));
        expect(Array.from(rounded.subarray(latent * D, (latent + 1) * D))).toEqual(expected);
      }
    }
  });

  test('errs much less on unseen rows than rounding each weight for itself, and halves its error with each bit', async () => {
    const calibration = await calibrate(correlated(2000, D, 1), D, 1);
    const unseen = covarianceOf(await calibrate(correlated(2000, D, 2), D, 1));
    const { unit, error } = chooseUnits(sae, calibration, new Uint32Array(N).fill(1));
    const errors = [3, 4, 5].map((bits) => {
      const units = Float64Array.from(all, (latent) => unit[latent * 6 + bits - 2]);
      const rounded = roundLatents(sae, calibration, all, bits, units);
      const top = 2 ** (bits - 1);
      let [ours, plain] = [0, 0];
      for (const latent of all) {
        const wanted = targets(calibration, latent);
        const nearest = wanted.map((w) => Math.min(top - 1, Math.max(-top, Math.round(w / units[latent]))));
        ours += squareError(
          unseen,
          wanted.map((w, j) => w - units[latent] * rounded[latent * D + j]),
        );
        plain += squareError(
          unseen,
          wanted.map((w, j) => w - units[latent] * nearest[j]),
        );
      }
      expect(ours).toBeLessThan(0.6 * plain);
      const foretold = all.reduce((sum, latent) => sum + error[latent * 6 + bits - 2] ** 2, 0);
      expect(Math.sqrt(ours / foretold)).toBeGreaterThan(0.7);
      expect(Math.sqrt(ours / foretold)).toBeLessThan(1.6);
      return Math.sqrt(ours);
    });
    for (const i of [0, 1]) expect(errors[i] / errors[i + 1]).toBeGreaterThan(1.6);
  });
});
