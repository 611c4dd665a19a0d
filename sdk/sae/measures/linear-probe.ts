/**
 * A linear probe: multinomial logistic regression with an L2 penalty, the objective of scikit-learn's LogisticRegression,
 *   C·Σ_i w_i·(−log p(y_i | x_i)) + ½‖W‖², p = softmax(W·x + b), b without penalty,
 * and of two classes its binomial form (one vector w, ½‖w‖²), which is the same softmax at C/2. Solved by L-BFGS from zero: deterministic.
 */
import { NadirError } from '../../base/index.ts';
import { columnMeans } from './columns.ts';
import { minimise } from './lbfgs.ts';
import { requireRows, requireSame } from './rows.ts';
import { softmax } from './softmax.ts';

export interface Probe {
  readonly d: number;
  readonly classes: number;
  /** [classes, d]; of two classes the rows are w₀ = −w₁, and scikit-learn's coef_ is w₁ − w₀. */
  readonly weights: Float64Array;
  /** [classes]. */
  readonly bias: Float64Array;
  /** False where the solver stopped before its tolerance. */
  readonly converged: boolean;
  readonly iterations: number;
}

export interface ProbeOptions {
  /** Inverse strength of the penalty. */
  readonly c: number;
  /** Classes weigh alike, whatever their numbers of rows: w_i = rows / (classes · rows of the class), class_weight='balanced'. */
  readonly balanced: boolean;
  /** The mean loss' gradient must fall to this. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

const PROBE_DEFAULTS: ProbeOptions = { c: 1, balanced: false, tolerance: 1e-6, maxIterations: 1000 };

/** For a probe's decisions, where its weights' last digits do not matter. */
export const FOR_DECISIONS = { tolerance: 1e-4, maxIterations: 300 } as const satisfies Partial<ProbeOptions>;

/** Trains on rows [rows, d] with labels 0 … classes − 1, each of which must occur. */
export function trainProbe(
  rows: Float32Array,
  d: number,
  labels: ArrayLike<number>,
  classes: number,
  options: Partial<ProbeOptions> = {},
): Probe {
  const { c, balanced, tolerance, maxIterations } = { ...PROBE_DEFAULTS, ...options };
  const m = requireRows(rows, d, 'rows of the probe');
  requireSame(labels.length, m, 'labels of the probe');
  const share = rowShares(labels, classes, balanced);
  const means = columnMeans(rows, d);
  // parameters [d + 1, classes], the last row the biases of centred rows: centring changes no optimum and makes the problem round
  const x = new Float64Array((d + 1) * classes);
  const penalty = 1 / ((classes === 2 ? c / 2 : c) * m);
  const evaluate = lossOf(rows, d, labels, classes, share, means, penalty);
  const { converged, iterations } = minimise(evaluate, x, tolerance, maxIterations);
  const weights = new Float64Array(classes * d);
  const bias = Float64Array.from({ length: classes }, (_, k) => {
    let value = x[d * classes + k];
    for (let j = 0; j < d; j++) {
      weights[k * d + j] = x[j * classes + k];
      value -= means[j] * x[j * classes + k];
    }
    return value;
  });
  return { d, classes, weights, bias, converged, iterations };
}

/** Logits W·x + b of rows [rows, d], [rows, classes]. */
export function probeLogits({ d, classes, weights, bias }: Probe, rows: Float32Array): Float64Array {
  const m = requireRows(rows, d, 'rows of the probe');
  const logits = new Float64Array(m * classes);
  for (let row = 0; row < m; row++) {
    for (let k = 0; k < classes; k++) {
      let sum = bias[k];
      for (let j = 0, at = row * d; j < d; j++, at++) sum += weights[k * d + j] * rows[at];
      logits[row * classes + k] = sum;
    }
  }
  return logits;
}

/** Most probable class of each row of logits [rows, classes]; ties go to the first. */
export function likeliest(logits: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[row * classes + k] > logits[row * classes + best]) best = k;
    return best;
  });
}

/** Share of rows [rows, d] whose most probable class is their label. */
export function probeAccuracy(probe: Probe, rows: Float32Array, labels: ArrayLike<number>): number {
  const told = likeliest(probeLogits(probe, rows), probe.classes);
  requireSame(labels.length, told.length, 'labels of the probe');
  return told.filter((label, row) => label === labels[row]).length / told.length;
}

/** The objective over C·rows, and its gradient. Rows are centred in passing, so that zeros in them stay free of cost. */
function lossOf(
  rows: Float32Array,
  d: number,
  labels: ArrayLike<number>,
  classes: number,
  share: Float64Array,
  means: Float64Array,
  penalty: number,
): (x: Float64Array, gradient: Float64Array) => number {
  const m = labels.length;
  const logits = new Float64Array(classes);
  const offset = new Float64Array(classes);
  const total = new Float64Array(classes);
  const first = d * classes;
  return (x, gradient) => {
    gradient.fill(0);
    total.fill(0);
    for (let k = 0; k < classes; k++) offset[k] = x[first + k];
    for (let j = 0; j < d; j++) for (let k = 0; k < classes; k++) offset[k] -= means[j] * x[j * classes + k];
    let loss = 0;
    for (let row = 0; row < m; row++) {
      logits.set(offset);
      const base = row * d;
      for (let j = 0; j < d; j++) {
        const value = rows[base + j];
        if (value === 0) continue;
        for (let k = 0, at = j * classes; k < classes; k++, at++) logits[k] += value * x[at];
      }
      const label = labels[row];
      const own = logits[label];
      loss += share[row] * (softmax(logits, 0, classes) - own);
      logits[label] -= 1;
      for (let k = 0; k < classes; k++) {
        logits[k] *= share[row];
        total[k] += logits[k];
      }
      for (let j = 0; j < d; j++) {
        const value = rows[base + j];
        if (value === 0) continue;
        for (let k = 0, at = j * classes; k < classes; k++, at++) gradient[at] += value * logits[k];
      }
    }
    for (let k = 0; k < classes; k++) gradient[first + k] = total[k];
    for (let j = 0; j < d; j++) {
      for (let k = 0, at = j * classes; k < classes; k++, at++) {
        gradient[at] += penalty * x[at] - means[j] * total[k];
        loss += (penalty / 2) * x[at] * x[at];
      }
    }
    return loss;
  };
}

/** Weight of each row over the number of rows. */
function rowShares(labels: ArrayLike<number>, classes: number, balanced: boolean): Float64Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isInteger(labels[i]) || labels[i] < 0 || labels[i] >= classes)
      throw new NadirError({
        what: `label ${labels[i]} of ${classes} classes`,
        where: `row ${i} of the probe`,
        remedy: `Give labels from 0 to ${classes - 1}`,
      });
    counts[labels[i]]++;
  }
  const missing = counts.indexOf(0);
  if (classes < 2 || missing >= 0)
    throw new NadirError({
      what: classes < 2 ? `${classes} classes` : `no row of class ${missing}`,
      where: 'labels of the probe',
      remedy: 'Give rows of two classes or more, and some of each',
    });
  const m = labels.length;
  return Float64Array.from(labels, (label) => (balanced ? 1 / (classes * counts[label]) : 1 / m));
}
