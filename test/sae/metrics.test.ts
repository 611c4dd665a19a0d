import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { cknna, codeKernel, linearKernel, unbiasedHsic } from '../../sdk/sae/cknna.ts';
import { evaluateSae, measureReconstruction, type SaeWeights } from '../../sdk/sae/index.ts';
import { measureActivity } from '../../sdk/sae/measures/index.ts';
import { decoderOrthogonality } from '../../sdk/sae/metrics.ts';

const fixture = JSON.parse(readFileSync(new URL('../fixtures/sae-torch.json', import.meta.url), 'utf8')) as {
  cknna: { points: number[]; codes: number[]; m: number; d: number; n: number; value: number };
};
const code = (latents: number[], values: number[]) => ({
  latents: Uint32Array.from(latents),
  values: Float32Array.from(values),
});

describe('reconstruction', () => {
  test('met exactly has FVU 0 and cosine 1; a row of its mean has FVU 1', () => {
    const x = Float32Array.of(1, 2, 3, 6, 0, 4, 4, 8);
    expect(measureReconstruction(x, x, 4)).toEqual({ fvu: 0, evr: 1, cosine: 1, nmae: 0 });
    const flat = Float32Array.of(3, 3, 3, 3, 4, 4, 4, 4);
    expect(measureReconstruction(x, flat, 4).fvu).toBeCloseTo(1, 12);
  });

  test('agrees with the definitions worked by hand', () => {
    // x = (0, 2, 4), x̂ = (1, 2, 3): residual (−1, 0, 1) has variance 2/3, x has 8/3
    const { fvu, evr, cosine, nmae } = measureReconstruction(Float32Array.of(0, 2, 4), Float32Array.of(1, 2, 3), 3);
    expect(fvu).toBeCloseTo(0.25, 12);
    expect(evr).toBeCloseTo(0.75, 12);
    expect(cosine).toBeCloseTo(16 / Math.sqrt(20 * 14), 12);
    expect(nmae).toBeCloseTo(2 / 6, 12);
  });

  test('of a row of zeros counts as cosine 0, not as no number', () => {
    const { fvu, cosine, nmae } = measureReconstruction(new Float32Array(3), Float32Array.of(1, 0, 0), 3);
    expect({ fvu, cosine, nmae }).toEqual({ fvu: 1, cosine: 0, nmae: 0 });
  });
});

describe('neighbourhood agreement (CKNNA)', () => {
  const { points, codes, m, d, n, value } = fixture.cknna;
  const sparse = Array.from({ length: m }, (_, row) => {
    const values = codes.slice(row * n, (row + 1) * n);
    const latents = values.map((_, latent) => latent).filter((latent) => values[latent] > 0);
    return code(
      latents,
      latents.map((latent) => values[latent]),
    );
  });

  test('equals numpy', () => {
    const ours = cknna(linearKernel(Float32Array.from(points), d), codeKernel(sparse, n), m);
    expect(ours).toBeCloseTo(value, 6);
  });

  test('is 1 for a space and itself', () => {
    const kernel = codeKernel(sparse, n);
    expect(cknna(kernel, kernel, m)).toBeCloseTo(1, 12);
  });

  test('rests on HSIC as its sums are written', () => {
    const random = new Random(2);
    const size = 6;
    const [k, l] = [0, 1].map(() => Float64Array.from({ length: size * size }, () => random.normal()));
    const at = (matrix: Float64Array, i: number, j: number) => (i === j ? 0 : matrix[i * size + j]);
    let [cross, sumK, sumL, product] = [0, 0, 0, 0];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        cross += at(k, i, j) * at(l, j, i);
        sumK += at(k, i, j);
        sumL += at(l, i, j);
        for (let p = 0; p < size; p++) product += at(k, i, p) * at(l, p, j);
      }
    }
    const expected = (cross + (sumK * sumL) / 20 - (2 * product) / 4) / 18;
    expect(unbiasedHsic(k, l, size)).toBeCloseTo(expected, 12);
  });
});

describe('the dictionary', () => {
  test('has orthogonality 0 for orthogonal atoms and the sum over pairs otherwise', () => {
    const gramOf = (rows: number[][]) =>
      Float32Array.from(
        rows[0].flatMap((_, i) => rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0))),
      );
    const measure = (rows: number[][]) =>
      decoderOrthogonality(Float32Array.from(rows.flat()), rows.length, rows[0].length, gramOf(rows));
    expect(
      measure([
        [1, 0],
        [0, 1],
      ]),
    ).toBeCloseTo(0, 12);
    const atoms = [
      [1, 0],
      [0.6, 0.8],
      [0, -1],
    ];
    expect(measure(atoms)).toBeCloseTo((2 * (0.6 ** 2 + 0 + 0.8 ** 2)) / 9, 6);
  });

  test('counts active and dead latents', () => {
    const codes = [code([3, 1], [2, 1]), code([3], [1]), code([], [])];
    expect(measureActivity(codes, 5)).toMatchObject({ l0: 1, dead: 3, sparsity: 0.8 });
  });

  test('of a model that copies its input is measured as perfect at full k', async () => {
    // two latents a feature, one for each sign: the ReLU code is exact
    const d = 6;
    const eye = Float32Array.from({ length: 2 * d * d }, (_, i) => {
      const [latent, feature] = [Math.floor(i / d), i % d];
      return latent >> 1 === feature ? (latent % 2 === 0 ? 1 : -1) : 0;
    });
    const zeros = (count: number) => new Float32Array(count);
    const sae: SaeWeights = {
      ...{ d, n: 2 * d, activation: 'msae', levels: [2, 6], scale: 1, nonNegative: false },
      ...{ wEnc: eye, wDec: eye, bPre: zeros(d), bLat: zeros(2 * d), mean: zeros(d) },
    };
    const random = new Random(7);
    const rows = Float32Array.from({ length: 30 * d }, () => random.normal());
    const { byK, full, dead } = await evaluateSae(sae, rows, [2, 4, 99], 1);
    expect(byK.map(({ k }) => k)).toEqual([2, 4, 12]);
    expect(byK[0].fvu).toBeGreaterThan(byK[1].fvu);
    expect(full.fvu).toBeLessThan(1e-6);
    expect(full.l0).toBe(6);
    expect(dead).toBe(0);
  });
});
