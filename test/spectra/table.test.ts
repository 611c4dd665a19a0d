import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { parseSpectraTable, readSpectraTable, resolveDataset, selectTargets } from '../../sdk/spectra/index.ts';

const GOOD = 'site,500,510.5,pH\n"a, ""b""",1.5,2e1,6.1\r\nc,3,4,\n';

describe('a spectra table', () => {
  test('takes numeric headers as wavelengths and keeps the rest as columns, quotes and line ends as RFC 4180 says', () => {
    const table = parseSpectraTable(GOOD, 'good.csv');
    expect([...table.wavelengthsNm]).toEqual([500, 510.5]);
    expect([...table.reflectance]).toEqual([1.5, 20, 3, 4]);
    expect(table.columns.get('site')).toEqual(['a, "b"', 'c']);
    expect(table.columns.get('pH')).toEqual(['6.1', '']);
  });

  test('the shipped sets are whole: rows, bands and the hash that a model records', async () => {
    const limesoda = await readSpectraTable(resolveDataset('limesoda'));
    expect([limesoda.rows, limesoda.wavelengthsNm.length]).toEqual([914, 150]);
    expect(limesoda.sha256).toMatch(/^[0-9a-f]{64}$/);
    const tropical = await readSpectraTable(resolveDataset('tropical'));
    expect([tropical.rows, tropical.wavelengthsNm[0], tropical.wavelengthsNm[149]]).toEqual([102, 462.08, 938.37]);
  });

  test.each([
    ['a bad cell', 'pH,500,510\n6,1,2\n7,1,x2\n', /"x2" is not a reflectance: bad\.csv row 3 column 510\. /],
    ['an empty cell', 'pH,500,510\n6,,2\n', /"" is not a reflectance: bad\.csv row 2 column 500/],
    ['an overflowing cell', 'pH,500\n6,1e39\n', /row 2 column 500/],
    ['a row cut off', 'pH,500,510\n6,1,2\n7,1', /2 cells under 3 headers: bad\.csv row 3/],
    ['a quote never closed', 'pH,500\n"6,1\n', /a quote is never closed: bad\.csv row 2/],
    ['wavelengths out of order', '510,500\n1,2\n', /wavelength "500".*row 1 column 2/],
    ['an endless wavelength', '500,1e400\n1,2\n', /wavelength "1e400".*row 1 column 2/],
    ['no wavelengths', 'a,b\n1,2\n', /no wavelengths/],
    ['a column twice', 'a,a,500\n1,2,3\n', /column "a" comes twice/],
    ['no rows', 'a,500\n', /no rows/],
  ])('%s is refused with file, place and remedy', (_, text, message) => {
    expect(() => parseSpectraTable(text, 'bad.csv')).toThrow(message);
  });

  test('row numbers in errors are lines of the file, also after quoted line breaks', () => {
    expect(() => parseSpectraTable('a,500\n"x\ny",1\nz,bad\n', 'bad.csv')).toThrow(/row 4 column 500/);
  });

  test('any text is either a table or one clear error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '5', '0', ',', '"', '\n', '\r', '.', '-', 'e') }), (text) => {
        try {
          parseSpectraTable(text, 'fuzz.csv');
        } catch (error) {
          expect(error).toBeInstanceOf(NadirError);
        }
      }),
    );
  });
});

describe('selecting targets', () => {
  test('leaves out and counts rows with an empty target', () => {
    const selection = selectTargets(parseSpectraTable(GOOD, 'good.csv'), ['pH']);
    expect([...selection.rows]).toEqual([0]);
    expect([...selection.truth]).toEqual([6.1]);
    expect(selection.dropped).toBe(1);
  });

  test('limesoda has 558 rows with pH, clay and SOC', async () => {
    const selection = selectTargets(await readSpectraTable(resolveDataset('limesoda')), ['pH', 'clay', 'SOC']);
    expect([selection.rows.length, selection.dropped, selection.truth.length]).toEqual([558, 356, 558 * 3]);
  });

  test('an unknown target is wrong usage and names what there is; a target cell that is no number fails', () => {
    const table = parseSpectraTable('pH,clay,500\n6,low,1\n', 'soil.csv');
    expect(() => selectTargets(table, ['SOC'])).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining('pH, clay') }),
    );
    expect(() => selectTargets(table, ['clay'])).toThrow(/"low" is not a number: soil\.csv row 2 column clay/);
  });
});
