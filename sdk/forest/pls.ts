/**
 * Partial least squares regression by NIPALS with deflation (Wold, Sjöström & Eriksson 2001, Chemom. Intell. Lab. Syst. 58:109), for one
 * target (PLS1) or several (PLS2), with the same centring and scaling as scikit-learn's PLSRegression. One fit holds the models of all
 * numbers of components up to its own.
 */
import type { LinearModel } from './linear.ts';
import { type Standardised, standardise } from './linear-columns.ts';
import { dominantDirection } from './pls-direction.ts';

export interface PlsOptions {
  /** Components to extract; fewer come out where the features have no more directions that say anything of the targets. */
  readonly components: number;
  /** Divide each feature by its SD (n − 1). */
  readonly scaleFeatures: boolean;
  /** Divide each target by its SD (n − 1): of consequence only where several are fitted together. */
  readonly scaleTargets: boolean;
}

/** A fit with everything that its models and diagnostics need. */
export interface PlsFit {
  readonly features: number;
  readonly targets: number;
  readonly components: number;
  /** Unit vectors w, [components, features]. */
  readonly weights: Float64Array;
  /** r with t = X·r, X as it was before any deflation, [components, features]. */
  readonly rotations: Float64Array;
  /** Regression of the targets on the scores, [components, targets]. */
  readonly targetLoadings: Float64Array;
  /** t·t of each component, [components]. */
  readonly scoreSquares: Float64Array;
  readonly x: Pick<Standardised, 'centre' | 'scale'>;
  readonly y: Pick<Standardised, 'centre' | 'scale'>;
}

/** Directions whose covariance with the targets, or whose scores, have fallen to this share of the first are rounding. */
const EXHAUSTED = 1e-13;

/**
 * Fits PLS.
 * @param x [*, features], row-major
 * @param y [*, targets]
 * @param rows rows to fit to (default all)
 */
export function fitPls(
  x: Float32Array,
  y: Float64Array,
  shape: { readonly features: number; readonly targets: number },
  options: PlsOptions,
  rows?: Uint32Array,
): PlsFit {
  const { features: F, targets: T } = shape;
  const table = standardise(x, F, options.scaleFeatures ? 1 : undefined, rows);
  const aims = standardise(y, T, options.scaleTargets ? 1 : undefined, rows);
  const n = table.n;
  const most = Math.max(0, Math.min(options.components, F, n - 1));
  const weights = new Float64Array(most * F);
  const loadings = new Float64Array(most * F);
  const rotations = new Float64Array(most * F);
  const targetLoadings = new Float64Array(most * T);
  const scoreSquares = new Float64Array(most);
  const covariance = crossProducts(table.values, aims.values, n, F, T);
  const scores = new Float64Array(n);
  let components = 0;
  let firstStrength = 0;
  for (; components < most; components++) {
    const w = weights.subarray(components * F, (components + 1) * F);
    const strength = dominantDirection(covariance, F, T, w);
    if (components === 0) firstStrength = strength;
    if (!(strength > EXHAUSTED * firstStrength)) break;
    const p = loadings.subarray(components * F, (components + 1) * F);
    const before = components === 0 ? undefined : loadings.subarray((components - 1) * F, components * F);
    const square = deflateAndScore(table.values, n, F, before, scores, w, p);
    if (!(square > EXHAUSTED ** 2 * scoreSquares[0]) || square === 0) break;
    scoreSquares[components] = square;
    const q = targetLoadings.subarray(components * T, (components + 1) * T);
    for (let i = 0; i < n; i++) for (let t = 0; t < T; t++) q[t] += (scores[i] * aims.values[i * T + t]) / square;
    for (let i = 0; i < n; i++) for (let t = 0; t < T; t++) aims.values[i * T + t] -= scores[i] * q[t];
    for (let f = 0; f < F; f++) for (let t = 0; t < T; t++) covariance[f * T + t] -= p[f] * q[t] * square;
    rotate(weights, loadings, rotations, components, F);
  }
  return {
    features: F,
    targets: T,
    components,
    weights: weights.subarray(0, components * F),
    rotations: rotations.subarray(0, components * F),
    targetLoadings: targetLoadings.subarray(0, components * T),
    scoreSquares: scoreSquares.subarray(0, components),
    x: { centre: table.centre, scale: table.scale },
    y: { centre: aims.centre, scale: aims.scale },
  };
}

