/**
 * Spectra and what is computed from them: tables and frames in, each checked before use; the catalogue of spectral features, all linear
 * functionals of the mean spectrum, each computed on demand; folds and the challenge score; the definition of a soil model. The
 * evaluation of features and the two frame readers are what flies.
 */
export { type Calibration, type CountsOptions, countsToRadiance } from './calibrate.ts';
export { readHypso1Calibration } from './calibrate-hypso1.ts';
export { type SmileCorrection, smileCorrection } from './calibrate-smile.ts';
export {
  bandIrradiance,
  radianceToReflectance,
  readSolarIrradiance,
  type SolarIrradiance,
  type Sun,
  sunDistance,
} from './calibrate-solar.ts';
export {
  ALL_GROUPS,
  catalogue,
  centreBand,
  deduplicate,
  definedGroups,
  EAGLEEYES_GROUPS,
  FEATURE_GROUPS,
  type FeatureGroup,
  featureIndex,
  LOCAL_GROUPS,
  SOIL_GROUPS,
  transformSpectrum,
} from './catalogue.ts';
export { DATASETS, fullReflectanceOf, licenceOf, resolveDataset } from './datasets.ts';
export { type Domain, domainDistance } from './domain.ts';
export { type DomainOptions, fitDomain } from './domain-fit.ts';
export {
  bandsRead,
  computeFeatures,
  computeFeaturesExact,
  type FeatureCost,
  featureCost,
  footprintOf,
  needsPixels,
  type SpectralFeature,
  type SpectralInput,
} from './feature.ts';
export { type FeatureFileOptions, type FeatureFileOutcome, writeFeatureFile } from './feature-file.ts';
export { type Field, type FieldOptions, type Fields, fieldSum, fieldsOf, patchOf } from './fields.ts';
export { type Folds, groupNumbers, makeFolds, NEVER_HELD_OUT } from './folds.ts';
export { type Frame, type FrameData, frameOf, QUANTITIES, type Quantity, type Usable, usableOf } from './frame.ts';
export { type FrameTable, type FrameTableOptions, frameToTable } from './frame-table.ts';
export {
  HYPERVIEW_SCALE,
  type HyperviewOptions,
  type HyperviewSpectra,
  readHyperview,
  type SkippedFile,
} from './hyperview.ts';
export { decodeJpeg, ENCODER_EDGE, encoderInput, type RgbImage, resizeBilinear } from './image-frame.ts';
export { duplex, kennardStone } from './kennard-stone.ts';
export type { Patch } from './patch.ts';
export { type FigureOptions, type PatchFigures, PatchReducer } from './pixel-figures.ts';
export { type FrameOptions, isFrameFile, readFrame } from './read-frame.ts';
export { type ReadOptions, readSpectra, type SpectraRead } from './read-spectra.ts';
export {
  applyResampling,
  bandResampling,
  featuresOnInstrument,
  type ResampleOptions,
  type Resampling,
  resample,
  resampleTable,
} from './resample.ts';
export {
  column,
  mean,
  pooledFigures,
  type Score,
  scoreFolds,
  standardDeviation,
  type TargetFigures,
} from './score.ts';
export { type IntervalOptions, withIntervals } from './score-intervals.ts';
export { FLYING_KINDS, modelInput, parseSoilModel, readSoilModel, type SoilModel } from './soil-model.ts';
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
export { bandsWithin, onBands } from './table-bands.ts';
