import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NadirError, Random, shippedPath } from '../../sdk/base/index.ts';
import { catalogue } from '../../sdk/spectra/catalogue.ts';
import { resolveDataset } from '../../sdk/spectra/datasets.ts';
import { computeFeaturesExact } from '../../sdk/spectra/feature.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import {
  applyResampling,
  bandResampling,
  featuresOnInstrument,
  resample,
  resampleTable,
} from '../../sdk/spectra/resample.ts';
import { readSpectraTable } from '../../sdk/spectra/table.ts';

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/resample.json', import.meta.url), 'utf8')) as {
  cases: {
    name: string;
    frame: string;
    pixel: [number, number];
    toNm: number[];
    fwhmNm: number[];
    expected: number[];
  }[];
};
const frameNamed = (name: string) => readFrame(shippedPath('models', 'frames', `${name}.npz`));
const HYPERVIEW = (await readSpectraTable(resolveDataset('limesoda'))).wavelengthsNm;
/** Irregular, unordered band centres. */
const random = Random.of(1, 'bands');
const scattered = random.shuffle(Array.from({ length: 120 }, (_, i) => 400 + i * 4 + random.uniform()));

describe('resampling to another instrument', () => {
  test.each(cases)(
    'of $name equals numerical integration to 1e-9',
    async ({ frame: name, pixel, toNm, fwhmNm, expected }) => {
      const frame = await frameNamed(name);
      const pixels = frame.height * frame.width;
      const spectrum = Float64Array.from(
        { length: frame.bands },
        (_, band) => frame.data[band * pixels + pixel[0] * frame.width + pixel[1]],
      );
      const matrix = bandResampling({ fromNm: frame.wavelengthsNm, toNm, fwhmNm });
      const result = applyResampling(matrix, spectrum, new Float64Array(toNm.length));
      result.forEach((value, t) => {
        expect(Math.abs(value / expected[t] - 1)).toBeLessThan(1e-9);
      });
    },
  );

  test('keeps constants constant and straight lines straight, over any spacing, order and width', () => {
    for (const fwhmNm of [0.5, 4, 30, 90]) {
      const toNm = Array.from({ length: 50 }, (_, i) => 448 + i * 7.77);
      const matrix = bandResampling({ fromNm: scattered, toNm, fwhmNm });
      const lines = Float64Array.from([...scattered.map(() => 3.25), ...scattered.map((nm) => 2 - 0.004 * nm)]);
      const result = applyResampling(matrix, lines, new Float64Array(2 * toNm.length));
      toNm.forEach((nm, t) => {
        expect(result[t]).toBeCloseTo(3.25, 12);
        expect(result[toNm.length + t]).toBeCloseTo(2 - 0.004 * nm, 10);
      });
    }
  });

  test('gives back what it got where both have the same bands and the response is narrow, ends included', () => {
    const nm = Float64Array.from(HYPERVIEW);
    const spectrum = Float64Array.from(nm, (value) => Math.sin(value / 30));
    const { spectra, outside } = resample(spectrum, { fromNm: nm.map(Math.fround), toNm: nm, fwhmNm: 0.1 });
    expect(outside).toEqual([]);
    spectra.forEach((value, b) => {
      expect(value).toBeCloseTo(spectrum[b], 3);
    });
    // with the bands' own spacing for a width, every band is still covered
    expect(bandResampling({ fromNm: nm, toNm: nm }).outside).toEqual([]);
  });

  test('of HySpex (to 902.8 nm) marks the HYPERVIEW bands above as outside, or refuses; it never extrapolates', async () => {
    const { wavelengthsNm } = await frameNamed('hysu_vnir');
    const options = { fromNm: wavelengthsNm, toNm: HYPERVIEW };
    const { spectra, outside } = resample(new Float32Array(135).fill(2000), { ...options, outside: 'mark' });
    const above = [...HYPERVIEW.keys()].filter((band) => HYPERVIEW[band] > 902.79 + 0.05);
    expect(outside).toEqual(above);
    expect([...spectra.keys()].filter((band) => Number.isNaN(spectra[band]))).toEqual(above);
    expect(() => resample(new Float32Array(135), options)).toThrow(
      /12 of 150 target bands lie outside the source's 417\.\d+ … 902\.\d+ nm .*target band 139 at 903\.\d+ nm\. Leave these bands out/,
    );
  });

  test('sorts the AVIRIS bands, whose list goes back', async () => {
    const { wavelengthsNm } = await frameNamed('indian_pines_vnir');
    const spectrum = Float64Array.from(wavelengthsNm, (nm) => 0.5 * nm);
    const { spectra } = resample(spectrum, { fromNm: wavelengthsNm, toNm: [680, 690, 700, 850], fwhmNm: 10 });
    [...spectra].forEach((value, t) => {
      expect(value).toBeCloseTo([340, 345, 350, 425][t], 3);
    });
  });

  test('does not draw a line across a hole that dropped bands left', async () => {
    const frame = await readFrame(
      new URL('../fixtures/frames/emit20250324t221005_jpl_unmix_ex', import.meta.url).pathname,
    );
    const fromNm = frame.wavelengthsNm.filter((_, band) => frame.goodBands?.[band] !== 0);
    const matrix = bandResampling({ fromNm, toNm: [1200, 1380, 1600, 1850, 2200], fwhmNm: 8, outside: 'mark' });
    expect(matrix.outside).toEqual([1, 3]);
  });

  test('a broad band of which half lies outside is not covered', () => {
    const fromNm = Array.from({ length: 51 }, (_, i) => 500 + i * 2);
    const toNm = [505, 520];
    expect(bandResampling({ fromNm, toNm, fwhmNm: 30, outside: 'mark' }).outside).toEqual([0]);
  });

  test('takes two bands at one wavelength for a mistake, or their mean when asked', () => {
    const options = { fromNm: [500, 510, 510, 520], toNm: [510], fwhmNm: 0.01 };
    expect(() => bandResampling(options)).toThrow(/bands 2 and 3 are both at 510 nm/);
    const { spectra } = resample(Float64Array.of(1, 2, 4, 5), { ...options, duplicates: 'average' });
    expect(spectra[0]).toBeCloseTo(3, 2);
  });

  test.each([
    [
      'µm given as nm',
      { fromNm: [0.5, 0.51, 0.52], toNm: [510], fwhmNm: 5 },
      /0\.5 looks like µm where nm are expected: .*source wavelength of band 1/,
    ],
    [
      'µm in the target',
      { fromNm: [500, 510, 520], toNm: [0.51], fwhmNm: 5 },
      /0\.51 looks like µm .*target wavelength of band 1/,
    ],
    ['NaN', { fromNm: [500, Number.NaN, 520], toNm: [510], fwhmNm: 5 }, /NaN is not a wavelength/],
    ['a width of nothing', { fromNm: [500, 510, 520], toNm: [510], fwhmNm: 0 }, /band 1 has the width 0/],
    ['one band without a width', { fromNm: [500, 510, 520], toNm: [510] }, /no neighbour to take its width from/],
    ['too few widths', { fromNm: [500, 510, 520], toNm: [505, 510], fwhmNm: [5] }, /1 widths for 2 bands/],
    ['a single source band', { fromNm: [500], toNm: [500], fwhmNm: 5 }, /cannot resample 1 bands to 1/],
  ])('refuses %s', (_, options, message) => {
    expect(() => bandResampling(options)).toThrow(NadirError);
    expect(() => bandResampling(options)).toThrow(message);
  });

  test('is linear, so that features of the target fly as features of the source', async () => {
    const { wavelengthsNm } = await frameNamed('hysu_vnir');
    const toNm = HYPERVIEW.subarray(0, 130);
    const matrix = bandResampling({ fromNm: wavelengthsNm, toNm });
    const features = catalogue(130, ['arr', 'd1', 'd3']).slice(0, 300);
    const spectra = Float64Array.from({ length: 2 * 135 }, () => 1000 + random.normal() * 50);
    const onTarget = computeFeaturesExact(features, applyResampling(matrix, spectra, new Float64Array(2 * 130)), 130);
    const onSource = computeFeaturesExact(featuresOnInstrument(features, matrix), spectra, 135);
    onSource.forEach((value, i) => {
      expect(value).toBeCloseTo(onTarget[i], 9);
    });
  });

  test('of a table keeps its columns; a feature of a band outside cannot fly', async () => {
    const table = await readSpectraTable(resolveDataset('tropical'));
    const { table: moved, outside } = resampleTable(table, { toNm: [450, 700, 710, 720], fwhmNm: 10, outside: 'mark' });
    expect([moved.rows, moved.columns.get('pH')?.[3], outside]).toEqual([
      table.rows,
      table.columns.get('pH')?.[3],
      [0],
    ]);
    expect([Number.isNaN(moved.reflectance[0]), moved.reflectance[1] > 0]).toEqual([true, true]);
    const matrix = bandResampling({
      fromNm: table.wavelengthsNm,
      toNm: [450, 700, 710, 720],
      fwhmNm: 10,
      outside: 'mark',
    });
    expect(() => featuresOnInstrument(catalogue(4, ['arr']), matrix)).toThrow(
      /does not cover: arr@0 at 450 nm\. Train without/,
    );
  });
});
