/**
 * Exact SHAP values where a model has them: trees by TreeSHAP, linear models in closed form, combined models as the weighted sum of their
 * parts', since SHAP values are linear in the model.
 */
import { type Estimator, shapValues } from '../forest/index.ts';

export interface ExactShap {
  /** [n, features, targets], in the targets' units. */
  readonly values: Float64Array;
  /** [targets] */
  readonly base: Float64Array;
  readonly method: string;
}

export interface ShapBackground {
  /** Mean of each feature over rows of the caller's choice, [features]: what a linear model's feature is held against. */
  readonly means: Float64Array;
}

const LINEAR: readonly string[] = ['pls', 'ridge', 'mean'];

/** Whether a single model has SHAP values in closed form. */
export function isExplained({ kind, forest }: Pick<Estimator, 'kind' | 'forest'>): boolean {
  // the hybrid's forest answers for large fields only
  return (forest !== undefined && kind !== 'eagleeyes') || LINEAR.includes(kind);
}

/** SHAP values of n rows [n, features], or null for a model that has none in closed form. */
export function explainEstimator(
  estimator: Pick<Estimator, 'kind' | 'forest' | 'features' | 'targets' | 'predict'>,
  x: Float32Array,
  n: number,
  { means }: ShapBackground,
): ExactShap | null {
  if (!isExplained(estimator)) return null;
  if (estimator.forest === undefined) return linearShap(estimator, x, n, means);
  const { values, base } = shapValues(estimator.forest, x, n);
  return { values, base, method: 'path-dependent TreeSHAP' };
}

/**
 * A linear model's SHAP values: coefficient·(x − mean), and the estimate at the mean (Lundberg and Lee 2017, corollary 1). The
 * coefficients are read off the model's answers to unit rows.
 */
function linearShap(
  { features: F, targets: T, predict }: Pick<Estimator, 'features' | 'targets' | 'predict'>,
  x: Float32Array,
  n: number,
  means: Float64Array,
): ExactShap {
  const origin = predict(new Float32Array(F), 1);
  const unit = new Float32Array(F);
  const coefficients = new Float64Array(F * T);
  const base = origin.slice();
  for (let f = 0; f < F; f++) {
    unit.fill(0);
    unit[f] = 1;
    const answer = predict(unit, 1);
    for (let t = 0; t < T; t++) {
      coefficients[f * T + t] = answer[t] - origin[t];
      base[t] += coefficients[f * T + t] * means[f];
    }
  }
  const values = new Float64Array(n * F * T);
  for (let row = 0; row < n; row++)
    for (let f = 0; f < F; f++)
      for (let t = 0; t < T; t++) values[(row * F + f) * T + t] = coefficients[f * T + t] * (x[row * F + f] - means[f]);
  return { values, base, method: 'coefficient × (feature − its mean over the table)' };
}
