/**
 * Folds of cross-validation: seeded, from a column, or by whole groups, so that replicates and fields are never on both sides; or one
 * held-out part chosen by the spectra.
 */
import { NadirError, Random } from '../base/index.ts';
import { duplex, kennardStone } from './kennard-stone.ts';
import { columnOf, type SpectraTable } from './table.ts';

export interface Folds {
  /** Name of each fold: its number, or the column's value. */
  readonly names: readonly string[];
  /** Fold of each selected row, [n]; `NEVER_HELD_OUT` for a row that is only trained on. */
  readonly of: Uint16Array;
  /** How the folds came about, for reports. */
  readonly scheme: string;
  /** Whether rows that belong together are held out together, or `random` where nothing keeps them so. */
  readonly kind?: 'random' | 'grouped' | 'column' | 'holdout';
}

/** Fold of a row that no fold holds out. */
export const NEVER_HELD_OUT = 0xffff;

const MAX_FOLDS = 1000;
/** Rows between all of which distances are taken. */
const MAX_SPREAD_ROWS = 20_000;
const HELD_OUT_SHARE = 0.25;

/**
 * Splits the selected rows of a table.
 * @param spec a number of folds; `column:NAME` to take each distinct value of a column as a fold (published folds);
 *   `one-group-out` to hold out each group by itself; `kennard-stone[:SHARE]` or `duplex[:SHARE]` to hold out one part (a quarter)
 *   chosen by the spectra
 * @param group with a number of folds or one-group-out: rows with the same value in this column stay in one fold
 * Errors are wrong usage: unknown column, fewer than two folds, fewer rows or groups than folds, `group` with what does not know groups.
 */
export function makeFolds(
  table: SpectraTable,
  rows: Uint32Array,
  options: { readonly spec: string; readonly group?: string; readonly seed: number },
): Folds {
  const { spec, group, seed } = options;
  if (spec === 'one-group-out') {
    if (group === undefined) throw usage('--folds one-group-out without --group', 'Name the column of the groups');
    return {
      ...columnFolds(table, rows, group),
      scheme: `one group of column ${group} held out at a time`,
      kind: 'grouped',
    };
  }
  const spread = /^(kennard-stone|duplex)(?::(0?\.\d+))?$/.exec(spec);
  if (group !== undefined && (spread || spec.startsWith('column:')))
    throw usage(`--group with --folds ${spread ? spread[1] : 'column:NAME'}`, 'Use one of the two');
  if (spread) return spreadHoldout(table, rows, spread[1], Number(spread[2] ?? HELD_OUT_SHARE));
  if (spec.startsWith('column:')) return columnFolds(table, rows, spec.slice('column:'.length));
  const k = Number(spec);
  if (!/^\d+$/.test(spec) || k < 2 || k > MAX_FOLDS)
    throw usage(
      `--folds ${spec}`,
      'Give a number from 2, column:NAME, one-group-out, kennard-stone[:SHARE] or duplex[:SHARE]',
    );
  return group === undefined ? randomFolds(rows.length, k, seed) : groupFolds(table, rows, k, group, seed);
}

/** Number of each selected row's group, in the order in which the groups first come. */
export function groupNumbers(table: SpectraTable, rows: Uint32Array, name: string): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(valuesOf(table, rows, name), (value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}

function spreadHoldout(table: SpectraTable, rows: Uint32Array, method: string, share: number): Folds {
  const n = rows.length;
  const count = Math.round(share * n);
  if (n > MAX_SPREAD_ROWS) throw usage(`${method} of ${n} rows`, `At most ${MAX_SPREAD_ROWS}; use random folds`);
  if (count < 2 || 2 * count > n)
    throw usage(`${method} holding out ${count} of ${n} rows`, 'Hold out 2 rows to a half');
  const bands = table.wavelengthsNm.length;
  const x = new Float32Array(n * bands);
  rows.forEach((row, i) => {
    x.set(table.reflectance.subarray(row * bands, (row + 1) * bands), i * bands);
  });
  const of = new Uint16Array(n).fill(method === 'duplex' ? NEVER_HELD_OUT : 0);
  if (method === 'duplex') for (const row of duplex(x, n, count)) of[row] = 0;
  else for (const row of kennardStone(x, n, n - count)) of[row] = NEVER_HELD_OUT;
  const name = method === 'duplex' ? 'DUPLEX' : 'Kennard–Stone';
  return {
    names: ['held out'],
    of,
    scheme: `${count} of ${n} rows held out by ${name} on the spectra`,
    kind: 'holdout',
  };
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
    kind: 'column',
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
  return { names: numbered(k), of, scheme: `${k} random folds, seed ${seed}`, kind: 'random' };
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
    kind: 'grouped',
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
