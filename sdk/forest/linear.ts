/** Linear models, whatever fitted them: what PLS, ridge and the mean predictor become, and all that predicts and flies. */

/** estimate = intercept + x·coefficients, in float64. */
export interface LinearModel {
  readonly features: number;
  readonly targets: number;
  /** [features, targets], row-major, in the targets' units per unit of the feature. */
  readonly coefficients: Float64Array;
  /** [targets] */
  readonly intercept: Float64Array;
}

/**
 * Estimates of rows [n, features]: [n, targets]. Products are added in the features' order, so the same model and row give the same bits
 * everywhere.
 */
export function predictLinear(model: LinearModel, x: Float32Array, n: number): Float64Array {
  const { features, targets, coefficients, intercept } = model;
  if (x.length < n * features) throw new RangeError(`${x.length} values are not ${n} rows of ${features} features`);
  const estimate = new Float64Array(n * targets);
  for (let row = 0; row < n; row++) {
    const to = row * targets;
    for (let t = 0; t < targets; t++) estimate[to + t] = intercept[t];
    for (let f = 0; f < features; f++) {
      const value = x[row * features + f];
      for (let t = 0; t < targets; t++) estimate[to + t] += value * coefficients[f * targets + t];
    }
  }
  return estimate;
}
