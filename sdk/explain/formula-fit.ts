/**
 * Sparse regression by orthogonal least squares (Chen, Billings and Luo 1989; order-recursive matching pursuit) with backward elimination: the
 * term that lowers the squared error most comes next, all others are made orthogonal to it; then they go again, the least missed first. The
 * number of terms is the least whose error in inner folds is within one standard error of the best.
 */
import { Random } from '../base/index.ts';
import { mean, standardDeviation } from '../spectra/index.ts';
import { type TermShape, termLibrary, termValues } from './formula-terms.ts';
import { takeRows } from './row-arrays.ts';

/** Most terms of a formula: longer ones nobody reads. */
export const MOST_TERMS = 6;
const INNER_FOLDS = 5;
/** A term that keeps less than this share of its variance beside the chosen ones says nothing new. */
const LEAST_NEW = 1e-4;

interface FittedTerm {
  readonly shape: TermShape;
  readonly coefficient: number;
  /** By least squares, as if the terms had been given: choosing them is not in it. */
  readonly standardError: number;
  /** Least and greatest value on the training rows: the term is held within them. */
  readonly from: number;
  readonly to: number;
}

export interface FittedFormula {
  readonly intercept: number;
  readonly terms: readonly FittedTerm[];
}

/**
 * Fits a formula of one target.
 * @param x [n, features]
 * @param y [n]
 */
export function fitFormula(x: Float32Array, features: number, y: Float64Array, seed: number): FittedFormula {
  const n = y.length;
  const part = new Uint8Array(n);
  Random.of(seed, 'formula inner folds')
    .permutation(n)
    .forEach((row, place) => {
      part[row] = place % INNER_FOLDS;
    });
  const errors: number[][] = Array.from({ length: MOST_TERMS + 1 }, () => []);
  for (let fold = 0; fold < INNER_FOLDS; fold++) {
    const inside = [...part.keys()].filter((row) => part[row] !== fold);
    const outside = [...part.keys()].filter((row) => part[row] === fold);
    if (inside.length < 3 || outside.length === 0) continue;
    const path = formulaPath(
      takeRows(x, inside, features),
      features,
      Float64Array.from(inside, (row) => y[row]),
    );
    const held = takeRows(x, outside, features);
    for (let count = 0; count <= MOST_TERMS; count++) {
      const prediction = evaluateFormula(path[Math.min(count, path.length - 1)], held, features);
      errors[count].push(mean(outside.map((row, i) => (prediction[i] - y[row]) ** 2)));
    }
  }
  const path = formulaPath(x, features, y);
  if (errors[0].length === 0) return path[0];
  const means = errors.map((own) => mean(own));
  const best = means.indexOf(Math.min(...means));
  const tolerance = standardDeviation(errors[best]) / Math.sqrt(errors[best].length);
  const count = means.findIndex((error) => error <= means[best] + tolerance);
  return path[Math.min(count, path.length - 1)];
}

/** Estimates of rows [n, features]; each term is held within its range on the training rows. */
export function evaluateFormula({ intercept, terms }: FittedFormula, x: Float32Array, features: number): Float64Array {
  const result = new Float64Array(x.length / features).fill(intercept);
  for (const { shape, coefficient, from, to } of terms) {
    const values = termValues(shape, x, features);
    for (let row = 0; row < result.length; row++)
      result[row] += coefficient * Math.min(Math.max(values[row], from), to);
  }
  return result;
}

/**
 * Formulas of 0, 1, … terms. Terms are taken up one by one, then dropped one by one, always the one that costs least; of each number the
 * better of the two stands: what was taken up early may have stood for two terms that came later.
 */
export function formulaPath(x: Float32Array, features: number, y: Float64Array): FittedFormula[] {
  const library = termLibrary(x, features).map((shape) => describe(shape, termValues(shape, x, features)));
  const chosen = takeUp(library, y);
  const path = [[], ...chosen.map((_, i) => chosen.slice(0, i + 1))].map((terms) => leastSquares(terms, y));
  for (let left = chosen; left.length > 1; ) {
    const without = left.map((_, out) => left.filter((__, i) => i !== out));
    const fitted = without.map((terms) => leastSquares(terms, y));
    const best = fitted.reduce((least, own, i) => (own.squares < fitted[least].squares ? i : least), 0);
    left = without[best];
    if (fitted[best].squares < path[left.length].squares) path[left.length] = fitted[best];
  }
  return path.map(({ formula }) => formula);
}

