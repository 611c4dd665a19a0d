import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import {
  ALL_GROUPS,
  bandsRead,
  catalogue,
  centreBand,
  computeFeaturesExact,
  deduplicate,
  needsPixels,
  readSpectraTable,
  resolveDataset,
  SOIL_GROUPS,
  type SpectralFeature,
} from '../../sdk/spectra/index.ts';
import { evaluateView, viewReads } from '../../sdk/spectra/view.ts';

const BANDS = 150;
const reference = JSON.parse(readFileSync(new URL('../fixtures/features-views.json', import.meta.url), 'utf8')) as {
  rows: number[];
  mscReference: number[];
  views: Record<string, number[]>[];
  groups: Record<string, number[]>[];
};
const mscReference = Float64Array.from(reference.mscReference);
const spectra = new Float32Array(reference.rows.length * BANDS);
beforeAll(async () => {
  const table = await readSpectraTable(resolveDataset('limesoda'));
  reference.rows.forEach((row, i) => {
    spectra.set(table.reflectance.subarray(row * BANDS, (row + 1) * BANDS), i * BANDS);
  });
});

/** Largest |a − b| over the largest |b|. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, scale] = [a.length === b.length ? 0 : Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return worst / scale;
}

const named = (name: string) => {
  const [group] = name.split('@');
  return catalogue(BANDS, [group]).find((feature) => feature.name === name) as SpectralFeature;
};
const view = (name: string, spectrum: ArrayLike<number>, bands = spectrum.length) =>
  evaluateView(name, { mean: Float64Array.from(spectrum) }, 1, bands);

describe('views of the mean spectrum', () => {
  test.each(Object.keys(reference.views[0]))('%s equals scipy and numpy on real spectra', (name) => {
    const points = evaluateView(name, { mean: spectra, mscReference }, reference.rows.length, BANDS);
    reference.views.forEach((expected, i) => {
      expect(distance(points.subarray(i * BANDS, (i + 1) * BANDS), expected[name])).toBeLessThan(1e-11);
    });
  });

  test('absorbance of a dead band is that of the floor, not infinite', () => {
    expect([...view('mean/absorbance', [0.1, 0, -3, 10])]).toEqual([1, 4, 4, -1]);
  });

  test('a flat spectrum has no shape: zeros from SNV, the mean of the reference from MSC', () => {
    expect([...view('mean/snv', [0.1, 0.1, 0.1])]).toEqual([0, 0, 0]);
    const input = { mean: Float64Array.of(2, 2, 2), mscReference: Float64Array.of(1, 2, 6) };
    expect([...evaluateView('mean/msc', input, 1, 3)]).toEqual([3, 3, 3]);
  });

  test('Savitzky–Golay leaves a polynomial of its degree as it is, up to the very ends', () => {
    const parabola = Float64Array.from({ length: 20 }, (_, j) => 3 - 2 * j + 0.5 * j * j);
    expect(distance(view('mean/sg.7.2.0', parabola), parabola)).toBeLessThan(1e-13);
    const slope = parabola.map((_, j) => j - 2);
    expect(distance(view('mean/sg.7.2.1', parabola), slope)).toBeLessThan(1e-13);
  });

  test.each([
    ['median', /starts from none of mean/],
    ['mean/', /step {2}is none of/],
    ['mean/sg.11.2', /step sg\.11\.2 is none of/],
    ['mean/sg.10.2.1', /a window is odd/],
    ['mean/sg.11.12.1', /a window is odd/],
    ['mean/sg.11.2.3', /a window is odd/],
    ['mean/sg.13.2.1', /wider than the spectrum of 12/],
    ['mean/gap.12', /a gap is between 1 and/],
    ['mean/snv.1', /step snv\.1/],
    ['mean/msc', /no reference spectrum of 12 bands/],
    ['sigma1', /pixels are asked for where only mean spectra/],
  ])('%s is one clear error where it cannot be had', (name, message) => {
    const error = (() => {
      try {
        view(name, new Float64Array(12).fill(1));
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(NadirError);
    expect((error as NadirError).message).toMatch(message);
  });

  test('a view says which bands its points are made of', () => {
    expect(viewReads('mean/absorbance', [3, 7], 20)).toEqual([3, 7]);
    expect(viewReads('mean/gap.2', [5], 20)).toEqual([3, 7]);
    expect(viewReads('mean/sg.5.2.1', [0, 10], 20)).toEqual([0, 1, 2, 3, 4, 8, 9, 10, 11, 12]);
    expect(viewReads('mean/sg.3.1.0/gap.1', [10], 20)).toEqual([8, 9, 10, 11, 12]);
    expect(viewReads('mean/absorbance/snv', [5], 20)).toHaveLength(20);
  });
});

describe('groups of soil spectroscopy', () => {
  test.each(SOIL_GROUPS)('%s equals scipy and numpy on real spectra', (group) => {
    const features = catalogue(BANDS, [group]);
    const values = computeFeaturesExact(features, { mean: spectra, mscReference }, BANDS);
    reference.groups.forEach((expected, i) => {
      expect(distance(values.subarray(i * BANDS, (i + 1) * BANDS), expected[group])).toBeLessThan(1e-11);
    });
  });

  test.each(SOIL_GROUPS.filter((group) => group !== 'msc'))(
    'features of %s do not change when a band outside their footprint does',
    (group) => {
      const features = catalogue(BANDS, [group]).filter((_, index) => index % 29 === 0);
      const before = computeFeaturesExact(features, spectra.subarray(0, BANDS), BANDS);
      features.forEach((feature, f) => {
        const read = bandsRead([feature]);
        const changed = spectra.slice(0, BANDS).map((value, band) => (read.includes(band) ? value : value * 1.5 + 1));
        expect(computeFeaturesExact([feature], changed, BANDS)[0]).toBe(before[f]);
      });
    },
  );

  test('footprints: a point, a window, or the whole spectrum', () => {
    expect(bandsRead([named('abs@40')])).toEqual([40]);
    expect(bandsRead([named('gap@40')])).toEqual([35, 45]);
    expect(bandsRead([named('sg1@40')])).toEqual([35, 36, 37, 38, 39, 41, 42, 43, 44, 45]);
    expect(bandsRead([named('abs.sg1@2')])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const name of ['snv@40', 'msc@40', 'cr@40', 'pre@40']) expect(bandsRead([named(name)])).toHaveLength(BANDS);
    expect(named('pre@40').view).toBe('mean/absorbance/sg.11.2.1/snv');
    expect([named('pre@40'), named('sym3@40')].map(centreBand)).toEqual([40, undefined]);
    expect(needsPixels(catalogue(BANDS, SOIL_GROUPS))).toBe(false);
  });

  test('features of different views are never duplicates of each other', () => {
    expect(deduplicate(catalogue(BANDS, ['arr', 'abs', 'snv', 'sigma1', 'ratio']))).toHaveLength(5 * BANDS);
    // half of the Fourier features; a parabola's second derivative is the same at the 6 first and at the 6 last bands
    expect(deduplicate(catalogue(BANDS, ALL_GROUPS))).toHaveLength(3900 - 2 * 150 - 2 * 5);
  });

  test('a spectrum narrower than the window is refused by group', () => {
    expect(() => catalogue(10, ['sg1'])).toThrow(/group sg1 needs 11 bands or more: 10 bands/);
    expect(catalogue(10, ['gap'])).toHaveLength(10);
  });
});
