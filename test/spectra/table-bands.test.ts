import { expect, test } from 'vitest';
import { bandsWithin, onBands, parseSpectraTable } from '../../sdk/spectra/index.ts';

const table = {
  ...parseSpectraTable('id,500,510,520,530\na,1,2,3,4\nb,5,6,7,8\n', 'small.csv'),
  // [rows, 5, bands]
  sigma: Float64Array.from({ length: 2 * 5 * 4 }, (_, i) => i),
};

test('bands within a range keep their values, those of pixels too', () => {
  const cut = bandsWithin(table, [510, 520]);
  expect([...cut.wavelengthsNm]).toEqual([510, 520]);
  expect([...cut.reflectance]).toEqual([2, 3, 6, 7]);
  expect([...(cut.sigma ?? [])].slice(0, 4)).toEqual([1, 2, 5, 6]);
  expect(cut.sigma?.length).toBe(2 * 5 * 2);
  expect(cut.columns).toBe(table.columns);
  expect(bandsWithin(table, [0, 1000])).toBe(table);
});

test('a range without bands is wrong usage, and says what there is', () => {
  expect(() => bandsWithin(table, [600, 700])).toThrow(/no band lies within 600 … 700 nm: small.csv, 500 … 530 nm/);
});

test("a table with more bands than a model gives the model's, a table that lacks one is refused by name", () => {
  expect([...onBands(table, [500.02, 530]).reflectance]).toEqual([1, 4, 5, 8]);
  expect(onBands(table, [500, 510, 520, 530])).toBe(table);
  expect(() => onBands(table, [500, 515])).toThrow(/4 bands where the model has 2: small.csv/);
});
