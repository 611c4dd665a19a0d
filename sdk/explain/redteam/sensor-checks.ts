/** Checks 6, 12 and 14: what noise, a worn sensor, another light and the atmosphere do to the estimates. */
import { Random } from '../../base/index.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, nm, percent } from './check.ts';
import * as faults from './faults.ts';
import { barFigure, lineFigure, short } from './figures.ts';
import { gradeAbove, type Verdict, verdict } from './findings.ts';
import { bandsOfModel, featuresAt, judge, linesOf, scoreOf, spectraOf } from './judging.ts';
import { explainAt } from './model-shap.ts';
import { rankedRows } from './rows.ts';

interface Trial {
  readonly name: string;
  readonly fault: faults.Fault;
}

interface Outcome extends Trial {
  /** Score on the sample, and its relative change. */
  readonly score: number;
  readonly loss: number;
  readonly prediction: Float64Array;
}

function runTrials(audit: AuditCase, trials: readonly Trial[]): Outcome[] {
  const before = { values: spectraOf(audit, audit.sample), wavelengthsNm: audit.wavelengthsNm };
  return trials.map((trial) => {
    const after = trial.fault(before, Random.of(audit.options.seed, trial.name));
    const prediction = judge(audit, audit.sample, after);
    const score = scoreOf(audit, prediction, audit.sample);
    return { ...trial, score, loss: score / audit.sampleScore - 1, prediction };
  });
}

const SNRS = [50, 100, 200, 500, 1000];
/** The signal-to-noise ratio that is graded: what a mean over a field of a hyperspectral small satellite reaches. */
const GRADED_SNR = 200;

export const inputStability: Check = {
  id: 6,
  name: 'input-stability',
  title: 'Input stability',
  how: "white noise at the sensor's signal-to-noise ratio on the spectra, not on the features: score, SD of the estimate, and the largest relative change of a row's SHAP values",
  run(audit) {
    const outcomes = runTrials(
      audit,
      SNRS.map((snr) => ({ name: `SNR ${snr}`, fault: faults.noise(snr) })),
    );
    const T = audit.targets.length;
    const figures = outcomes.map((outcome, i) => {
      const moved = outcome.prediction.map((value, at) => (value - audit.prediction[at]) / audit.targetSd[at % T]);
      const known = moved.filter((value) => !Number.isNaN(value));
      return {
        snr: SNRS[i],
        ...outcome,
        sd: Math.sqrt(known.reduce((sum, value) => sum + value * value, 0) / known.length),
        sensitivity: shapSensitivity(audit, SNRS[i]),
      };
    });
    const graded = figures[SNRS.indexOf(GRADED_SNR)];
    const severity = gradeAbove(graded.loss, { major: 1, medium: 0.25, minor: 0.1 });
    return verdict({
      severity,
      value: graded.loss,
      passLine: `at SNR ${GRADED_SNR} the score rises by at most 10 %`,
      evidence: `score ${figures.map(({ snr, loss }) => `${loss >= 0 ? '+' : ''}${percent(loss, 0)} at SNR ${snr}`).join(', ')}; at SNR ${GRADED_SNR} the estimates move by ${short(graded.sd)} SD`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Smooth before the derivative (Savitzky–Golay features instead of d2 and d3), or train on spectra with the noise of the sensor.',
      rows: severity === 'passed' ? [] : linesOf(audit, rankedRows(audit, graded.prediction, 10)),
      figure: lineFigure(
        'What sensor noise does to the score',
        { x: 'signal-to-noise ratio of a band', y: 'score', logX: true },
        [
          { label: 'with noise', x: SNRS, y: figures.map(({ score }) => score) },
          { label: 'without', x: SNRS, y: SNRS.map(() => audit.sampleScore) },
        ],
      ),
      table: {
        columns: ['SNR', 'score', 'change, %', 'SD of the estimate, SD', 'max relative change of SHAP'],
        rows: figures.map(({ snr, score, loss, sd, sensitivity }) => [snr, score, 100 * loss, sd, sensitivity]),
      },
    });
  },
};

const SENSITIVITY_ROWS = 40;

/** Largest ‖SHAP(x + noise) − SHAP(x)‖/‖SHAP(x)‖ over some rows; NaN without exact SHAP values. */
function shapSensitivity(audit: AuditCase, snr: number): number {
  const rows = audit.sample.subarray(0, SENSITIVITY_ROWS);
  const values = spectraOf(audit, rows);
  const noisy = faults.noise(snr)({ values, wavelengthsNm: audit.wavelengthsNm }, audit.random(`sensitivity ${snr}`));
  const explain = (mean: Float32Array) =>
    explainAt(audit, { x: featuresAt(audit, rows, mean), n: rows.length, features: audit.features })?.values;
  const [a, b] = [explain(values), explain(noisy)];
  if (a === undefined || b === undefined) return Number.NaN;
  const width = a.length / rows.length;
  let worst = 0;
  for (let row = 0; row < rows.length; row++) {
    let change = 0;
    let size = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const sd = audit.targetSd[i % audit.targets.length];
      change += ((b[i] - a[i]) / sd) ** 2;
      size += (a[i] / sd) ** 2;
    }
    if (size > 0) worst = Math.max(worst, Math.sqrt(change / size));
  }
  return worst;
}

