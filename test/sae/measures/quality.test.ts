/** Every measure of a code, at each k and without a limit, against numpy, scipy and scikit-learn (test/oracles/sae_measures.py). */
import { describe, expect, it } from 'vitest';
import { evaluateSae } from '../../../sdk/sae/index.ts';
import { explainedVariance, formLoss, measureActivity, measureShrinkage } from '../../../sdk/sae/measures/index.ts';
import { embeddings, fixture, furthest, sae } from './fixture.ts';

const code = (...latents: number[]) => ({
  latents: Uint32Array.from(latents),
  values: new Float32Array(latents.length).fill(1),
});

describe('progressive recovery', () => {
  it('is that of the definitions at every k, in every measure', async () => {
    const { byK, full, decoderOrthogonality, dead } = await evaluateSae(
      sae,
      embeddings,
      fixture.byK.map(({ k }) => k),
      1,
    );
    expect(byK.map(({ k }) => k)).toEqual([1, 2, 4, 8, 16]);
    expect(Object.keys(byK[0]).sort()).toEqual(Object.keys(fixture.byK[0]).sort());
    byK.forEach((quality, i) => {
      expect(furthest(quality, fixture.byK[i]), `k ${quality.k}`).toBeLessThan(1e-6);
    });
    expect(furthest(full, fixture.full)).toBeLessThan(1e-6);
    expect(dead).toBe(fixture.full.dead);
    expect(decoderOrthogonality).toBeCloseTo(fixture.decoderOrthogonality, 6);
  });
});

describe('activity', () => {
  it('counts rows by L0 and latents by density, each once', () => {
    const codes = [...Array.from({ length: 9 }, () => code(0, 1)), code(0, 2, 3, 4)];
    const { l0, sparsity, dead, l0Distribution, density } = measureActivity(codes, 8);
    expect({ l0, dead }).toEqual({ l0: 2.2, dead: 3 });
    expect(sparsity).toBeCloseTo(1 - 2.2 / 8, 12);
    expect(l0Distribution.histogram).toEqual({ edges: [0, 1, 2, 3, 4, 5], counts: [0, 0, 9, 0, 1] });
    expect(l0Distribution.quantiles.at(0)).toEqual({ share: 0, l0: 2 });
    expect(l0Distribution.quantiles.at(-1)).toEqual({ share: 1, l0: 4 });
    // three latents in one row of ten, one in nine of ten, one in all
    expect(density).toEqual({ edges: [-1, -0.75, -0.5, -0.25, 0], counts: [3, 0, 0, 2] });
  });

  it('takes codes of nothing, and L0 of thousands in at most 32 bins', () => {
    expect(measureActivity([code(), code()], 4)).toMatchObject({
      l0: 0,
      sparsity: 1,
      dead: 4,
      density: { counts: [0, 0] },
    });
    const long = measureActivity([code(...Array.from({ length: 5000 }, (_, i) => i)), code(1)], 6000);
    const { edges, counts } = long.l0Distribution.histogram;
    expect(counts.length).toBeLessThanOrEqual(32);
    expect(edges[edges.length - 1]).toBeGreaterThan(5000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  });
});

describe('shrinkage and explained variance', () => {
  const x = Float32Array.of(1, 2, 3, -1, 0, 4, 2, 2, -2);

  it('of a reconstruction at half length are a half, and 1 of a whole one', () => {
    const half = x.map((value) => value / 2);
    expect(furthest(measureShrinkage(x, half, 3), { normRatio: 0.5, slope: 0.5, centredSlope: 0.5 })).toBeLessThan(
      1e-12,
    );
    expect(furthest(measureShrinkage(x, x, 3), { normRatio: 1, slope: 1, centredSlope: 1 })).toBeLessThan(1e-12);
    expect(explainedVariance(x, x, 3)).toBe(1);
  });

  it('of the mean explain nothing, though its slope through the origin is above 0', () => {
    const means = [0, 1, 2].map((j) => (x[j] + x[3 + j] + x[6 + j]) / 3);
    const flat = Float32Array.from({ length: 9 }, (_, i) => means[i % 3]);
    expect(explainedVariance(x, flat, 3)).toBeCloseTo(0, 6);
    expect(measureShrinkage(x, flat, 3).centredSlope).toBeCloseTo(0, 6);
    expect(measureShrinkage(x, flat, 3).slope).toBeGreaterThan(0.1);
  });

  it('of rows without variance or length are numbers', () => {
    const zeros = new Float32Array(6);
    expect(measureShrinkage(zeros, zeros, 3)).toEqual({ normRatio: 0, slope: 0, centredSlope: 0 });
    expect(explainedVariance(zeros, zeros, 3)).toBe(1);
    expect(explainedVariance(zeros, Float32Array.of(1, 0, 0, 0, 0, 0), 3)).toBe(0);
  });
});

describe('the loss of a smaller form', () => {
  it('is the difference in every measure, above 0 where the form is worse, and 0 for the model itself', async () => {
    const { byK, full } = await evaluateSae(sae, embeddings, [1, 16], 1);
    expect(Object.values(formLoss(full, full)).every((loss) => loss === 0)).toBe(true);
    const [first, last] = [fixture.byK[0], fixture.byK[4]];
    const losses = formLoss(byK[1], byK[0]);
    const expected = {
      fvu: first.fvu - last.fvu,
      cosine: last.cosine - first.cosine,
      nmae: first.nmae - last.nmae,
      cknna: last.cknna - first.cknna,
      explainedVariance: last.explainedVariance - first.explainedVariance,
      dead: first.dead - last.dead,
      normRatio: last.shrinkage.normRatio - first.shrinkage.normRatio,
    };
    expect(furthest(losses, expected)).toBeLessThan(2e-6);
    expect(losses.cosine).toBeGreaterThan(0);
    expect(losses.cknna).toBeGreaterThan(0);
  });
});
