/** PLS as a soil model: the number of components chosen by inner folds, one model a target or one for all. */
import { Random } from '../base/index.ts';
import type { Estimator, TrainingRows } from './estimator.ts';
import type { EstimatorOptions } from './estimator-options.ts';
import type { LinearModel } from './linear.ts';
import { targetColumn } from './linear-columns.ts';
import { linearEstimator } from './linear-estimator.ts';
import { fitPls, type PlsOptions, plsModel, predictEveryCount } from './pls.ts';

const INNER_FOLDS = 10;
const DEFAULT_COMPONENTS = 20;

/** Fits PLS; `choices.components` says how many components each target got. */
export function fitPlsEstimator(rows: TrainingRows, options: EstimatorOptions, seed: number): Estimator {
  const { x, y, features, targets } = rows;
  const scale = options.scale ?? false;
  const most = options.components ?? DEFAULT_COMPONENTS;
  const fitOptions: PlsOptions = { components: most, scaleFeatures: scale, scaleTargets: true };
  const rule = options.componentRule ?? 'one-se';
  const fitTo = (aims: Float64Array, width: number, use: string) => {
    const shape = { features, targets: width };
    const chosen = rule === 'all' ? most : chooseComponents(x, aims, shape, fitOptions, rule, Random.of(seed, use));
    const fit = fitPls(x, aims, shape, { ...fitOptions, components: chosen });
    return { model: plsModel(fit, fit.components), components: fit.components };
  };
  if (options.jointly === true) {
    const { model, components } = fitTo(y, targets, 'pls folds');
    return linearEstimator('pls', model, { components, rule });
  }
  const single = Array.from({ length: targets }, (_, t) => fitTo(targetColumn(y, targets, t), 1, 'pls folds'));
  const choices = { components: single.map(({ components }) => components), rule };
  return linearEstimator('pls', beside(single.map(({ model }) => model)), choices);
}

/**
 * Number of components by cross-validation on seeded random folds. The error of a fold is the mean over its rows and targets of the squared
 * error in units of the targets' variances.
 */
function chooseComponents(
  x: Float32Array,
  y: Float64Array,
  shape: { readonly features: number; readonly targets: number },
  options: PlsOptions,
  rule: 'one-se' | 'least',
  random: Random,
): number {
  const T = shape.targets;
  const n = y.length / T;
  const folds = Math.min(INNER_FOLDS, n);
  if (folds < 3) return 1;
  const order = random.permutation(n);
  const error = new Float64Array((options.components + 1) * folds);
  let most = options.components;
  for (let fold = 0; fold < folds; fold++) {
    const training = order.filter((_, i) => i % folds !== fold).sort();
    const held = order.filter((_, i) => i % folds === fold).sort();
    const fit = fitPls(x, y, shape, options, training);
    most = Math.min(most, fit.components);
    const estimate = predictEveryCount(fit, x, held);
    for (let a = 0; a <= fit.components; a++)
      for (let i = 0; i < held.length; i++)
        for (let t = 0; t < T; t++)
          error[a * folds + fold] +=
            ((estimate[(a * held.length + i) * T + t] - y[held[i] * T + t]) / fit.y.scale[t]) ** 2 / (held.length * T);
  }
  return choose(error, Math.max(1, most), folds, rule);
}

/** The count of least mean error, or the fewest components within one standard error of it (Hastie et al. 2009, 7.10); at least one. */
function choose(error: Float64Array, most: number, folds: number, rule: 'one-se' | 'least'): number {
  const meanOf = (a: number) => error.subarray(a * folds, (a + 1) * folds).reduce((sum, one) => sum + one / folds, 0);
  let best = 1;
  for (let a = 2; a <= most; a++) if (meanOf(a) < meanOf(best)) best = a;
  if (rule === 'least') return best;
  const least = meanOf(best);
  const variance = error
    .subarray(best * folds, (best + 1) * folds)
    .reduce((sum, one) => sum + (one - least) ** 2 / (folds - 1), 0);
  const bound = least + Math.sqrt(variance / folds);
  let fewest = 1;
  while (meanOf(fewest) > bound) fewest++;
  return fewest;
}

/** Models of single targets side by side. */
function beside(models: readonly LinearModel[]): LinearModel {
  const [{ features }] = models;
  const T = models.length;
  return {
    features,
    targets: T,
    coefficients: Float64Array.from({ length: features * T }, (_, i) => models[i % T].coefficients[Math.floor(i / T)]),
    intercept: Float64Array.from(models, ({ intercept }) => intercept[0]),
  };
}
