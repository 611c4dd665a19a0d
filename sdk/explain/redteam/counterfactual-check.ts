/** Check 15: how little a spectrum has to change, the way spectra change, for the estimate to move by one SD. */

import { quantile } from '../../base/index.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, nm, percent } from './check.ts';
import { lineFigure, short } from './figures.ts';
import { skipped, verdict } from './findings.ts';
import { featuresAt, linesOf, spectraOf } from './judging.ts';
import { leastSquares, type PrincipalComponents, principalComponents } from './linear.ts';

/** The change is made of this many principal components of the data: smooth, and what spectra do. */
const COMPONENTS = 8;
const ROWS = { quick: 8, full: 24 };
const PROBES = 64;
/** Lengths along a direction that are tried, in Mahalanobis units. */
const LENGTHS = Float64Array.from({ length: 48 }, (_, i) => 0.05 * 1.12 ** i);
/** Directions besides the one that the slopes give. */
const OTHER_DIRECTIONS = 24;
/** A change below the noise of a band at this ratio cannot be seen by the sensor. */
const NOISE_SNR = 200;

interface Counterfactual {
  readonly row: number;
  readonly target: number;
  /** Mahalanobis length. */
  readonly length: number;
  /** Change of the spectrum, [bands]. */
  readonly change: Float64Array;
  /** RMS of the change ÷ mean of the spectrum. */
  readonly relative: number;
}

export const counterfactual: Check = {
  id: 15,
  name: 'counterfactual',
  title: 'Counterfactual',
  how: `the least change within the covariance of the data (${COMPONENTS} principal components) that moves an estimate by one SD: by the slopes at the spectrum, which is exact for linear models, and by search along them and along chance directions for the others`,
  run(audit) {
    if (audit.features === 0) return skipped('the model reads no spectrum');
    const pca = principalComponents(audit.spectra, audit.bands, COMPONENTS);
    const rows = audit
      .random('counterfactual rows')
      .shuffle(audit.sample.slice())
      .subarray(0, audit.options.quick ? ROWS.quick : ROWS.full);
    const found = Array.from(rows)
      .flatMap((row) => audit.targets.map((_, t) => leastChange(audit, pca, row, t)))
      .filter((one) => one !== null);
    if (found.length === 0)
      return verdict({
        severity: 'passed',
        value: null,
        passLine: `no change below the noise of SNR ${NOISE_SNR} moves the estimate by 1 SD`,
        evidence: `no change of up to ${short(LENGTHS[LENGTHS.length - 1])} Mahalanobis units moves an estimate by one SD`,
      });
    const sorted = found.sort((a, b) => a.relative - b.relative);
    const value = quantile(
      sorted.map(({ relative }) => relative),
      0.5,
    );
    const below = sorted.filter(({ relative }) => relative < 1 / NOISE_SNR);
    const share = below.length / sorted.length;
    const severity = share > 0.5 ? 'major' : share > 0.1 ? 'medium' : share > 0 ? 'minor' : 'passed';
    const [least] = sorted;
    const band = least.change.reduce(
      (best, change, b) => (Math.abs(change) > Math.abs(least.change[best]) ? b : best),
      0,
    );
    return verdict({
      severity,
      value,
      passLine: `no change below the noise of SNR ${NOISE_SNR} (${percent(1 / NOISE_SNR)} of the reflectance) moves an estimate by 1 SD`,
      evidence: `median change that moves an estimate by 1 SD: ${percent(value)} of the reflectance (${short(
        quantile(
          sorted.map(({ length }) => length).sort((a, b) => a - b),
          0.5,
        ),
      )} Mahalanobis units); the least: ${percent(least.relative, 2)}, greatest at ${nm(audit, band)}, for ${audit.targets[least.target]}; ${below.length} of ${sorted.length} are below the noise`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'The estimate hangs on differences that the sensor cannot tell from noise: smooth, widen the features, or train with noise.',
      rows: severity === 'passed' ? [] : linesOf(audit, [...new Set(below.map(({ row }) => row))].slice(0, 10)),
      figure: lineFigure(
        'The least changes that move an estimate by one SD',
        { x: 'wavelength, nm', y: 'change of the spectrum' },
        sorted.slice(0, 4).map(({ row, target, change }) => ({
          label: `row ${linesOf(audit, [row])[0]}, ${audit.targets[target]}`,
          x: audit.wavelengthsNm,
          y: change,
        })),
      ),
      table: {
        columns: ['row', 'target', 'change, % of the reflectance', 'Mahalanobis length'],
        rows: sorted
          .slice(0, 12)
          .map(({ row, target, relative, length }) => [
            linesOf(audit, [row])[0],
            audit.targets[target],
            100 * relative,
            length,
          ]),
      },
    });
  },
};

