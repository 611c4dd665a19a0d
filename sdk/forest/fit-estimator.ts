/** One door to fitting: a soil model of any kind from rows and options. */
import { NadirError } from '../base/index.ts';
import { fitEagleEyes } from './eagleeyes.ts';
import type { Estimator, EstimatorKind, TrainingRows } from './estimator.ts';
import { checkEstimatorOptions, type EstimatorOptions } from './estimator-options.ts';
import { fitMean } from './mean.ts';
import { fitNeighbourEstimator } from './neighbours-estimator.ts';
import { fitPlsEstimator } from './pls-estimator.ts';
import { fitRidgeEstimator } from './ridge.ts';
import { fitBoostEstimator, fitTrees } from './tree-estimators.ts';

const FITS: Record<EstimatorKind, (rows: TrainingRows, options: EstimatorOptions, seed: number) => Estimator> = {
  forest: (rows, options, seed) => fitTrees('forest', rows, options, seed),
  extra: (rows, options, seed) => fitTrees('extra', rows, options, seed),
  boost: fitBoostEstimator,
  neighbours: fitNeighbourEstimator,
  eagleeyes: fitEagleEyes,
  pls: fitPlsEstimator,
  ridge: fitRidgeEstimator,
  mean: fitMean,
};

/**
 * Fits a model. The same rows, options and seed give the same model, and its files read back give its very estimates.
 * Throws NadirError on values that are not finite, and on options that no model can have.
 */
export function fitEstimator(
  kind: EstimatorKind,
  rows: TrainingRows,
  options: EstimatorOptions,
  seed: number,
): Estimator {
  checkEstimatorOptions(kind, options);
  checkRows(kind, rows);
  return FITS[kind](rows, options, seed);
}

function checkRows(kind: EstimatorKind, { x, y, n, features, targets, edge }: TrainingRows): void {
  if (x.length !== n * features || y.length !== n * targets || (edge !== undefined && edge.length !== n))
    throw new RangeError(
      `${x.length} features and ${y.length} targets are not [${n}, ${features}] and [${n}, ${targets}]`,
    );
  const fail = (what: string, where: string) =>
    new NadirError({ what, where, remedy: 'Leave the row out or repair it' });
  if (n === 0 || targets === 0) throw fail('there is nothing to fit', `${n} rows, ${targets} targets`);
  if (features === 0 && kind !== 'mean') throw fail('there are no features', kind);
  const target = y.findIndex((value) => !Number.isFinite(value));
  if (target >= 0)
    throw fail(
      `target value ${y[target]} is not a finite number`,
      `row ${Math.floor(target / targets)}, target ${target % targets}`,
    );
  const feature = x.findIndex((value) => !Number.isFinite(value));
  if (feature >= 0)
    throw fail(
      `feature value ${x[feature]} is not a finite number`,
      `row ${Math.floor(feature / features)}, feature ${feature % features}`,
    );
}
