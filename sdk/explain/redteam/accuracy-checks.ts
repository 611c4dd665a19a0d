/** Checks 7 and 9: narrow range and tails, and the slices of the data on which the model does worst. */
import { quantile } from '../../base/index.ts';
import { column, mean, standardDeviation } from '../../spectra/index.ts';
import { conformalHalfWidth } from '../conformal.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, percent } from './check.ts';
import { barFigure, short } from './figures.ts';
import { gradeAbove, skipped, verdict, worse } from './findings.ts';
import { linesOf, scoreOf } from './judging.ts';

const COVERAGE = 0.9;
const DECILES = 10;

export const narrowRange: Check = {
  id: 7,
  name: 'narrow-range',
  title: 'Narrow range and tails',
  how: 'SD(estimate) ÷ SD(truth), slope of estimate on truth, MSE of the outer deciles ÷ MSE, and the coverage by decile of the 90 % conformal interval, each row judged by the errors of other folds',
  run(audit) {
    if (audit.judged.length < 2 * DECILES) return skipped(`${audit.judged.length} rows make no ${DECILES} deciles`);
    const figures = audit.targets.map((name, t) => ({ name, ...rangeFigures(audit, t) }));
    const narrowest = figures.reduce((a, b) => (b.ratio < a.ratio ? b : a));
    const leastCovered = figures.reduce((a, b) => (Math.min(...b.coverage) < Math.min(...a.coverage) ? b : a));
    const covered = Math.min(...leastCovered.coverage);
    const severity = worse(
      gradeAbove(-narrowest.ratio, { medium: -0.5, minor: -0.7 }),
      gradeAbove(-covered, { medium: -0.4, minor: -0.65 }),
    );
    const decile = leastCovered.coverage.indexOf(covered);
    return verdict({
      severity,
      value: narrowest.ratio,
      passLine: 'SD ratio at least 0.7 on every target, and the interval covers at least 65 % of every decile',
      evidence: `SD(estimate)/SD(truth) ${figures.map(({ name, ratio }) => `${short(ratio)} (${name})`).join(', ')}; the 90 % interval of ${leastCovered.name} covers ${percent(covered, 0)} of decile ${decile + 1} of ${DECILES}`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Do not read the extremes of a map as they are: widen the interval there, add samples from the tails, or calibrate the slope on held-out rows.',
      rows: severity === 'passed' ? [] : linesOf(audit, leastCovered.worst),
      figure: barFigure(
        `Coverage of the 90 % interval by decile of ${leastCovered.name}`,
        leastCovered.coverage.map((value, i) => ({ label: `decile ${i + 1}`, value })),
        { at: COVERAGE, words: 'asked for' },
      ),
      table: {
        columns: ['target', 'SD ratio', 'slope', 'tail MSE ÷ MSE', 'coverage', 'least decile'],
        rows: figures.map(({ name, ratio, slope, tail, all, coverage }) => [
          name,
          ratio,
          slope,
          tail,
          all,
          Math.min(...coverage),
        ]),
      },
    });
  },
};

function rangeFigures(audit: AuditCase, t: number) {
  const T = audit.targets.length;
  const rows = audit.judged;
  const truth = Float64Array.from(rows, (row) => audit.truth[row * T + t]);
  const estimate = Float64Array.from(rows, (row) => audit.prediction[row * T + t]);
  const errors = estimate.map((value, i) => value - truth[i]);
  const centre = mean(truth);
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < rows.length; i++) {
    covariance += (truth[i] - centre) * estimate[i];
    variance += (truth[i] - centre) ** 2;
  }
  const order = Uint32Array.from(truth.keys()).sort((a, b) => truth[a] - truth[b] || a - b);
  const decileOf = new Uint8Array(rows.length);
  order.forEach((i, place) => {
    decileOf[i] = Math.floor((place * DECILES) / rows.length);
  });
  // with one judge the two halves of the rows stand in for folds
  const part = Array.from(rows, (row, i) => (audit.judges.length > 1 ? audit.folds.of[row] : i % 2));
  const widths = new Map(
    [...new Set(part)].map((own) => [
      own,
      conformalHalfWidth(
        errors.filter((_, i) => part[i] !== own),
        COVERAGE,
      ),
    ]),
  );
  const isCovered = errors.map((error, i) => (Math.abs(error) <= (widths.get(part[i]) ?? 0) ? 1 : 0));
  const mse = mean(errors.map((error) => error * error));
  const tail = mean(
    errors.map((error) => error * error).filter((_, i) => decileOf[i] === 0 || decileOf[i] === DECILES - 1),
  );
  const coverage = Array.from({ length: DECILES }, (_, d) => mean(isCovered.filter((__, i) => decileOf[i] === d)));
  const worst = Uint32Array.from(errors.keys())
    .sort((a, b) => Math.abs(errors[b]) - Math.abs(errors[a]))
    .subarray(0, 10)
    .map((i) => rows[i]);
  return {
    ratio: standardDeviation(estimate) / standardDeviation(truth),
    slope: covariance / variance,
    tail: tail / mse,
    all: mean(isCovered),
    coverage,
    worst,
  };
}

interface Slice {
  readonly name: string;
  readonly rows: readonly number[];
}

/** Fewest rows of a slice that is graded. */
const FEWEST = 10;
const PATCH_SIZE = /^(mean_?)?(edge|size|patch_?size|field_?size)(_?px)?$/i;
const MASK_SHARE = /^mask(ed)?(_?share|_?fraction)?$/i;
const SMALL_EDGE = 11;
const MOST_LISTED = 100;

