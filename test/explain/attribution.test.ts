import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attribute, featureImportance } from '../../sdk/explain/index.ts';
import { catalogue, type SpectralFeature } from '../../sdk/spectra/index.ts';

const NM = Array.from({ length: 8 }, (_, band) => 500 + 10 * band);
const named = (...names: string[]): SpectralFeature[] =>
  names.map((name) => catalogue(8).find((feature) => feature.name === name) as SpectralFeature);

describe('attribution to wavelengths', () => {
  // two rows, three features, two targets with SD 1 and 10
  const features = named('d1@3', 'd2@3', 'dft.re@1');
  const shap = {
    values: Float64Array.of(1, 10, -1, -10, 2, 0, /* second row */ 3, 0, 1, 0, 0, 20),
    n: 2,
    targets: 2,
  };
  const targetSd = Float64Array.of(1, 10);

  test('importance is the mean |SHAP| in SDs of the target, averaged over targets', () => {
    // d1@3: (1 + 1 + 3 + 0)/4; d2@3: (1 + 1 + 1 + 0)/4; dft.re@1: (2 + 0 + 0 + 2)/4
    expect([...featureImportance(shap, targetSd)]).toEqual([1.25, 0.75, 1]);
  });

  test('a band stacks its transformations, and its net lets opposite signs cancel in each sample', () => {
    const { bands, spread } = attribute(features, shap, NM, targetSd);
    expect(bands).toHaveLength(8);
    expect(bands[3]).toEqual({
      nm: 530,
      importance: 2,
      byTransform: { arr: 0, d1: 1.25, d2: 0.75, d3: 0 },
      net: (0 + 0 + 4 + 0) / 4,
    });
    expect(bands[2]).toMatchObject({ importance: 0, net: 0 });
    // the cosine of one cycle is zero at a quarter and three quarters of eight bands
    expect(spread).toEqual([
      { name: 'dft.re@1', group: 'dft.re', importance: 1, bandsRead: 6, firstNm: 500, lastNm: 570 },
    ]);
  });

  test('the net of a band is never above its stack', () => {
    const columns = named('arr@1', 'd1@1', 'd2@1', 'd3@5', 'arr@5');
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 30, maxLength: 30 }), (values) => {
        const table = { values: Float64Array.from(values), n: 3, targets: 2 };
        for (const band of attribute(columns, table, NM, targetSd).bands)
          expect(band.net).toBeLessThanOrEqual(band.importance + 1e-12);
      }),
    );
  });

  test('a view of the whole spectrum reads far and wide: it stays out of the bands, but says where it stands', () => {
    const wide = catalogue(20, ['abs', 'snv']).filter(({ name }) => name.endsWith('@3'));
    const nm = Array.from({ length: 20 }, (_, band) => 500 + 10 * band);
    const table = { values: Float64Array.of(2, 1), n: 1, targets: 1 };
    const { bands, spread } = attribute(wide, table, nm, Float64Array.of(1));
    expect(bands[3]).toMatchObject({ importance: 2, byTransform: { abs: 2, arr: 0 } });
    expect(spread).toEqual([
      { name: 'snv@3', group: 'snv', importance: 1, bandsRead: 20, firstNm: 500, lastNm: 690, centreNm: 530 },
    ]);
  });

  test("a band's SD is that of its whole stack over the folds' models", () => {
    const byFold = [Float64Array.of(1, 2, 5), Float64Array.of(3, 4, 7)];
    const { bands, spread } = attribute(features, shap, NM, targetSd, byFold);
    // stacks of 3 and 7
    expect(bands[3].sd).toBeCloseTo(4 / Math.SQRT2, 12);
    expect(bands[0].sd).toBe(0);
    expect(spread[0].sd).toBeCloseTo(Math.SQRT2, 12);
  });
});
