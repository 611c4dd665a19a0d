/** The mean of the training rows as a model: what every other has to beat. A linear model without weights. */
import type { Estimator, TrainingRows } from './estimator.ts';
import { linearEstimator } from './linear-estimator.ts';

export function fitMean({ y, n, features, targets }: TrainingRows): Estimator {
  const intercept = new Float64Array(targets);
  for (let i = 0; i < n * targets; i++) intercept[i % targets] += y[i];
  for (let t = 0; t < targets; t++) intercept[t] /= n;
  return linearEstimator('mean', { features, targets, coefficients: new Float64Array(features * targets), intercept });
}