export const sensorFaults: Check = {
  id: 12,
  name: 'sensor-faults',
  title: 'Sensor faults',
  how: 'each band that the model reads dead, stuck and hot; dropouts, drifts, smile, spectral shift, band width, stripes, bits, saturation, on rows that the judge has not seen',
  run(audit) {
    const spectra = { values: spectraOf(audit, audit.sample), wavelengthsNm: audit.wavelengthsNm };
    const read = bandsOfModel(audit);
    const bandTrials = spread(read, audit.options.quick ? 24 : 150).flatMap((band) => {
      const levels = faults.fixedLevels(spectra, band);
      return (['dead', 'stuck', 'hot'] as const).map((kind) => ({
        name: `${nm(audit, band)} ${kind}`,
        band,
        kind,
        fault: faults.fixBand(band, levels[kind]),
      }));
    });
    const byBand = runTrials(audit, bandTrials).map((outcome, i) => ({ ...outcome, ...bandTrials[i] }));
    const whole = runTrials(audit, GENERAL);
    const all: Outcome[] = [...byBand, ...whole].sort((a, b) => b.loss - a.loss);
    const [worst] = all;
    const worstBand = byBand.reduce((a, b) => (b.loss > a.loss ? b : a), byBand[0]);
    const value = worst.loss;
    const useless = all.filter(({ score }) => score >= 1);
    const severity = worstBand && worstBand.score >= 1 ? 'medium' : value > 0.1 ? 'minor' : 'passed';
    return verdict({
      severity,
      value,
      passLine: 'no single fault raises the score by more than 10 %',
      evidence: `worst fault: ${worst.name}, score ${short(audit.sampleScore)} → ${short(worst.score)}; worst band ${worstBand ? `${worstBand.name} → ${short(worstBand.score)}` : 'none'}; ${useless.length} of ${all.length} faults leave the model no better than the mean`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Monitor in flight what stands first in this list; fill a dead band from its neighbours before the features are computed, and flag the estimates.',
      rows: severity === 'passed' ? [] : linesOf(audit, rankedRows(audit, worst.prediction, 10)),
      figure: barFigure(
        'Score after the fault, worst first',
        all.slice(0, 18).map(({ name, score }) => ({ label: name, value: score })),
        { at: 1, words: 'mean predictor' },
      ),
      table: {
        columns: ['fault', 'score', 'change, %'],
        rows: all.slice(0, 60).map(({ name, score, loss }) => [name, score, 100 * loss]),
      },
    });
  },
};

const GENERAL: readonly Trial[] = [
  ...[0.01, 0.05].map((share) => ({ name: `dropouts ${percent(share, 0)}`, fault: faults.dropouts(share) })),
  ...[0.02, 0.05].map((size) => ({ name: `gain tilt ±${percent(size, 0)}`, fault: faults.gainTilt(size) })),
  ...[0.01, 0.05].map((share) => ({ name: `dark level +${percent(share, 0)}`, fault: faults.offset(share) })),
  { name: 'smile ±½ band', fault: faults.smile(0.5) },
  ...[0.5, 1, 2, 3].flatMap((size) =>
    [size, -size].map((by) => ({ name: `shift ${by > 0 ? '+' : '−'}${size} nm`, fault: faults.shift(by) })),
  ),
  ...[0.5, 1.5, 2].map((factor) => ({ name: `band width × ${factor}`, fault: faults.width(factor) })),
  ...[0.005, 0.02].map((size) => ({ name: `stripes ${percent(size)}`, fault: faults.stripes(size) })),
  ...[12, 10, 8].map((bits) => ({ name: `${bits} bits`, fault: faults.quantise(bits) })),
  ...[0.9, 0.75].map((share) => ({ name: `saturation of ${percent(1 - share, 0)}`, fault: faults.saturate(share) })),
];

/** At most `most` of the items, evenly spread. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}

export const illumination: Check = {
  id: 14,
  name: 'illumination',
  title: 'Illumination and atmosphere',
  how: 'all bands × 0.8 … 1.2, path radiance as λ⁻⁴, water vapour that the correction left in or took out too much',
  run(audit): Verdict {
    const outcomes = runTrials(audit, LIGHT);
    const worst = outcomes.reduce((a, b) => (b.loss > a.loss ? b : a));
    const severity = gradeAbove(worst.loss, { major: 2, medium: 0.5, minor: 0.15 });
    return verdict({
      severity,
      value: worst.loss,
      passLine: 'no light or air of these raises the score by more than 15 %',
      evidence: `worst: ${worst.name}, score ${short(audit.sampleScore)} → ${short(worst.score)} (${worst.loss >= 0 ? '+' : ''}${percent(worst.loss, 0)})`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Features that do not see a common gain (SNV, derivatives of log10(1/R), continuum removal) stand another light; leave out bands in water vapour.',
      rows: severity === 'passed' ? [] : linesOf(audit, rankedRows(audit, worst.prediction, 10)),
      figure: barFigure(
        'Score under another light and air',
        outcomes.map(({ name, score }) => ({ label: name, value: score })),
        { at: audit.sampleScore, words: 'as measured' },
      ),
      table: {
        columns: ['light or air', 'score', 'change, %'],
        rows: outcomes.map(({ name, score, loss }) => [name, score, 100 * loss]),
      },
    });
  },
};

const LIGHT: readonly Trial[] = [
  ...[0.8, 0.9, 1.1, 1.2].map((factor) => ({ name: `all bands × ${factor}`, fault: faults.gain(factor) })),
  ...[0.01, 0.03, 0.1].map((share) => ({
    name: `path radiance ${percent(share, 0)}`,
    fault: faults.pathRadiance(share),
  })),
  ...[-0.05, 0.05, 0.2].map((depth) => ({
    name: `water vapour ${percent(depth, 0)}`,
    fault: faults.waterVapour(depth),
  })),
];