/** A term on the training rows. */
interface Column {
  readonly shape: TermShape;
  readonly values: Float64Array;
  readonly mean: number;
  readonly scale: number;
  /** Centred, of unit sum of squares; zero where the term is constant. */
  readonly unit: Float64Array;
}

function describe(shape: TermShape, values: Float64Array): Column {
  const middle = mean(values);
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0));
  const varies = scale > 1e-12 * Math.abs(middle) * Math.sqrt(values.length);
  const unit = values.map((value) => (varies ? (value - middle) / scale : 0));
  return { shape, values, mean: middle, scale, unit };
}

/** Up to `MOST_TERMS` terms in the order in which they lower the error most. */
function takeUp(library: readonly Column[], y: Float64Array): Column[] {
  const left = library.map(({ unit }) => unit.slice());
  const middle = mean(y);
  const residual = y.map((value) => value - middle);
  const chosen: number[] = [];
  while (chosen.length < Math.min(MOST_TERMS, y.length - 2)) {
    let best = -1;
    let gain = 0;
    for (let j = 0; j < left.length; j++) {
      if (chosen.includes(j)) continue;
      const square = dot(left[j], left[j]);
      if (square < LEAST_NEW) continue;
      const own = dot(left[j], residual) ** 2 / square;
      if (own > gain) [best, gain] = [j, own];
    }
    if (best < 0) break;
    const norm = Math.sqrt(dot(left[best], left[best]));
    const q = left[best].map((value) => value / norm);
    for (const values of left) subtract(values, q, dot(values, q));
    subtract(residual, q, dot(residual, q));
    chosen.push(best);
  }
  return chosen.map((j) => library[j]);
}

/** Least squares on some terms by Gram–Schmidt: R β = Qᵀy, variances σ² (RᵀR)⁻¹. */
function leastSquares(columns: readonly Column[], y: Float64Array): { formula: FittedFormula; squares: number } {
  const k = columns.length;
  const middle = mean(y);
  const residual = y.map((value) => value - middle);
  const basis: Float64Array[] = [];
  const R = new Float64Array(k * k);
  const along = new Float64Array(k);
  columns.forEach(({ unit }, j) => {
    const q = unit.slice();
    basis.forEach((earlier, i) => {
      R[i * k + j] = dot(earlier, q);
      subtract(q, earlier, R[i * k + j]);
    });
    const norm = Math.sqrt(dot(q, q));
    R[j * k + j] = norm;
    basis.push(q.map((value) => value / norm));
    along[j] = dot(basis[j], residual);
    subtract(residual, basis[j], along[j]);
  });
  const inverse = new Float64Array(k * k);
  for (let c = 0; c < k; c++)
    for (let i = c; i >= 0; i--) {
      let sum = i === c ? 1 : 0;
      for (let j = i + 1; j <= c; j++) sum -= R[i * k + j] * inverse[j * k + c];
      inverse[i * k + c] = sum / R[i * k + i];
    }
  const squares = dot(residual, residual);
  const variance = squares / Math.max(1, y.length - k - 1);
  let intercept = middle;
  const terms = columns.map(({ shape, values, mean: centre, scale }, i): FittedTerm => {
    let beta = 0;
    let square = 0;
    for (let c = i; c < k; c++) {
      beta += inverse[i * k + c] * along[c];
      square += inverse[i * k + c] ** 2;
    }
    const coefficient = beta / scale;
    intercept -= coefficient * centre;
    return {
      shape,
      coefficient,
      standardError: Math.sqrt(variance * square) / scale,
      from: values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY),
      to: values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY),
    };
  });
  return { formula: { intercept, terms }, squares };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtract(from: Float64Array, q: Float64Array, share: number): void {
  for (let i = 0; i < from.length; i++) from[i] -= share * q[i];
}
