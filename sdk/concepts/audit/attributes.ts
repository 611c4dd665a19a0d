/** Attributes that must not count in a decision (a sensor, a season, a processing level, a tint): a CSV with a column `file` and one for each. */
import { NadirError, readBounded } from '../../base/index.ts';
import { parseCsv } from '../../spectra/csv.ts';

const MAX_BYTES = 256 * 2 ** 20;
const FILE = 'file';
/** More values than this are no conditions but names. */
const MOST_VALUES = 20;

export interface Attribute {
  readonly name: string;
  /** 0 and 1, or a number in SDs, [rows]. */
  readonly values: Float64Array;
  readonly isBinary: boolean;
}

/**
 * Reads the attributes of `files`. A column of two values is one attribute of 0 and 1, of more numbers one in SDs, of more words one a value
 * (`season=dry`).
 */
export async function readAttributes(path: string, files: readonly string[]): Promise<Attribute[]> {
  const { rows } = parseCsv((await readBounded(path, MAX_BYTES)).toString('utf8'), path);
  const [header = [], ...lines] = rows;
  const fileColumn = header.indexOf(FILE);
  const fail = (what: string, remedy: string) => new NadirError({ what, where: path, remedy });
  if (fileColumn < 0 || header.length < 2)
    throw fail(`columns ${header.join(', ')}`, `Give a column "${FILE}" and one for each attribute`);
  const lineOf = new Map(lines.map((line) => [line[fileColumn], line]));
  const own = files.map((file) => {
    const line = lineOf.get(file);
    if (line?.length !== header.length)
      throw fail(
        line ? `${file} has ${line.length} cells` : `no line for ${file}`,
        'Give a whole line for each audited image',
      );
    return line;
  });
  return header.flatMap((name, column) =>
    column === fileColumn
      ? []
      : attributesOf(
          name,
          own.map((line) => line[column].trim()),
          path,
        ),
  );
}

function attributesOf(name: string, cells: readonly string[], where: string): Attribute[] {
  const values = [...new Set(cells)].sort();
  const numbers = cells.map(Number);
  const isNumeric = cells.every((cell, i) => cell !== '' && Number.isFinite(numbers[i]));
  const indicator = (value: string) => Float64Array.from(cells, (cell) => (cell === value ? 1 : 0));
  if (values.length === 2) {
    const [low, high] = isNumeric ? [...values].sort((a, b) => Number(a) - Number(b)) : values;
    const isFlag = isNumeric && Number(low) === 0 && Number(high) === 1;
    return [{ name: isFlag ? name : `${name}=${high}`, values: indicator(high), isBinary: true }];
  }
  if (isNumeric && values.length > 2) return [{ name, values: standardised(numbers), isBinary: false }];
  if (values.length < 2 || values.length > MOST_VALUES)
    throw new NadirError({
      what: `${values.length} different values of ${name} in the audited images`,
      where,
      remedy: `Give an attribute of numbers, or of 2 to ${MOST_VALUES} words`,
    });
  return values.map((value) => ({ name: `${name}=${value}`, values: indicator(value), isBinary: true }));
}

function standardised(numbers: readonly number[]): Float64Array {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  return Float64Array.from(numbers, (value) => (value - mean) / Math.sqrt(variance));
}
