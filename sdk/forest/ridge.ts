/**
 * Ridge regression with its penalty chosen per target by exact leave-one-out (Hastie et al. 2009, 7.10.1; as scikit-learn's RidgeCV with
 * alpha_per_target). The smaller of the two Gram matrices is made tridiagonal once; each penalty then costs O(n) a row.
 */
import type { Estimator, TrainingRows } from './estimator.ts';
import type { EstimatorOptions } from './estimator-options.ts';
import type { LinearModel } from './linear.ts';
import { type Standardised, standardise } from './linear-columns.ts';
import { linearEstimator } from './linear-estimator.ts';
import {
  factorShifted,
  quadraticForm,
  type ShiftedFactors,
  solveShifted,
  type Tridiagonal,
  tridiagonalise,
} from './linear-tridiagonal.ts';

export interface RidgeFit {
  readonly model: LinearModel;
  /** Penalty of each target. */
  readonly lambda: Float64Array;
  /** Mean squared leave-one-out error of each penalty, [lambdas, targets], in the targets' squared units. */
  readonly leaveOneOut: Float64Array;
}

/** Fits ridge; `choices.lambda` is each target's penalty. */
export function fitRidgeEstimator(rows: TrainingRows, options: EstimatorOptions): Estimator {
  const { model, lambda } = fitRidge(rows, options);
  return linearEstimator('ridge', model, { lambda: Array.from(lambda), scale: options.scale ?? true });
}

/**
 * Fits ridge with an intercept that is not penalised. `scale` divides features by their SD (n), as StandardScaler does.
 */
export function fitRidge(
  { x, y, n, features: F, targets: T }: TrainingRows,
  options: Pick<EstimatorOptions, 'lambdas' | 'scale'> = {},
): RidgeFit {
  const table = standardise(x, F, (options.scale ?? true) ? 0 : undefined);
  const aims = standardise(y, T, undefined);
  const lambdas = options.lambdas ?? defaultLambdas(table);
  const way = F < n ? primal(table, aims) : dual(table, aims);
  const { tridiagonal, sides, hats } = way;
  const m = tridiagonal.n;
  const factors: ShiftedFactors = { pivots: new Float64Array(m), multipliers: new Float64Array(m) };
  const leaveOneOut = new Float64Array(lambdas.length * T);
  const solution = new Float64Array(m);
  const residual = new Float64Array(n * T);
  lambdas.forEach((lambda, l) => {
    factorShifted(tridiagonal, lambda, factors);
    for (let t = 0; t < T; t++) {
      solution.set(sides.subarray(t * m, (t + 1) * m));
      solveShifted(factors, solution);
      for (let i = 0; i < n; i++) residual[i * T + t] = way.residual(i, t, lambda, solution);
    }
    for (let i = 0; i < n; i++) {
      const left = way.left(quadraticForm(factors, hats.subarray(i * m, (i + 1) * m)), lambda, n);
      for (let t = 0; t < T; t++) leaveOneOut[l * T + t] += (residual[i * T + t] / left) ** 2 / n;
    }
  });
  const coefficients = new Float64Array(F * T);
  const intercept = Float64Array.from(aims.centre);
  const lambda = new Float64Array(T);
  for (let t = 0; t < T; t++) {
    let best = 0;
    for (let l = 1; l < lambdas.length; l++) if (leaveOneOut[l * T + t] < leaveOneOut[best * T + t]) best = l;
    lambda[t] = lambdas[best];
    factorShifted(tridiagonal, lambda[t], factors);
    solution.set(sides.subarray(t * m, (t + 1) * m));
    solveShifted(factors, solution);
    const weights = way.weights(solution);
    for (let f = 0; f < F; f++) {
      coefficients[f * T + t] = weights[f] / table.scale[f];
      intercept[t] -= table.centre[f] * coefficients[f * T + t];
    }
  }
  return { model: { features: F, targets: T, coefficients, intercept }, lambda, leaveOneOut };
}