/** The shortest change found that moves target t of a row by one SD, or null. */
function leastChange(audit: AuditCase, pca: PrincipalComponents, row: number, t: number): Counterfactual | null {
  const { bands: B } = audit;
  const K = pca.components;
  const random = audit.random(`counterfactual ${row}`);
  const own = spectraOf(audit, Uint32Array.of(row));
  const { edge } = audit.data;
  const estimates = (steps: readonly Float64Array[]) => {
    const spectra = new Float32Array(steps.length * B);
    steps.forEach((step, i) => {
      const change = changeOf(pca, step, B);
      for (let b = 0; b < B; b++) spectra[i * B + b] = own[b] + change[b];
    });
    const x = featuresAt(audit, new Uint32Array(steps.length).fill(row), spectra);
    const predicted = audit.soil.estimator.predict(
      x,
      steps.length,
      edge && new Float64Array(steps.length).fill(edge[row]),
    );
    return Float64Array.from(steps, (_, i) => predicted[i * audit.targets.length + t] / audit.targetSd[t]);
  };
  const probes = [
    new Float64Array(K),
    ...Array.from({ length: PROBES }, () => Float64Array.from({ length: K }, () => 0.5 * random.normal())),
  ];
  const probed = estimates(probes);
  const slopes = leastSquares(
    Array.from({ length: K }, (_, k) => Float64Array.from(probes, (probe) => probe[k])),
    probed,
  ).subarray(0, K);
  const directions = [
    unit(slopes),
    ...Array.from({ length: OTHER_DIRECTIONS }, () => unit(Float64Array.from({ length: K }, () => random.normal()))),
  ].flatMap((direction) => [direction, direction.map((part) => -part)]);
  let best: { readonly length: number; readonly direction: Float64Array } | null = null;
  let limit = Number.POSITIVE_INFINITY;
  for (const direction of directions) {
    const lengths = [...LENGTHS].filter((length) => length < limit);
    if (lengths.length === 0) break;
    const moved = estimates(lengths.map((length) => direction.map((part) => part * length)));
    const first = moved.findIndex((value) => Math.abs(value - probed[0]) >= 1);
    if (first < 0) continue;
    limit = lengths[first];
    best = { length: limit, direction };
  }
  if (best === null) return null;
  const { length, direction } = best;
  const change = changeOf(
    pca,
    direction.map((part) => part * length),
    B,
  );
  let square = 0;
  let level = 0;
  for (let b = 0; b < B; b++) {
    square += change[b] ** 2 / B;
    level += own[b] / B;
  }
  return { row, target: t, length, change, relative: Math.sqrt(square) / level };
}

/** The change of a spectrum for steps in standard deviations along the components, [bands]. */
function changeOf({ vectors, variances }: PrincipalComponents, step: Float64Array, B: number): Float64Array {
  const change = new Float64Array(B);
  for (let k = 0; k < step.length; k++) {
    const along = step[k] * Math.sqrt(variances[k]);
    for (let b = 0; b < B; b++) change[b] += along * vectors[k * B + b];
  }
  return change;
}

function unit(direction: Float64Array): Float64Array {
  const length = Math.sqrt(direction.reduce((sum, part) => sum + part * part, 0)) || 1;
  return direction.map((part) => part / length);
}
