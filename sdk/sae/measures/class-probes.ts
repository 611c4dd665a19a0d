/**
 * One balanced logistic regression a class against all others, on rows whose columns are brought to SD 1, so that the penalty asks the same of
 * every column. Read on rows as they are: the SDs are folded into the weights.
 */
import { columnDeviations } from './columns.ts';
import { likeliest, type Probe, type ProbeOptions, probeLogits, trainProbe } from './linear-probe.ts';

/** Rows of one class against the rest. */
export interface Accuracy {
  readonly accuracy: number;
  /** Mean of the shares of the class and of the rest that are told rightly: 0.5 for a coin. */
  readonly balancedAccuracy: number;
  /** Harmonic mean of precision and recall of the class; 0 where the class is never told rightly. */
  readonly f1: number;
}

/** A probe that tells rows with `own` 1 from those with 0; classes 1 and 0 of the probe. */
export function trainClassProbe(
  rows: Float32Array,
  d: number,
  own: ArrayLike<number>,
  options: Partial<ProbeOptions> = {},
): Probe {
  const deviations = columnDeviations(rows, d);
  const perUnit = deviations.map((deviation) => (deviation > 0 ? 1 / deviation : 0));
  const scaled = rows.map((value, i) => value * perUnit[i % d]);
  const probe = trainProbe(scaled, d, own, 2, { ...options, balanced: true });
  return { ...probe, weights: probe.weights.map((weight, i) => weight * perUnit[i % d]) };
}

/** How rightly a probe tells rows [rows, d] with `own` 1 from those with 0. A side without rows has no part in the balanced accuracy. */
export function readClassProbe(probe: Probe, rows: Float32Array, own: ArrayLike<number>): Accuracy {
  const told = likeliest(probeLogits(probe, rows), 2);
  const right = [0, 0];
  const counts = [0, 0];
  for (let row = 0; row < told.length; row++) {
    counts[own[row]]++;
    if (told[row] === own[row]) right[own[row]]++;
  }
  const sides = [0, 1].filter((side) => counts[side] > 0);
  const wrong = told.length - right[0] - right[1];
  return {
    accuracy: (right[0] + right[1]) / told.length,
    balancedAccuracy: sides.reduce((sum, side) => sum + right[side] / counts[side], 0) / sides.length,
    f1: right[1] > 0 ? (2 * right[1]) / (2 * right[1] + wrong) : 0,
  };
}
