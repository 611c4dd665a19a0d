/**
 * Regression forests: train on binned features, predict, explain by exact SHAP values, and cross to and from ONNX. `forest.ts` and
 * `predict.ts` are what flies; the rest stays on the ground.
 */
export { type BinnedFeatures, binFeatures } from './bins.ts';
export {
  ESTIMATOR_KINDS,
  type Estimator,
  type EstimatorKind,
  type TrainingRows,
} from './estimator.ts';
export { type Forest, featuresRead } from './forest.ts';
export { forestFromOnnx, forestToOnnx } from './onnx.ts';
export { predictForest } from './predict.ts';
export { type ShapValues, shapValues } from './shap.ts';
export { type ForestOptions, trainBinned, trainForest } from './train.ts';
