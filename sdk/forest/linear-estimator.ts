/** Linear models as soil models. */
import type { Estimator, EstimatorKind } from './estimator.ts';
import { type LinearModel, predictLinear } from './linear.ts';
import { linearToOnnx } from './linear-onnx.ts';

/** A linear model behind the interface of all kinds; its file is `linear.onnx`. */
export function linearEstimator(
  kind: EstimatorKind,
  model: LinearModel,
  choices: Readonly<Record<string, unknown>> = {},
): Estimator {
  return {
    kind,
    features: model.features,
    targets: model.targets,
    predict: (x, n) => predictLinear(model, x, n),
    choices,
    files: () => new Map([['linear.onnx', linearToOnnx(model)]]),
  };
}
