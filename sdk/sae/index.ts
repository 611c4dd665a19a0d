/**
 * Sparse autoencoders: train Matryoshka dictionaries over embeddings, encode, decode, measure, read and write. `encode.ts` is what flies and
 * `decode.ts` what the ground turns codes back with; both stand alone. The hot loops of training are WASM SIMD kernels beside plain twins.
 */
export { type CheckpointOptions, removeCheckpoint } from './checkpoint.ts';
export { codesOf, preActivationsOf, prefix } from './code-batch.ts';
export { CodeEncoder } from './code-encoder.ts';
export { decodeCode } from './decode.ts';
export { DenseProduct } from './dense.ts';
export { type Encoder, preActivations, type SparseCode, strongestLatents } from './encode.ts';
export {
  type CodeQuality,
  codeMeasure,
  type Evaluation,
  evaluatePursuit,
  evaluateSae,
  reconstruct,
} from './evaluate.ts';
export {
  encodeRows,
  type ForeignSae,
  MSAE_TO_NPZ,
  readAnySae,
  type SaeFormat,
  type SaeLensOptions,
  withUnitAtoms,
  writeParamsNpz,
  writeSaeLens,
} from './formats/index.ts';
export { INITIALISATIONS, type Initialisation } from './initialise.ts';
export {
  type Absorption,
  type Accuracy,
  type Activity,
  encoderBytes,
  FOR_DECISIONS,
  type FormLoss,
  formLoss,
  type Histogram,
  type LabelledCodes,
  measureAbsorption,
  measureProbeLoss,
  measureSplitting,
  ownRows,
  type Probe,
  type ProbeLoss,
  paretoFront,
  probeAccuracy,
  type Shrinkage,
  type SparseProbing,
  type Splitting,
  type Stability,
  seedStability,
  sparseProbing,
  subClusters,
  trainClassProbe,
  trainProbe,
} from './measures/index.ts';
export { measureReconstruction, type Reconstruction } from './metrics.ts';
export { pursueCodes } from './pursuit.ts';
export type { RowSource } from './row-source.ts';
export { parseSae, readSae, writeSae } from './sae-file.ts';
export { formatSafeTensors, parseSafeTensors, type SafeTensors } from './safetensors.ts';
export {
  type EpochReport,
  KINDS,
  type Kind,
  TRAIN_DEFAULTS,
  type Training,
  type TrainOptions,
  trainSae,
} from './train.ts';
export { ACTIVATIONS, type Activation, checkWeights, type SaeDecoder, type SaeWeights } from './weights.ts';
