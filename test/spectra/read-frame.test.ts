import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedPath } from '../../sdk/base/index.ts';
import { isFrameFile } from '../../sdk/spectra/read-frame.ts';
import { readSpectra } from '../../sdk/spectra/read-spectra.ts';
import { fixture, put, temporaryFolder } from './frame-cases.ts';

const folder = temporaryFolder();
const PINES = shippedPath('models', 'frames', 'indian_pines_vnir.npz');

describe('spectra read from any path', () => {
  test('come from a frame as one row a field, bands in order', async () => {
    const table = await readSpectra(PINES);
    expect([table.rows, table.wavelengthsNm.length, table.name]).toEqual([41, 21, 'indian_pines_vnir.npz']);
    expect(table.columns.get('edge')?.length).toBe(41);
    // means of the largest field at 686.91, 696.50, 764.01 and 937.22 nm, by numpy and scipy.ndimage.label
    const largest = table.columns.get('pixels')?.indexOf('1082') ?? -1;
    const means = [10, 11, 14, 20].map((band) => table.reflectance[largest * 21 + band]);
    [4194.947319778188, 4431.258780036968, 3725.7042513863216, 2200.0092421441773].forEach((mean, i) => {
      expect(means[i]).toBeCloseTo(mean, 3);
    });
  });

  test('have the singular values of each field where pixels are asked for', async () => {
    const options = { frame: { grid: 20, minPixels: 400 }, pixels: true } as const;
    const table = await readSpectra(shippedPath('models', 'frames', 'hysu_vnir.npz'), options);
    const { sigma = new Float64Array() } = table;
    expect([table.rows, sigma.length]).toEqual([6, 6 * 5 * 135]);
    // σ1 of an image is at least its mean times the root of its pixels, and at most its root of squares; later ones are smaller
    for (let band = 0; band < 135; band += 27) {
      expect(sigma[band]).toBeGreaterThanOrEqual(table.reflectance[band] * 20 * (1 - 1e-6));
      expect([1, 2, 3, 4].every((k) => sigma[k * 135 + band] <= sigma[(k - 1) * 135 + band])).toBe(true);
    }
  });

  test('are in percent for a frame that says that it is reflectance, and refused for radiance', async () => {
    const path = fixture('DLR_HySU_HS_small_targets.tif');
    const [own, percent] = await Promise.all(
      (['own', 'percent'] as const).map((unit) => readSpectra(path, { frame: { grid: 12, unit } })),
    );
    expect(percent.reflectance[50]).toBeCloseTo(own.reflectance[50] / 100, 4);
    await expect(readSpectra(PINES, { frame: { unit: 'percent', quantity: 'radiance', scale: 500 } })).rejects.toThrow(
      /the frame is radiance, so it has no reflectance in percent/,
    );
  });

  test('are a frame by their bytes, not their name; tables stay tables', async () => {
    const renamed = join(folder, 'renamed.bin');
    copyFileSync(PINES, renamed);
    const header = put(folder, 'alone.hdr', 'ENVI\n');
    const table = put(folder, 'table.csv', 'pH,500,510\n6,1,2\n');
    // a header of the same name does not make a table raw data
    put(folder, 'table.hdr', 'ENVI\n');
    const found = await Promise.all([renamed, header, table, join(folder, 'missing'), folder].map(isFrameFile));
    expect(found).toEqual([true, true, false, false, false]);
    expect((await readSpectra(renamed)).rows).toBe(41);
    expect((await readSpectra(table)).rows).toBe(1);
    await expect(readSpectra(header)).rejects.toThrow(/no data file beside the header/);
  });
});
