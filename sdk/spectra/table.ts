/**
 * A spectra table: a CSV whose numeric headers are wavelengths in nm and whose other columns are metadata and targets.
 * Every cell is checked before anything is computed from it.
 */
import { basename } from 'node:path';
import { NadirError, readBounded, sha256 } from '../base/index.ts';
import { parseCsv } from './csv.ts';
import type { SpectralInput } from './feature.ts';
import { SHORTEST_NM } from './frame-wavelengths.ts';

const MAX_FILE_BYTES = 256 * 2 ** 20;
const MAX_BANDS = 4096;
const MAX_VALUES = 2 ** 27;
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/** Spectra with what is known about each: one row a sample. */
export interface SpectraTable {
  /** File name without its folder. */
  readonly name: string;
  /** SHA-256 of the file's bytes. */
  readonly sha256: string;
  readonly rows: number;
  /** Band centres in nm, strictly increasing, [bands]. */
  readonly wavelengthsNm: Float64Array;
  /** Reflectance in the file's own unit, row-major [rows, bands]. */
  readonly reflectance: Float32Array;
  /** Five largest singular values of each band image, [rows, 5, bands]; only where patches were read with their pixels. */
  readonly sigma?: Float64Array;
  /** Every other column as text, by its header, in the file's order. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Line of the file on which each row starts, for error messages, [rows]. */
  readonly rowNumbers: readonly number[];
}

/** The rows of a table whose targets are all known. */
export interface TargetSelection {
  readonly targets: readonly string[];
  /** Row of the table behind each selected row, [n]. */
  readonly rows: Uint32Array;
  /** Target values [n, targets]. */
  readonly truth: Float64Array;
  /** Spectra [n, bands]. */
  readonly spectra: Float32Array;
  /** Rows left out because a target's cell is empty. */
  readonly dropped: number;
}

/** Reads and validates a spectra table. Errors name the file, the row, the column and the cell. */
export async function readSpectraTable(path: string): Promise<SpectraTable> {
  const bytes = await readBounded(path, MAX_FILE_BYTES);
  return parseSpectraTable(bytes.toString('utf8'), basename(path), sha256(bytes));
}

/** Parses a spectra table from its text; `name` stands for the file in errors. */
export function parseSpectraTable(text: string, name: string, hash: string = sha256(text)): SpectraTable {
  const fail = (what: string, where: string, remedy: string) =>
    new NadirError({ what, where: `${name} ${where}`, remedy });
  const { rows: lines, rowNumbers } = parseCsv(text, name);
  if (lines.length < 2) throw fail('no rows', 'row 1', 'Give a CSV with a header and at least one row');
  const [header, ...body] = lines;
  const bandColumns = header.flatMap((title, column) => (NUMBER.test(title) ? [column] : []));
  const otherColumns = header.flatMap((title, column) => (NUMBER.test(title) ? [] : [column]));
  const bands = bandColumns.length;
  if (bands === 0) throw fail('no wavelengths', 'row 1', 'Name the spectral columns by their wavelength in nm');
  if (bands > MAX_BANDS || bands * body.length > MAX_VALUES)
    throw fail(
      `${bands} bands × ${body.length} rows are too many`,
      'row 1',
      `At most ${MAX_BANDS} bands; split the file`,
    );

  const wavelengthsNm = Float64Array.from(bandColumns, (column) => Number(header[column]));
  for (let b = 0; b < bands; b++) {
    if (
      !(wavelengthsNm[b] > 0 && wavelengthsNm[b] < Number.POSITIVE_INFINITY) ||
      (b > 0 && wavelengthsNm[b] <= wavelengthsNm[b - 1])
    )
      throw fail(
        `wavelength "${header[bandColumns[b]]}" is not a finite number above the one before it`,
        `row 1 column ${bandColumns[b] + 1}`,
        'Order the wavelength columns from short to long, each once',
      );
  }
  if (wavelengthsNm[0] < SHORTEST_NM)
    throw fail(
      `wavelength "${header[bandColumns[0]]}" looks like µm where nm are expected`,
      `row 1 column ${bandColumns[0] + 1}`,
      'Multiply the wavelengths in the header by 1000',
    );
  const columns = new Map<string, string[]>();
  for (const column of otherColumns) {
    if (columns.has(header[column]))
      throw fail(`column "${header[column]}" comes twice`, 'row 1', 'Give each column its own name');
    columns.set(header[column], []);
  }

  const reflectance = new Float32Array(body.length * bands);
  body.forEach((cells, row) => {
    const where = `row ${rowNumbers[row + 1]}`;
    if (cells.length !== header.length)
      throw fail(
        `${cells.length} cells under ${header.length} headers`,
        where,
        'The row is cut off or has a comma too many; write it again',
      );
    for (let b = 0; b < bands; b++) {
      const cell = cells[bandColumns[b]];
      const value = NUMBER.test(cell) ? Math.fround(Number(cell)) : Number.NaN;
      if (!Number.isFinite(value))
        throw fail(
          `"${cell.slice(0, 40)}" is not a reflectance`,
          `${where} column ${header[bandColumns[b]]}`,
          'Put a finite number there or delete the row',
        );
      reflectance[row * bands + b] = value;
    }
    for (const column of otherColumns) columns.get(header[column])?.push(cells[column]);
  });
  return {
    name,
    sha256: hash,
    rows: body.length,
    wavelengthsNm,
    reflectance,
    columns,
    rowNumbers: rowNumbers.slice(1),
  };
}

