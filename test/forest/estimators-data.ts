/** Real soils for the tests of models: LimeSoDa's raw reflectance, or its derivatives, of one data set or of the rows that have all targets. */
import { readFileSync } from 'node:fs';
import { shippedPath } from '../../sdk/base/index.ts';
import type { TrainingRows } from '../../sdk/forest/index.ts';
import { catalogue, computeFeatures, parseSpectraTable, selectTargets } from '../../sdk/spectra/index.ts';

const table = parseSpectraTable(
  readFileSync(shippedPath('models', 'soil-spectra', 'limesoda_150bands.csv'), 'utf8'),
  'limesoda',
);

export interface Soils extends TrainingRows {
  /** Published fold of each row. */
  readonly fold: readonly number[];
}

/** Soils that have all targets, of one data set unless `all`; features by group, reflectance alone without them. */
export function soils(dataset: string, targets: readonly string[], groups: readonly string[] = ['arr']): Soils {
  const { rows, spectra, truth } = selectTargets(table, targets);
  const names = table.columns.get('dataset') ?? [];
  const folds = table.columns.get('fold') ?? [];
  const own = [...rows.keys()].filter((i) => dataset === 'all' || names[rows[i]] === dataset);
  const bands = table.wavelengthsNm.length;
  const features = catalogue(bands, groups);
  const all = computeFeatures(features, spectra, bands);
  const F = features.length;
  const T = targets.length;
  return {
    x: Float32Array.from(own.flatMap((i) => Array.from(all.subarray(i * F, (i + 1) * F)))),
    y: Float64Array.from(own.flatMap((i) => Array.from(truth.subarray(i * T, (i + 1) * T)))),
    n: own.length,
    features: F,
    targets: T,
    fold: own.map((i) => Number(folds[rows[i]])),
  };
}

/** Some rows of a table, in order. */
export function takeRows<R extends TrainingRows>(table: R, rows: readonly number[]): TrainingRows {
  const { features: F, targets: T } = table;
  return {
    x: Float32Array.from(rows.flatMap((row) => Array.from(table.x.subarray(row * F, (row + 1) * F)))),
    y: Float64Array.from(rows.flatMap((row) => Array.from(table.y.subarray(row * T, (row + 1) * T)))),
    n: rows.length,
    features: F,
    targets: T,
    ...(table.edge && { edge: Float64Array.from(rows, (row) => table.edge?.[row] ?? Number.NaN) }),
  };
}

/** Challenge score over the published folds: mean over folds of the mean over targets of MSE(model)/MSE(training mean). */
export function foldScore(
  table: Soils,
  estimate: (training: TrainingRows, held: TrainingRows) => Float64Array,
): number {
  const T = table.targets;
  const folds = [...new Set(table.fold)];
  let score = 0;
  for (const fold of folds) {
    const training = takeRows(
      table,
      [...table.fold.keys()].filter((row) => table.fold[row] !== fold),
    );
    const held = takeRows(
      table,
      [...table.fold.keys()].filter((row) => table.fold[row] === fold),
    );
    const predicted = estimate(training, held);
    for (let t = 0; t < T; t++) {
      let mean = 0;
      for (let i = 0; i < training.n; i++) mean += training.y[i * T + t] / training.n;
      let [model, constant] = [0, 0];
      for (let i = t; i < held.y.length; i += T) {
        model += (predicted[i] - held.y[i]) ** 2;
        constant += (mean - held.y[i]) ** 2;
      }
      score += model / constant / T / folds.length;
    }
  }
  return score;
}

/** Greatest |a − b| over the greatest |b|. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return difference / size;
}
