/** Folds of cross-validation: seeded, from a column, or by whole groups, so that replicates and fields are never on both sides. */
import { NadirError, Random } from '../base/index.ts';
import { columnOf, type SpectraTable } from './table.ts';

export interface Folds {
  /** Name of each fold: its number, or the column's value. */
  readonly names: readonly string[];
  /** Fold of each selected row, [n]. */
  readonly of: Uint16Array;
  /** How the folds came about, for reports. */
  readonly scheme: string;
}

const MAX_FOLDS = 1000;

/**
 * Splits the selected rows of a table.
 * @param spec a number of folds, or `column:NAME` to take each distinct value of a column as a fold (published folds, leave-one-field-out)
 * @param group with a number of folds: rows with the same value in this column stay in one fold
 * Errors are wrong usage: unknown column, fewer than two folds, fewer rows or groups than folds, `group` with `column:`.
 */
export function makeFolds(
  table: SpectraTable,
  rows: Uint32Array,
  options: { readonly spec: string; readonly group?: string; readonly seed: number },
): Folds {
  const { spec, group, seed } = options;
  if (spec.startsWith('column:')) {
    if (group !== undefined) throw usage('--group with --folds column:NAME', 'Use one of the two');
    return columnFolds(table, rows, spec.slice('column:'.length));
  }
  const k = Number(spec);
  if (!/^\d+$/.test(spec) || k < 2 || k > MAX_FOLDS)
    throw usage(`--folds ${spec}`, 'Give a number from 2 or column:NAME');
  return group === undefined ? randomFolds(rows.length, k, seed) : groupFolds(table, rows, k, group, seed);
}

function columnFolds(table: SpectraTable, rows: Uint32Array, name: string): Folds {
  const values = valuesOf(table, rows, name);
  const names = [...new Set(values)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (names.length < 2 || names.length > MAX_FOLDS)
    throw usage(`column ${name} has ${names.length} values`, `A fold column has 2 to ${MAX_FOLDS}`);
  const number = new Map(names.map((value, fold) => [value, fold]));
  return {
    names,
    of: Uint16Array.from(values, (value) => number.get(value) ?? 0),
    scheme: `folds of column ${name} (${names.length})`,
  };
}

function randomFolds(n: number, k: number, seed: number): Folds {
  if (n < k) throw usage(`${k} folds of ${n} rows`, 'Ask for fewer folds');
  const of = new Uint16Array(n);
  Random.of(seed, 'folds')
    .permutation(n)
    .forEach((row, place) => {
      of[row] = place % k;
    });
  return { names: numbered(k), of, scheme: `${k} random folds, seed ${seed}` };
}

function groupFolds(table: SpectraTable, rows: Uint32Array, k: number, name: string, seed: number): Folds {
  const values = valuesOf(table, rows, name);
  const sizes = new Map<string, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  if (sizes.size < k) throw usage(`${k} folds of ${sizes.size} groups in column ${name}`, 'Ask for fewer folds');
  // largest first into the fold that is smallest so far; ties in seeded order
  const groups = Random.of(seed, 'folds').shuffle([...sizes]);
  groups.sort((a, b) => b[1] - a[1]);
  const filled = new Array<number>(k).fill(0);
  const foldOf = new Map<string, number>();
  for (const [value, size] of groups) {
    const fold = filled.indexOf(Math.min(...filled));
    foldOf.set(value, fold);
    filled[fold] += size;
  }
  return {
    names: numbered(k),
    of: Uint16Array.from(values, (value) => foldOf.get(value) ?? 0),
    scheme: `${k} folds of whole groups of column ${name}, seed ${seed}`,
  };
}

function valuesOf(table: SpectraTable, rows: Uint32Array, name: string): string[] {
  const column = columnOf(table, name, 'column');
  const blank = rows.find((row) => column[row].trim() === '');
  if (blank !== undefined)
    throw usage(
      `column ${name} is empty in line ${table.rowNumbers[blank]}`,
      'Fill it in: a row of unknown fold or group may leak',
    );
  return Array.from(rows, (row) => column[row]);
}

function numbered(k: number): string[] {
  return Array.from({ length: k }, (_, fold) => String(fold + 1));
}

function usage(where: string, remedy: string): NadirError {
  return new NadirError({ what: 'the folds cannot be made', where, remedy, exitCode: 2 });
}