/** What features are computed from, for some rows of the table (default all), in their order. */
export function spectralInput(table: SpectraTable, rows?: ArrayLike<number>): SpectralInput {
  const bands = table.wavelengthsNm.length;
  const { sigma } = table;
  if (rows === undefined) return { mean: table.reflectance, ...(sigma && { sigma }) };
  const mean = new Float32Array(rows.length * bands);
  const ownSigma = sigma && new Float64Array(rows.length * 5 * bands);
  for (let i = 0; i < rows.length; i++) {
    mean.set(table.reflectance.subarray(rows[i] * bands, (rows[i] + 1) * bands), i * bands);
    if (sigma) ownSigma?.set(sigma.subarray(rows[i] * 5 * bands, (rows[i] + 1) * 5 * bands), i * 5 * bands);
  }
  return { mean, ...(ownSigma && { sigma: ownSigma }) };
}

/** A column of the table by its header; an unknown name is wrong usage. */
export function columnOf(table: SpectraTable, name: string, use: string): readonly string[] {
  const column = table.columns.get(name);
  if (column === undefined)
    throw new NadirError({
      what: `unknown ${use} "${name}"`,
      where: table.name,
      remedy: `Choose among ${[...table.columns.keys()].join(', ')}`,
      exitCode: 2,
    });
  return column;
}

/**
 * Rows whose cells for all `targets` are numbers. A row with an empty target is left out and counted in `dropped`;
 * a cell that is neither empty nor a number is an error, as is an unknown target.
 */
export function selectTargets(table: SpectraTable, targets: readonly string[]): TargetSelection {
  if (targets.length === 0 || new Set(targets).size !== targets.length)
    throw new NadirError({
      what: 'targets are missing or named twice',
      where: targets.join(',') || '--targets',
      remedy: 'Name each target once',
      exitCode: 2,
    });
  const columns = targets.map((name) => columnOf(table, name, 'target'));
  const rows: number[] = [];
  const truth: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (columns.some((column) => column[row].trim() === '')) continue;
    columns.forEach((column, t) => {
      if (!NUMBER.test(column[row]) || !Number.isFinite(Number(column[row])))
        throw new NadirError({
          what: `"${column[row].slice(0, 40)}" is not a number`,
          where: `${table.name} row ${table.rowNumbers[row]} column ${targets[t]}`,
          remedy: 'Put a number there, or leave the cell empty to leave the row out',
        });
      truth.push(Number(column[row]));
    });
    rows.push(row);
  }
  if (rows.length === 0)
    throw new NadirError({
      what: `no row has all of ${targets.join(', ')}`,
      where: table.name,
      remedy: 'Choose targets that are measured on the same samples',
      exitCode: 2,
    });
  const bands = table.wavelengthsNm.length;
  const spectra = new Float32Array(rows.length * bands);
  rows.forEach((row, i) => {
    spectra.set(table.reflectance.subarray(row * bands, (row + 1) * bands), i * bands);
  });
  return {
    targets,
    rows: Uint32Array.from(rows),
    truth: Float64Array.from(truth),
    spectra,
    dropped: table.rows - rows.length,
  };
}