/** The linear model of the first `components` (0: the mean). */
export function plsModel(fit: PlsFit, components: number): LinearModel {
  const { features: F, targets: T, rotations, targetLoadings, x, y } = fit;
  const coefficients = new Float64Array(F * T);
  for (let a = 0; a < Math.min(components, fit.components); a++)
    for (let f = 0; f < F; f++)
      for (let t = 0; t < T; t++) coefficients[f * T + t] += rotations[a * F + f] * targetLoadings[a * T + t];
  const intercept = Float64Array.from(y.centre);
  for (let f = 0; f < F; f++)
    for (let t = 0; t < T; t++) {
      coefficients[f * T + t] *= y.scale[t] / x.scale[f];
      intercept[t] -= x.centre[f] * coefficients[f * T + t];
    }
  return { features: F, targets: T, coefficients, intercept };
}

/**
 * Estimates of rows by the models of every number of components.
 * @param rows rows of x [*, features] to estimate
 * @returns [components + 1, rows, targets]; the first is the mean's
 */
export function predictEveryCount(fit: PlsFit, x: Float32Array, rows: Uint32Array): Float64Array {
  const { features: F, targets: T, components, rotations, targetLoadings } = fit;
  const block = rows.length * T;
  const estimate = new Float64Array((components + 1) * block);
  const values = new Float64Array(F);
  for (let i = 0; i < rows.length; i++) {
    for (let f = 0; f < F; f++) values[f] = (x[rows[i] * F + f] - fit.x.centre[f]) / fit.x.scale[f];
    for (let t = 0; t < T; t++) estimate[i * T + t] = fit.y.centre[t];
    for (let a = 0; a < components; a++) {
      let score = 0;
      for (let f = 0; f < F; f++) score += values[f] * rotations[a * F + f];
      for (let t = 0; t < T; t++)
        estimate[(a + 1) * block + i * T + t] =
          estimate[a * block + i * T + t] + score * targetLoadings[a * T + t] * fit.y.scale[t];
    }
  }
  return estimate;
}

/**
 * Variable importance in projection of each feature, [features]: √(F·Σ_a SS_a·w_a²/Σ_a SS_a), SS_a the targets' sum of squares that component a
 * explains. Its mean square is 1, hence the custom of reading "above 1" as important (Wold et al. 2001).
 */
export function importanceInProjection(fit: PlsFit, components: number): Float64Array {
  const { features: F, targets: T, weights, targetLoadings, scoreSquares } = fit;
  const importance = new Float64Array(F);
  let total = 0;
  for (let a = 0; a < Math.min(components, fit.components); a++) {
    let explained = 0;
    for (let t = 0; t < T; t++) explained += targetLoadings[a * T + t] ** 2 * scoreSquares[a];
    total += explained;
    for (let f = 0; f < F; f++) importance[f] += explained * weights[a * F + f] ** 2;
  }
  return importance.map((sum) => (total > 0 ? Math.sqrt((F * sum) / total) : 0));
}

/**
 * In one pass over X: takes the component before out of it (X ← X − t·pᵀ), then writes the next scores t = X·w and loadings p = Xᵀt/t·t.
 * @param scores those of the component before, [n]; becomes the next
 * @returns t·t
 */
function deflateAndScore(
  x: Float64Array,
  n: number,
  F: number,
  before: Float64Array | undefined,
  scores: Float64Array,
  w: Float64Array,
  p: Float64Array,
): number {
  let square = 0;
  for (let i = 0; i < n; i++) {
    const at = i * F;
    if (before !== undefined) {
      const old = scores[i];
      for (let f = 0; f < F; f++) x[at + f] -= old * before[f];
    }
    let score = 0;
    for (let f = 0; f < F; f++) score += x[at + f] * w[f];
    for (let f = 0; f < F; f++) p[f] += score * x[at + f];
    scores[i] = score;
    square += score * score;
  }
  if (square > 0) for (let f = 0; f < F; f++) p[f] /= square;
  return square;
}

/** r_a = w_a − Σ_{b<a} (p_b·w_a)·r_b, so that the scores are had from X as it was. */
function rotate(weights: Float64Array, loadings: Float64Array, rotations: Float64Array, a: number, F: number): void {
  const r = rotations.subarray(a * F, (a + 1) * F);
  const w = weights.subarray(a * F, (a + 1) * F);
  r.set(w);
  for (let b = 0; b < a; b++) {
    let along = 0;
    for (let f = 0; f < F; f++) along += loadings[b * F + f] * w[f];
    for (let f = 0; f < F; f++) r[f] -= along * rotations[b * F + f];
  }
}

/** XᵀY, [F, T]. */
function crossProducts(x: Float64Array, y: Float64Array, n: number, F: number, T: number): Float64Array {
  const product = new Float64Array(F * T);
  for (let i = 0; i < n; i++)
    for (let f = 0; f < F; f++) {
      const value = x[i * F + f];
      for (let t = 0; t < T; t++) product[f * T + t] += value * y[i * T + t];
    }
  return product;
}
