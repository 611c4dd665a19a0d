/** Wavelengths of frames: units given, inferred or mistaken, and the tables that give them beside a cube. */
import { NadirError, readBounded } from '../base/index.ts';
import { parseCsv } from './csv.ts';

/** No instrument for soils reads below 100 nm, and none reads beyond 100 µm: smaller numbers are µm. */
export const SHORTEST_NM = 100;
const LONGEST_NM = 100_000;
const MAX_CSV_BYTES = 16 * 2 ** 20;

/** Nanometres in one of each unit that ENVI headers and GDAL name. */
const NM_PER_UNIT: Readonly<Record<string, number>> = {
  nanometers: 1,
  nanometres: 1,
  nm: 1,
  micrometers: 1000,
  micrometres: 1000,
  microns: 1000,
  um: 1000,
  µm: 1000,
  μm: 1000,
  angstroms: 0.1,
};

export interface WavelengthTable {
  readonly wavelengthsNm: Float64Array;
  readonly fwhmNm?: Float64Array;
}

/**
 * Factor from the stated unit to nm. "Unknown" or no unit is inferred: below 100 all are µm, from 100 all are nm; `note` says so.
 * A stated unit that the values contradict, and units that are no length (wavenumber, index), are refused.
 */
export function nanometresPer(
  unit: string | undefined,
  values: ArrayLike<number>,
  where: string,
): { readonly factor: number; readonly note?: string } {
  const name = unit?.trim().toLowerCase() ?? '';
  const small = Array.from(values).filter((value) => value < SHORTEST_NM).length;
  if (name === '' || name === 'unknown') {
    if (small > 0 && small < values.length)
      throw new NadirError({
        what: `${small} of ${values.length} wavelengths are below ${SHORTEST_NM}: neither all µm nor all nm`,
        where,
        remedy: 'Write all wavelengths in one unit and name it in "wavelength units"',
      });
    const read = small > 0 ? 'µm' : 'nm';
    return {
      factor: small > 0 ? 1000 : 1,
      note: `wavelengths have ${name === '' ? 'no unit' : 'the unit "Unknown"'}; ${values[0]} … ${values[values.length - 1]} is read as ${read}`,
    };
  }
  const factor = NM_PER_UNIT[name];
  if (factor === undefined)
    throw new NadirError({
      what: `wavelength unit "${name.slice(0, 40)}" is not one that bands can be placed by`,
      where,
      remedy: 'Give wavelengths in Nanometers or Micrometers',
    });
  return { factor };
}

/** Refuses wavelengths that are not numbers of nm, that look like µm, and two good bands at one wavelength. */
export function checkWavelengths(nm: ArrayLike<number>, goodBands: ArrayLike<number> | undefined, where: string): void {
  const seen = new Map<number, number>();
  for (let band = 0; band < nm.length; band++) {
    const place = `${where} wavelength of band ${band + 1}`;
    const value = nm[band];
    if (!(value > 0 && value <= LONGEST_NM))
      throw new NadirError({
        what: `${value} is not a wavelength in nm`,
        where: place,
        remedy: 'Give one positive number of nm for each band',
      });
    if (value < SHORTEST_NM)
      throw new NadirError({
        what: `${value} looks like µm where nm are expected`,
        where: place,
        remedy: 'Multiply the wavelengths by 1000, or name their unit where the format has a field for it',
      });
    if (goodBands?.[band] === 0) continue;
    const twin = seen.get(value);
    if (twin !== undefined)
      throw new NadirError({
        what: `bands ${twin + 1} and ${band + 1} are both at ${value} nm`,
        where: place,
        remedy: 'Correct the wavelengths, or drop or mark one of the two bands as bad',
      });
    seen.set(value, band);
  }
}

/**
 * Reads a table of bands: a CSV with a column `wavelength` (or `wavelengths`, `nm`, `wavelength_nm`) in nm and maybe `fwhm`, one
 * row a band, in the cube's order.
 */
export async function readWavelengthTable(path: string): Promise<WavelengthTable> {
  return parseWavelengthTable((await readBounded(path, MAX_CSV_BYTES)).toString('utf8'), path);
}

/** Parses the text of a table of bands; `where` names it in errors. */
export function parseWavelengthTable(text: string, where: string): WavelengthTable {
  const { rows, rowNumbers } = parseCsv(text, where);
  const header = (rows[0] ?? []).map((title) => title.trim().toLowerCase());
  const column = header.findIndex((title) => ['wavelength', 'wavelengths', 'nm', 'wavelength_nm'].includes(title));
  if (column < 0)
    throw new NadirError({
      what: 'no column "wavelength"',
      where: `${where} row 1`,
      remedy: 'Give a CSV with the header band_no,wavelength (and maybe fwhm) and one row a band, in nm',
    });
  const numbers = (at: number) =>
    Float64Array.from(rows.slice(1), (cells, row) => {
      const cell = cells[at]?.trim() ?? '';
      const value = cell === '' ? Number.NaN : Number(cell);
      if (!Number.isFinite(value))
        throw new NadirError({
          what: `"${cell.slice(0, 40)}" is not a number`,
          where: `${where} row ${rowNumbers[row + 1]} column ${header[at]}`,
          remedy: 'Put a number of nm there',
        });
      return value;
    });
  const width = header.indexOf('fwhm');
  return { wavelengthsNm: numbers(column), ...(width >= 0 && { fwhmNm: numbers(width) }) };
}
