/**
 * Regression forests: train on binned features, predict, explain by exact SHAP values, and cross to and from ONNX. `forest.ts` and
 * `predict.ts` are what flies; the rest stays on the ground.
 */
export { type BinnedFeatures, binFeatures } from './bins.ts';
export { SMALL_FIELD_EDGE } from './eagleeyes.ts';
export {
  ESTIMATOR_KINDS,
  type Estimator,
  type EstimatorKind,
  type TrainingRows,
} from './estimator.ts';
export { DRAWN_AT_LEAST, drawnOf, type EstimatorOptions } from './estimator-options.ts';
export { type Explainer, openExplainer } from './explainer.ts';
export { fitEstimator } from './fit-estimator.ts';
export { type Forest, featuresRead } from './forest.ts';
export { impurityImportance } from './importance.ts';
export { type InteractionValues, interactionValues } from './interactions.ts';
export { interventionalShap } from './interventional.ts';
export { type KernelOptions, kernelShap } from './kernel-shap.ts';
export type { ExplainedModel, SampledShap } from './kernel-shap-game.ts';
export { type LinearModel, predictLinear } from './linear.ts';
export { linearEstimator } from './linear-estimator.ts';
export { linearFromOnnx, linearToOnnx } from './linear-onnx.ts';
export { fitNeighbours, type Neighbours, predictNeighbours } from './neighbours.ts';
export { forestFromOnnx, forestToOnnx } from './onnx.ts';
export { outOfBagPredictions } from './out-of-bag.ts';
export { type PermutationOptions, permutationShap } from './permutation-shap.ts';
export { fitPls, importanceInProjection, type PlsFit, type PlsOptions, plsModel } from './pls.ts';
export { type PreparedForest, predictForest, predictInto, preparedForest } from './predict.ts';
export { readEstimator } from './read-estimator.ts';
export { fitRidge, type RidgeFit } from './ridge.ts';
export { type ShapValues, shapValues } from './shap.ts';
export { coveredForest } from './shap-covers.ts';
export { shapValuesThreads } from './shap-threads.ts';
export { type ForestOptions, trainBinned, trainForest } from './train.ts';
export { trainForestThreads } from './train-threads.ts';
export { treeEstimator } from './tree-estimators.ts';
export { treeSpread } from './tree-spread.ts';
