import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { parseGeotiff } from '../../sdk/spectra/geotiff.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import { fixture, fixtureJson, formulaCube, put, temporaryFolder } from './frame-cases.ts';

interface TiffCase {
  name: string;
  type: string;
  factor: number;
  offset: number;
  base64: string;
}
const { bands, height, width, cases } = fixtureJson<{
  bands: number;
  height: number;
  width: number;
  cases: TiffCase[];
}>('tiff.json');
const bytesOf = (name: string) => Buffer.from(cases.find((one) => one.name === name)?.base64 ?? '', 'base64');
const folder = temporaryFolder();

describe('a TIFF cube', () => {
  test.each(cases)(
    'written by tifffile, $name ($type), is read value for value',
    ({ type, factor, offset, base64 }) => {
      const cube = parseGeotiff(Buffer.from(base64, 'base64'), 'case.tif');
      expect([cube.bands, cube.height, cube.width]).toEqual([bands, height, width]);
      const as: Record<string, (value: number) => number> = {
        float32: Math.fround,
        float64: (value) => value,
        float16: Math.f16round,
      };
      const round = as[type] ?? ((value: number) => Math.trunc(value) + 0);
      expect(Array.from(cube.data)).toEqual(
        formulaCube(bands, height, width).map((value) => round(value * factor + offset)),
      );
    },
  );

  test("has GDAL's no-data value and wavelengths, in their unit", () => {
    const cube = parseGeotiff(bytesOf('no-data and wavelengths'), 'gdal.tif');
    expect(cube.noData).toBe(-9999);
    expect(Array.from(cube.wavelengthsNm ?? [])).toEqual([450, 550, 650]);
  });

  test('takes its wavelengths from a CSV beside it, and says so', async () => {
    const path = put(folder, 'plain.tif', bytesOf('deflate'));
    await expect(readFrame(path)).rejects.toThrow(/no wavelengths for 3 bands: .*plain\.tif.*plain_wavelengths\.csv/);
    put(folder, 'plain_wavelengths.csv', 'band_no,wavelength,fwhm\n1,450,10\n2,550,11\n3,650,12\n');
    const frame = await readFrame(path);
    expect([...frame.wavelengthsNm, ...(frame.fwhmNm ?? [])]).toEqual([450, 550, 650, 10, 11, 12]);
    expect(frame.notes).toEqual(['wavelengths are from plain_wavelengths.csv']);
  });

  test('of the HySpex campaign is read with the ENVI header beside it: µm found out, scale, no-data value', async () => {
    const frame = await readFrame(fixture('DLR_HySU_HS_small_targets.tif'));
    expect([frame.bands, frame.height, frame.width]).toEqual([135, 12, 12]);
    expect([frame.wavelengthsNm[0], frame.wavelengthsNm[134], frame.fwhmNm?.[5]]).toEqual([417.4, 902.79, 4.87]);
    expect([frame.quantity, frame.scale, frame.noData]).toEqual(['reflectance', 10000, 15000]);
    expect(frame.notes.join()).toMatch(/unit "Unknown"; 0\.4174 … 0\.90279 is read as µm/);
    // read by numpy from the file's bytes: bands 1, 70 and 135 of the pixel in row 3, column 7, and the sum of all
    const at = (band: number, row: number, column: number) => frame.data[(band * 12 + row) * 12 + column];
    expect([at(0, 3, 7), at(69, 3, 7), at(134, 3, 7)]).toEqual([351, 533, 4039]);
    expect((frame.data as Int16Array).reduce((sum, value) => sum + value, 0)).toBe(32_102_615);
    const byHeader = await readFrame(fixture('DLR_HySU_HS_small_targets.hdr'));
    expect(byHeader.data).toEqual(frame.data);
  });

  test('cut off anywhere is one clear error, never a short picture', () => {
    for (const name of ['strips of 4 rows', 'tiles', 'lzw', 'deflate', 'packbits', 'BigTIFF']) {
      const whole = bytesOf(name);
      const step = Math.max(1, Math.floor(whole.length / 40));
      for (let length = 0; length < whole.length - 1; length += step) {
        // what follows the last value and directory may be missing without harm
        try {
          expect(Array.from(parseGeotiff(whole.subarray(0, length), 'cut.tif').data)).toEqual(
            Array.from(parseGeotiff(whole, 'whole.tif').data),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(NadirError);
        }
      }
    }
  });
});
