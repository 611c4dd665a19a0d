/** A soil model folder, opened: from spectra to estimates as the board computes them, whatever kind of model it is. */
import { join } from 'node:path';
import { NadirError, readBounded } from '../base/index.ts';
import { type Estimator, type Forest, forestFromOnnx, predictForest } from '../forest/index.ts';
import { computeFeatures, readSoilModel, type SoilModel, type SpectralInput } from '../spectra/index.ts';

const MAX_ONNX_BYTES = 512 * 2 ** 20;

export interface SoilEstimator {
  readonly model: SoilModel;
  readonly estimator: Estimator;
  /** Features of n spectra as the model reads them, [n, features]. */
  features(input: SpectralInput): Float32Array;
  /** Estimates of n spectra, [n, targets], in the targets' units. */
  predict(input: SpectralInput, edge?: Float64Array): Float64Array;
}

/** Opens a soil model folder; errors name the file at fault. */
export async function openSoilModel(folder: string): Promise<SoilEstimator> {
  const model = await readSoilModel(folder);
  const estimator = await readEstimator(folder, model);
  const T = model.targets.length;
  const F = model.features.length;
  if (estimator.targets !== T || (F > 0 && estimator.features !== F))
    throw new NadirError({
      what: `the model has ${estimator.features} features and ${estimator.targets} targets, model.json ${F} and ${T}`,
      where: folder,
      remedy: 'Train the model again; the two files are not of one model',
    });
  const bands = model.wavelengthsNm.length;
  const mscReference = model.mscReference && Float64Array.from(model.mscReference);
  const features = (input: SpectralInput) =>
    computeFeatures(model.features, { ...input, ...(mscReference && { mscReference }) }, bands);
  return {
    model,
    estimator,
    features,
    predict: (input, edge) => estimator.predict(features(input), input.mean.length / bands, edge),
  };
}

async function readEstimator(folder: string, model: SoilModel): Promise<Estimator> {
  if (model.model === 'mean') return meanEstimator(model);
  const path = join(folder, 'forest.onnx');
  return forestEstimator(model, forestFromOnnx(await readBounded(path, MAX_ONNX_BYTES), path));
}

function forestEstimator(model: SoilModel, forest: Forest): Estimator {
  return {
    kind: model.model,
    features: forest.features,
    targets: forest.targets,
    forest,
    choices: {},
    predict: (x) => predictForest(forest, x),
    files: () => new Map(),
  };
}

function meanEstimator(model: SoilModel): Estimator {
  const means = model.targets.map((name) => model.targetMean[name]);
  return {
    kind: 'mean',
    features: 0,
    targets: means.length,
    choices: {},
    predict: (_, n) => Float64Array.from({ length: n * means.length }, (__, i) => means[i % means.length]),
    files: () => new Map(),
  };
}
