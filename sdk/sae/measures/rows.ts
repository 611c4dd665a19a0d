/** Checks of what measures are given, so that a wrong shape ends in one line instead of figures of nothing. */
import { NadirError } from '../../base/index.ts';

/** Number of rows of [rows, width] values; at least one. `where` names the values in errors. */
export function requireRows(values: ArrayLike<number>, width: number, where: string): number {
  const rows = values.length / width;
  if (Number.isInteger(rows) && rows > 0) return rows;
  throw new NadirError({
    what: `${values.length} values are no whole number of rows of ${width}`,
    where,
    remedy: 'Give at least one row, of the width that the model has',
  });
}

/** Throws where two things that belong together row by row have different numbers of rows. */
export function requireSame(found: number, expected: number, where: string): void {
  if (found === expected) return;
  throw new NadirError({
    what: `${found} rows where ${expected} belong`,
    where,
    remedy: 'Give codes, labels and embeddings of the same rows in the same order',
  });
}
