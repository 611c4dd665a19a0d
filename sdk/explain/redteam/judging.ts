/** How the judges' estimates are asked for and scored, and how refits in folds are put together. */
import { type Folds, footprintOf, type SpectralInput, spectralInput } from '../../spectra/index.ts';
import { placeRows } from '../row-arrays.ts';
import type { AuditCase } from './audit-case.ts';
import { type RefitJob, type RefitResult, type Rows, rowsOf } from './refit.ts';

/**
 * Mean over the targets of MSE ÷ MSE of the training-mean predictor, both pooled over the given rows: 1 is no better than the mean. The
 * challenge score, but for folds being pooled, so that it exists for any set of rows.
 */
export function scoreOf(
  audit: Pick<AuditCase, 'truth' | 'baseline' | 'targets'>,
  prediction: Float64Array,
  rows: ArrayLike<number>,
): number {
  const T = audit.targets.length;
  let sum = 0;
  for (let t = 0; t < T; t++) {
    let own = 0;
    let mean = 0;
    for (let i = 0; i < rows.length; i++) {
      const at = rows[i] * T + t;
      own += (prediction[at] - audit.truth[at]) ** 2;
      mean += (audit.baseline[at] - audit.truth[at]) ** 2;
    }
    sum += own / mean;
  }
  return sum / T;
}

/** What the judges estimate where the spectra are these instead, at the case's rows `rows`: [n, targets], NaN elsewhere. */
export function judge(audit: AuditCase, rows: Uint32Array, spectra: Float32Array): Float64Array {
  const T = audit.targets.length;
  const F = audit.features;
  const x = featuresAt(audit, rows, spectra);
  const { edge } = audit.data;
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  const prediction = new Float64Array(audit.n * T).fill(Number.NaN);
  for (const { rows: may, estimator } of audit.judges) {
    const own = may.filter((row) => place.has(row));
    if (own.length === 0) continue;
    const values = new Float32Array(own.length * F);
    own.forEach((row, i) => {
      const at = (place.get(row) ?? 0) * F;
      values.set(x.subarray(at, at + F), i * F);
    });
    const estimates = estimator.predict(values, own.length, edge && Float64Array.from(own, (row) => edge[row]));
    own.forEach((row, i) => {
      prediction.set(estimates.subarray(i * T, (i + 1) * T), row * T);
    });
  }
  return prediction;
}

/** The model's features of rows of the case whose mean spectra are these instead, [rows, features]. */
export function featuresAt(audit: AuditCase, rows: Uint32Array, spectra: Float32Array): Float32Array {
  return audit.soil.features(inputOf(audit, rows, spectra));
}

/** Singular values of pixels scale with their band's mean. */
function inputOf(audit: AuditCase, rows: Uint32Array, spectra: Float32Array): SpectralInput {
  const { bands: B } = audit;
  const { sigma } = spectralInput(
    audit.table,
    rows.map((row) => audit.rows[row]),
  );
  if (sigma === undefined) return { mean: spectra };
  const scaled = sigma.map((value, i) => {
    const row = Math.floor(i / (5 * B));
    const before = audit.spectra[rows[row] * B + (i % B)];
    return before === 0 ? value : (value * spectra[row * B + (i % B)]) / before;
  });
  return { mean: spectra, sigma: scaled };
}

/** Mean spectra of some rows, [rows, bands]. */
export function spectraOf({ spectra, bands }: Pick<AuditCase, 'spectra' | 'bands'>, rows: Uint32Array): Float32Array {
  const result = new Float32Array(rows.length * bands);
  rows.forEach((row, i) => {
    result.set(spectra.subarray(row * bands, (row + 1) * bands), i * bands);
  });
  return result;
}

/** Lines of the table on which rows of the case start: what evidence names. */
export function linesOf(audit: Pick<AuditCase, 'table' | 'rows'>, rows: Iterable<number>): number[] {
  return Array.from(rows, (row) => audit.table.rowNumbers[audit.rows[row]]);
}

/** Columns of the data that hold the model's features. */
export function ownColumns(features: number): Uint32Array {
  return Uint32Array.from({ length: features }, (_, f) => f);
}

/** Column of the data that holds the reflectance of a band. */
export function bandColumn(audit: Pick<AuditCase, 'features'>, band: number): number {
  return audit.features + band;
}

/** All rows of the case. */
export function allRows({ n }: Pick<AuditCase, 'n'>): Uint32Array {
  return Uint32Array.from({ length: n }, (_, row) => row);
}

/** Bands that the model needs, increasing. */
export function bandsOfModel({ soil }: AuditCase): number[] {
  return [...new Set(soil.model.features.flatMap((feature) => [...footprintOf(feature)]))].sort((a, b) => a - b);
}

/** Jobs of a cross-validation on these columns in these folds. */
export function crossJobs(
  audit: AuditCase,
  folds: Pick<Folds, 'names' | 'of'>,
  columns: Uint32Array,
  use: string,
): RefitJob[] {
  const rows = allRows(audit);
  return folds.names.map((_, fold) => ({
    rows: rows.filter((row) => folds.of[row] !== fold),
    predict: rows.filter((row) => folds.of[row] === fold),
    columns,
    seed: audit.random(`${use} ${fold}`).uint32(),
    rank: [],
  }));
}

/** Out-of-fold estimates of finished jobs, [n, targets]. */
export function assemble(audit: AuditCase, jobs: readonly RefitJob[], results: readonly RefitResult[]): Float64Array {
  const parts = jobs.map(({ predict }, job) => ({ rows: predict, values: results[job].prediction }));
  return placeRows(audit.n, audit.targets.length, parts, Number.NaN);
}

/** Score of out-of-fold estimates against the training means of the same folds. */
export function foldScore(audit: AuditCase, prediction: Float64Array, folds: Pick<Folds, 'of' | 'names'>): number {
  const baseline = baselineOf(audit.truth, audit.targets.length, folds, null);
  const rows = allRows(audit).filter((row) => !Number.isNaN(prediction[row * audit.targets.length]));
  return scoreOf({ truth: audit.truth, baseline, targets: audit.targets }, prediction, rows);
}

/** Training means of the audit's folds, [n, targets]: what refits in them are held against. */
export function baselineRows(audit: AuditCase): Float64Array {
  return baselineOf(audit.truth, audit.targets.length, audit.folds, null);
}

/** Means of the rows outside each row's fold, or the given means everywhere, [n, targets]. */
export function baselineOf(
  truth: Float64Array,
  T: number,
  folds: Pick<Folds, 'of' | 'names'>,
  means: readonly number[] | null,
): Float64Array {
  if (means !== null) return truth.map((_, i) => means[i % T]);
  const n = truth.length / T;
  const byFold = folds.names.map((_, fold) => {
    const sums = new Float64Array(T);
    let count = 0;
    for (let row = 0; row < n; row++) {
      if (folds.of[row] === fold) continue;
      count++;
      for (let t = 0; t < T; t++) sums[t] += truth[row * T + t];
    }
    return sums.map((sum) => sum / count);
  });
  return truth.map((_, i) => byFold[folds.of[Math.floor(i / T)]]?.[i % T] ?? Number.NaN);
}

/** [rows, width] of an array [n, width]. */
export function valuesOf(values: Float64Array, rows: Uint32Array, width: number): Float64Array {
  const result = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    result.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return result;
}

/** The model's own features of rows of the case. */
export function ownRows(audit: Pick<AuditCase, 'data' | 'features'>, rows: Uint32Array): Rows {
  return rowsOf(audit.data, rows, ownColumns(audit.features));
}
