/** What every kind of soil model can do, trees or not: be fitted to rows, estimate, and be kept as files of a model folder. */
import type { Forest } from './forest.ts';

/** Kinds of soil model. */
export const ESTIMATOR_KINDS = ['forest', 'extra', 'boost', 'neighbours', 'eagleeyes', 'pls', 'ridge', 'mean'] as const;
export type EstimatorKind = (typeof ESTIMATOR_KINDS)[number];

/** Rows that a model is fitted to. */
export interface TrainingRows {
  /** [n, features], row-major, finite. */
  readonly x: Float32Array;
  /** [n, targets], in the targets' units. */
  readonly y: Float64Array;
  readonly n: number;
  readonly features: number;
  readonly targets: number;
  /** Mean edge of each row's patch in pixels, [n]; models that switch by field size need it. */
  readonly edge?: Float64Array;
}

/** A fitted model. */
export interface Estimator {
  /** `combined`: a weighted sum of models of several kinds. */
  readonly kind: EstimatorKind | 'combined';
  readonly features: number;
  readonly targets: number;
  /**
   * Estimates of rows [n, features]: [n, targets], in the targets' units.
   * @param edge as in TrainingRows, for models that switch by it
   */
  predict(x: Float32Array, n: number, edge?: Float64Array): Float64Array;
  /** The trees, where it is a tree ensemble: what is explained, pruned and flown. */
  readonly forest?: Forest;
  /** Estimates of the rows it was fitted to by trees that did not see them, [n, targets]; NaN where every tree did. */
  readonly outOfBag?: Float64Array;
  /** What the fit chose by itself (components, trees, λ …), for model.json. */
  readonly choices: Readonly<Record<string, unknown>>;
  /** Files of the model folder by name: `forest.onnx`, `linear.onnx`, `neighbours.npz`. */
  files(): ReadonlyMap<string, Uint8Array>;
}
