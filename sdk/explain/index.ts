/**
 * Explains soil models and makes them small: cross-validated training, SHAP attributions by wavelength × transformation, pruning to
 * K features chosen inside the folds, and the reports that show what was kept and what it costs.
 */
export {
  type Attribution,
  attribute,
  type BandAttribution,
  featureImportance,
  type ShapTable,
  type SpreadAttribution,
} from './attribution.ts';
export { MODELS, type ModelName } from './candidates.ts';
export { type ExplainOptions, explainSoilModel } from './explain.ts';
export { attributionFigure } from './figure.ts';
export { type ImportOptions, type ImportOutcome, importForest } from './import-forest.ts';
export { type FieldEstimate, type MapOptions, type MapOutcome, mapFrame } from './map/index.ts';
export type { CurvePoint, ExplainOutcome, PruneOutcome, TrainOutcome } from './outcomes.ts';
export { DEFAULT_FOREST, type ForestChoices, type ProblemOptions } from './problem.ts';
export { ACCEPTED_LOSS_PERCENT, CHOICE_RULE, choose, type PruneOptions, pruneSoilModel } from './prune.ts';
export * from './redteam/index.ts';
export { openSoilModel, type SoilEstimator } from './soil-estimator.ts';
export { type TrainOptions, trainSoilModel } from './train.ts';