export const slices: Check = {
  id: 9,
  name: 'slices',
  title: 'Slices',
  how: "MSE over each slice ÷ MSE over all, averaged over the targets in their own units' squares: size, mask share, brightness, NDVI, deciles of each target, groups",
  run(audit) {
    const T = audit.targets.length;
    const all = mseOf(audit, audit.judged);
    const judged = slicesOf(audit)
      .filter(({ rows }) => rows.length >= FEWEST)
      .map((slice) => ({
        ...slice,
        ratio: mean(mseOf(audit, slice.rows).map((mse, t) => mse / all[t])),
        score: scoreOf(audit, audit.prediction, slice.rows),
      }))
      .sort((a, b) => b.ratio - a.ratio);
    if (judged.length === 0) return skipped(`no slice of the data has ${FEWEST} rows`);
    const [worst] = judged;
    const severity = gradeAbove(worst.ratio, { medium: 4, minor: 2.5 });
    const byError = [...worst.rows].sort((a, b) => errorOf(audit, b, T) - errorOf(audit, a, T));
    return verdict({
      severity,
      value: worst.ratio,
      passLine: 'no slice of 10 rows or more has over 2.5 times the mean squared error of all',
      evidence: `worst slice: ${worst.name}, ${worst.rows.length} rows, ${short(worst.ratio)} times the mean squared error of all`,
      suggestion:
        severity === 'passed'
          ? ''
          : `Collect more samples like ${worst.name}, or flag such samples on board rather than estimate them.`,
      rows: severity === 'passed' ? [] : linesOf(audit, byError.slice(0, 10)),
      figure: barFigure(
        'MSE of the slice ÷ MSE of all',
        judged.slice(0, 16).map(({ name, ratio, rows }) => ({ label: name, value: ratio, note: `(n ${rows.length})` })),
        { at: 1, words: 'all' },
      ),
      table: {
        columns: ['slice', 'n', 'MSE ratio', 'score'],
        rows: judged.slice(0, MOST_LISTED).map(({ name, rows, ratio, score }) => [name, rows.length, ratio, score]),
      },
    });
  },
};

function errorOf(audit: AuditCase, row: number, T: number): number {
  let sum = 0;
  for (let t = 0; t < T; t++)
    sum += ((audit.prediction[row * T + t] - audit.truth[row * T + t]) / audit.targetSd[t]) ** 2;
  return sum;
}

function mseOf(audit: AuditCase, rows: ArrayLike<number>): Float64Array {
  const T = audit.targets.length;
  return Float64Array.from({ length: T }, (_, t) =>
    mean(Float64Array.from(rows, (row) => (audit.prediction[row * T + t] - audit.truth[row * T + t]) ** 2)),
  );
}

function slicesOf(audit: AuditCase): Slice[] {
  const { bands: B, spectra, wavelengthsNm } = audit;
  const rows = [...audit.judged];
  const brightness = (row: number) => mean(spectra.subarray(row * B, (row + 1) * B));
  const nearest = (nm: number) =>
    wavelengthsNm.reduce((best, at, b) => (Math.abs(at - nm) < Math.abs(wavelengthsNm[best] - nm) ? b : best), 0);
  const [red, infrared] = [nearest(670), nearest(800)];
  const ndvi = (row: number) => {
    const [r, i] = [spectra[row * B + red], spectra[row * B + infrared]];
    return (i - r) / (i + r);
  };
  const hasBoth = Math.abs(wavelengthsNm[red] - 670) < 20 && Math.abs(wavelengthsNm[infrared] - 800) < 20;
  const slices = [...quarters('brightness', rows, brightness)];
  if (hasBoth) slices.push(...quarters('NDVI', rows, ndvi));
  audit.targets.forEach((name, t) => {
    const values = column(audit.truth, t, audit.targets.length);
    slices.push(...parts(`${name} decile`, rows, (row) => values[row], DECILES));
  });
  for (const [name, cells] of audit.table.columns) {
    const value = (row: number) => Number(cells[audit.rows[row]]);
    if (PATCH_SIZE.test(name))
      slices.push(
        { name: `${name} ≤ ${SMALL_EDGE} px`, rows: rows.filter((row) => value(row) <= SMALL_EDGE) },
        { name: `${name} > ${SMALL_EDGE} px`, rows: rows.filter((row) => value(row) > SMALL_EDGE) },
      );
    if (MASK_SHARE.test(name)) slices.push(...quarters(name, rows, value));
  }
  const { groups } = audit;
  groups?.names.forEach((name, group) => {
    slices.push({ name: `${groups.column} ${name}`, rows: rows.filter((row) => groups.of[row] === group) });
  });
  return slices;
}

function quarters(name: string, rows: readonly number[], value: (row: number) => number): Slice[] {
  return parts(`${name} quarter`, rows, value, 4);
}

function parts(name: string, rows: readonly number[], value: (row: number) => number, count: number): Slice[] {
  const sorted = Float64Array.from(rows, value).sort();
  const limits = Array.from({ length: count + 1 }, (_, i) => quantile(sorted, i / count));
  return Array.from({ length: count }, (_, i) => ({
    name: `${name} ${i + 1} of ${count}`,
    rows: rows.filter((row) => value(row) >= limits[i] && (i === count - 1 || value(row) < limits[i + 1])),
  }));
}