/** What the primal and the dual form have in common once their Gram matrix G = QTQᵀ is tridiagonal. */
interface Way {
  readonly tridiagonal: Tridiagonal;
  /** Right sides in Q's basis, [targets, m]. */
  readonly sides: Float64Array;
  /** For each row the vector whose quadratic form with (T + λI)⁻¹ gives its leverage, [n, m]. */
  readonly hats: Float64Array;
  /** Residual of row i from the solution of target t. */
  residual(i: number, t: number, lambda: number, solution: Float64Array): number;
  /** 1 − leverage from the quadratic form; the intercept takes 1/n. */
  left(form: number, lambda: number, n: number): number;
  /** Coefficients of the standardised features. */
  weights(solution: Float64Array): Float64Array;
}

/** XᵀX, [F, F], for more rows than features. */
function primal(table: Standardised, aims: Standardised): Way {
  const { values: x, n, width: F } = table;
  const T = aims.width;
  const gram = new Float64Array(F * F);
  for (let i = 0; i < n; i++)
    for (let f = 0; f < F; f++) {
      const value = x[i * F + f];
      for (let g = f; g < F; g++) gram[f * F + g] += value * x[i * F + g];
    }
  const tridiagonal = tridiagonalise(gram, F);
  const { q } = tridiagonal;
  const rotated = new Float64Array(n * F);
  for (let i = 0; i < n; i++)
    for (let f = 0; f < F; f++) {
      const value = x[i * F + f];
      for (let g = 0; g < F; g++) rotated[i * F + g] += value * q[f * F + g];
    }
  const sides = new Float64Array(T * F);
  for (let i = 0; i < n; i++)
    for (let t = 0; t < T; t++)
      for (let f = 0; f < F; f++) sides[t * F + f] += aims.values[i * T + t] * rotated[i * F + f];
  return {
    tridiagonal,
    sides,
    hats: rotated,
    residual: (i, t, _, solution) => aims.values[i * T + t] - dot(rotated, i * F, solution),
    left: (form, _, rows) => 1 - 1 / rows - form,
    weights: (solution) => Float64Array.from({ length: F }, (_, f) => dot(q, f * F, solution)),
  };
}

/** XXᵀ, [n, n], for more features than rows: 1 − leverage is λ·(K + λI)⁻¹ᵢᵢ − 1/n and the residual λ·(K + λI)⁻¹y. */
function dual(table: Standardised, aims: Standardised): Way {
  const { values: x, n, width: F } = table;
  const T = aims.width;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const own = x.subarray(i * F, (i + 1) * F);
    for (let j = i; j < n; j++) gram[i * n + j] = dot(x, j * F, own);
  }
  const tridiagonal = tridiagonalise(gram, n);
  const { q } = tridiagonal;
  const sides = new Float64Array(T * n);
  for (let i = 0; i < n; i++)
    for (let t = 0; t < T; t++) for (let j = 0; j < n; j++) sides[t * n + j] += aims.values[i * T + t] * q[i * n + j];
  return {
    tridiagonal,
    sides,
    hats: q,
    residual: (i, _, lambda, solution) => lambda * dot(q, i * n, solution),
    left: (form, lambda, rows) => lambda * form - 1 / rows,
    weights: (solution) => {
      const weights = new Float64Array(F);
      for (let i = 0; i < n; i++) {
        const share = dot(q, i * n, solution);
        for (let f = 0; f < F; f++) weights[f] += share * x[i * F + f];
      }
      return weights;
    },
  };
}

function dot(values: Float64Array, start: number, with_: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < with_.length; i++) sum += values[start + i] * with_[i];
  return sum;
}

/** 25 penalties from 1e-9 to 10 times the sum of squares of all features. */
function defaultLambdas({ values, width }: Standardised): readonly number[] {
  let square = 0;
  for (const value of values) square += value * value;
  const unit = square > 0 ? square : width;
  return Array.from({ length: 25 }, (_, i) => unit * 10 ** (-9 + (10 * i) / 24));
}
