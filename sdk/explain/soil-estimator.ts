/** A soil model folder, opened: from spectra to estimates as the board computes them, whatever kind of model it is. */
import { join } from 'node:path';
import { NadirError, readBounded } from '../base/index.ts';
import { type Estimator, type EstimatorKind, readEstimator } from '../forest/index.ts';
import { computeFeatures, modelInput, readSoilModel, type SoilModel, type SpectralInput } from '../spectra/index.ts';
import { combine, type Part } from './combined.ts';

const MAX_BYTES = 512 * 2 ** 20;

export interface SoilEstimator {
  readonly model: SoilModel;
  readonly estimator: Estimator;
  /** Of a combined model. */
  readonly parts?: readonly Part[];
  /** Features of n spectra as the model reads them, [n, features]. */
  features(input: SpectralInput): Float32Array;
  /** Estimates of n spectra, [n, targets], in the targets' units. */
  predict(input: SpectralInput, edge?: Float64Array): Float64Array;
}

/** Opens a soil model folder; errors name the file at fault. */
export async function openSoilModel(folder: string): Promise<SoilEstimator> {
  const model = await readSoilModel(folder);
  const unknown = model.targets.find((name) => !(name in model.targetMean && name in model.targetSd));
  if (unknown !== undefined)
    throw new NadirError({
      what: `no mean and SD of the target ${unknown}`,
      where: join(folder, 'model.json'),
      remedy: 'Train the model again with nadir spectra train or prune',
    });
  const { estimator, parts } = await readWhole(folder, model);
  const bands = model.wavelengthsNm.length;
  const features = (input: SpectralInput) =>
    computeFeatures(model.features, modelInput(model, input.mean, input.sigma), bands);
  return {
    model,
    estimator,
    ...(parts && { parts }),
    features,
    predict: (input, edge) => estimator.predict(features(input), input.mean.length / bands, edge),
  };
}

async function readWhole(folder: string, model: SoilModel): Promise<Pick<SoilEstimator, 'estimator' | 'parts'>> {
  const features = model.features.length;
  const targets = model.targets.length;
  if (model.model === 'mean') return { estimator: meanEstimator(model) };
  if (model.model !== 'combined') return { estimator: await readFolder(folder, model.model, { features, targets }) };
  const parts = await Promise.all(
    (model.parts ?? []).map(
      async ({ kind, folder: own, columns, weights }): Promise<Part> => ({
        estimator: await readFolder(join(folder, own), kind, { features: columns.length, targets }),
        columns,
        weights: Float64Array.from(model.targets, (name) => weights[name] ?? 0),
      }),
    ),
  );
  return { estimator: combine(parts, features, targets), parts };
}

function readFolder(folder: string, kind: EstimatorKind, shape: { features: number; targets: number }) {
  return readEstimator(kind, shape, (file) => readBounded(join(folder, file), MAX_BYTES), folder);
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
