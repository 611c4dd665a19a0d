/**
 * Spectra and what is computed from them: tables and frames in, each checked before use; the catalogue of spectral features, all linear
 * functionals of the mean spectrum, each computed on demand; folds and the challenge score; the definition of a soil model. The
 * evaluation of features and the two frame readers are what flies.
 */
export {
  catalogue,
  deduplicate,
  FEATURE_GROUPS,
  type FeatureGroup,
  featureIndex,
  LOCAL_GROUPS,
  transformSpectrum,
} from './catalogue.ts';
export { DATASETS, licenceOf, resolveDataset } from './datasets.ts';
export {
  bandsRead,
  computeFeatures,
  computeFeaturesExact,
  footprintOf,
  needsPixels,
  type SpectralFeature,
  type SpectralInput,
} from './feature.ts';
export { type FeatureFileOptions, type FeatureFileOutcome, writeFeatureFile } from './feature-file.ts';
export { type Folds, makeFolds } from './folds.ts';
export { decodeJpeg, ENCODER_EDGE, encoderInput, type RgbImage, resizeBilinear } from './image-frame.ts';
export type { Patch } from './patch.ts';
export {
  column,
  mean,
  pooledFigures,
  quantile,
  type Score,
  scoreFolds,
  standardDeviation,
  type TargetFigures,
} from './score.ts';
export { parseSoilModel, readSoilModel, type SoilModel } from './soil-model.ts';
export { parseSpectralFrame, readSpectralFrame, requireSameBands, type SpectralFrame } from './spectral-frame.ts';
export {
  columnOf,
  parseSpectraTable,
  readSpectraTable,
  type SpectraTable,
  selectTargets,
  spectralInput,
  type TargetSelection,
} from './table.ts';
