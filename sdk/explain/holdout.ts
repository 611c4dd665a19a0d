/** Rows that go with a model, for whoever checks that another engine computes the same. */
import {
  type Folds,
  onBands,
  readSpectra,
  type SpectraTable,
  selectTargets,
  spectralInput,
  type TargetSelection,
} from '../spectra/index.ts';

/** Rows that a model carries along. */
export interface Holdout {
  /** [n, bands] */
  readonly spectra: Float32Array;
  /** [n, targets] */
  readonly truth: Float64Array;
  readonly n: number;
  /** Of patches: singular values [n, 5, bands] and mean edges [n]. */
  readonly sigma?: Float64Array;
  readonly edge?: Float64Array;
  /** What these rows are to the model. */
  readonly note: string;
}

/** Rows that go with a model, at most. */
const HOLDOUT_ROWS = 64;

/** The first rows of another table, which no training sees. */
export async function readHoldout(path: string, targets: readonly string[], trained: SpectraTable): Promise<Holdout> {
  const { skipped: _, ...whole } = await readSpectra(path, { pixels: trained.sigma !== undefined });
  const table = onBands(whole, trained.wavelengthsNm, path);
  const selection = selectTargets(table, targets);
  const rows = Array.from({ length: Math.min(HOLDOUT_ROWS, selection.rows.length) }, (_, row) => row);
  return takeHoldout(table, selection, rows, `rows of ${table.name}, which no training saw`);
}

/** The first rows of the last fold. */
export function holdoutOfLastFold(table: SpectraTable, selection: TargetSelection, folds: Folds): Holdout {
  const last = folds.names.length - 1;
  const rows = [...folds.of.keys()].filter((row) => folds.of[row] === last).slice(0, HOLDOUT_ROWS);
  const note = `rows of fold ${folds.names[last]}. The model was trained on all rows, these among them: they show that another engine computes the same, not how good the model is; the score was measured in the folds`;
  return takeHoldout(table, selection, rows, note);
}

function takeHoldout(table: SpectraTable, selection: TargetSelection, rows: readonly number[], note: string): Holdout {
  const T = selection.targets.length;
  const tableRows = Uint32Array.from(rows, (row) => selection.rows[row]);
  const { mean, sigma } = spectralInput(table, tableRows);
  const truth = new Float64Array(rows.length * T);
  rows.forEach((row, i) => {
    truth.set(selection.truth.subarray(row * T, (row + 1) * T), i * T);
  });
  return {
    spectra: Float32Array.from(mean),
    truth,
    n: rows.length,
    ...(sigma && { sigma }),
    ...edgesOf(table, tableRows),
    note,
  };
}

/** Mean edge of each row's patch, where the table has a column of that name with a number everywhere. */
export function edgesOf(table: SpectraTable, rows: Uint32Array): { edge?: Float64Array } {
  const column = table.columns.get('edge');
  if (column === undefined || rows.some((row) => !(Number(column[row]) > 0))) return {};
  return { edge: Float64Array.from(rows, (row) => Number(column[row])) };
}
