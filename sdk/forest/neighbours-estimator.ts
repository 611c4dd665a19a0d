/** Neighbours as soil models. */
import type { Estimator, TrainingRows } from './estimator.ts';
import type { EstimatorOptions } from './estimator-options.ts';
import { fitNeighbours, type Neighbours, predictNeighbours } from './neighbours.ts';
import { neighboursToNpz } from './neighbours-file.ts';

/** Fits neighbours; `choices.neighbours` is how many are asked. */
export function fitNeighbourEstimator(rows: TrainingRows, options: EstimatorOptions): Estimator {
  return neighbourEstimator(fitNeighbours(rows, options.neighbours));
}

/** A fitted model behind the interface of all kinds; its file is `neighbours.npz`. */
export function neighbourEstimator(model: Neighbours): Estimator {
  return {
    kind: 'neighbours',
    features: model.features,
    targets: model.targets,
    choices: { neighbours: model.k, rows: model.y.length / model.targets },
    predict: (x, n) => predictNeighbours(model, x, n),
    files: () => new Map([['neighbours.npz', neighboursToNpz(model)]]),
  };
}
