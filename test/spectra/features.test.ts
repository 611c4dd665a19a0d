import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bandsRead,
  catalogue,
  computeFeatures,
  deduplicate,
  FEATURE_GROUPS,
  type FeatureGroup,
  readSpectraTable,
  resolveDataset,
  type SpectraTable,
  transformSpectrum,
} from '../../sdk/spectra/index.ts';

const BANDS = 150;
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/features-pywavelets.json', import.meta.url), 'utf8'),
) as {
  rows: number[];
  features: Record<FeatureGroup, number[]>[];
};
let table: SpectraTable;
beforeAll(async () => {
  table = await readSpectraTable(resolveDataset('limesoda'));
});

const spectrumOf = (row: number) => table.reflectance.slice(row * BANDS, (row + 1) * BANDS);

function functional(feature: { bands: readonly number[]; weights: readonly number[] }, spectrum: ArrayLike<number>) {
  return feature.bands.reduce((sum, band, i) => sum + feature.weights[i] * spectrum[band], 0);
}

describe('the catalogue of mean-spectrum features', () => {
  test.each(FEATURE_GROUPS)('group %s equals numpy and PyWavelets on real spectra to 1e-12 of its scale', (group) => {
    reference.rows.forEach((row, i) => {
      const expected = reference.features[i][group];
      const scale = Math.max(...expected.map(Math.abs));
      const features = catalogue(BANDS, [group]);
      const direct = transformSpectrum(group, Float64Array.from(spectrumOf(row)));
      expect(features).toHaveLength(expected.length);
      expected.forEach((value, index) => {
        expect(Math.abs(functional(features[index], spectrumOf(row)) - value) / scale).toBeLessThan(1e-12);
        expect(Math.abs(direct[index] - value) / scale).toBeLessThan(1e-12);
      });
    });
  });

  test('computed features are the functionals rounded to float32, row by row', () => {
    const features = catalogue(BANDS);
    const values = computeFeatures(features, table.reflectance.subarray(0, 3 * BANDS), BANDS);
    for (let row = 0; row < 3; row++)
      for (let f = 0; f < features.length; f++)
        expect(values[row * features.length + f]).toBe(Math.fround(functional(features[f], spectrumOf(row))));
  });

  test('has 1,200 features at 150 bands, named group@index, of which 1,050 are distinct', () => {
    const all = catalogue(BANDS);
    expect(all).toHaveLength(1200);
    expect(all[152].name).toBe('d1@2');
    const distinct = deduplicate(all);
    expect(distinct).toHaveLength(1050);
    const kept = new Set(distinct.map((feature) => feature.name));
    expect(kept.has('dft.re@75')).toBe(true);
    expect(kept.has('dft.re@76')).toBe(false);
    expect(kept.has('dft.im@0')).toBe(false);
    expect(kept.has('dft.im@76')).toBe(false);
  });

  test('every duplicate left out gives plus or minus the values of one that stays', () => {
    const all = catalogue(BANDS, ['dft.re', 'dft.im']);
    const distinct = deduplicate(all);
    const spectrum = spectrumOf(5);
    const known = distinct.map((feature) => Math.abs(functional(feature, spectrum)));
    for (const feature of all) {
      const value = Math.abs(functional(feature, spectrum));
      expect(value === 0 || known.includes(value)).toBe(true);
    }
  });

  test('footprints say which bands an instrument must read', () => {
    const find = (name: string) => catalogue(BANDS).filter((feature) => feature.name === name);
    expect(find('d1@40')[0].bands).toEqual([39, 41]);
    expect(find('d2@40')[0]).toMatchObject({ bands: [38, 40, 42], weights: [0.25, -0.5, 0.25] });
    expect(find('d3@40')[0]).toMatchObject({ bands: [37, 39, 41, 43], weights: [-0.125, 0.375, -0.375, 0.125] });
    expect(find('dft.re@7')[0].bands).toHaveLength(150);
    expect(find('sym3@20')[0].bands).toHaveLength(6);
    expect(bandsRead([...find('d1@40'), ...find('d2@40')])).toEqual([38, 39, 40, 41, 42]);
  });

  test('other band counts leave dmey out, and asking for it there or for an unknown group is wrong usage', () => {
    expect(new Set(catalogue(125).map((feature) => feature.group))).not.toContain('dmey');
    expect(() => catalogue(125, ['dmey'])).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => catalogue(4096, ['arr', 'dft.re', 'dft.im'])).toThrow(/33554432 weights/);
    expect(() => catalogue(150, ['arr', 'sigma'])).toThrow(/unknown feature group "sigma".*arr, d1/);
    for (const bands of [2, 4.5, Number.NaN])
      expect(() => catalogue(bands)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
