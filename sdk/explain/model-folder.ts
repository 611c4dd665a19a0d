/** Writes a soil model folder: model.json, forest.onnx and holdout.npz. */
import { join } from 'node:path';
import { canonicalJson, VERSION, writeFileAtomic, writeNpz } from '../base/index.ts';
import { type Forest, forestToOnnx, predictForest } from '../forest/index.ts';
import { bandsRead, computeFeatures, mean, type SoilModel, type SpectralFeature } from '../spectra/index.ts';
import { type Problem, targetSds } from './problem.ts';

export interface ModelParts {
  readonly problem: Problem;
  readonly features: readonly SpectralFeature[];
  /** null for the training-mean predictor. */
  readonly forest: Forest | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Writes the folder's files and gives back what `model.json` holds. The folder is made where it is missing. */
export async function writeModelFolder(folder: string, parts: ModelParts): Promise<SoilModel> {
  const { problem, features, forest } = parts;
  const { table, selection, folds, fit, holdout } = problem;
  const targets = [...selection.targets];
  const sds = targetSds(selection.truth, targets);
  const perTarget = (values: ArrayLike<number>) => Object.fromEntries(targets.map((name, t) => [name, values[t]]));
  const means = targets.map((_, t) => mean(selection.truth.filter((__, i) => i % targets.length === t)));
  const model: SoilModel = {
    kind: 'soil',
    version: VERSION,
    model: forest === null ? 'mean' : 'forest',
    targets,
    features: features.map(({ bands, weights, footprint, ...named }) => ({
      ...named,
      bands: [...bands],
      weights: [...weights],
      ...(footprint && { footprint: [...footprint] }),
    })),
    wavelengthsNm: [...table.wavelengthsNm],
    targetMean: perTarget(means),
    targetSd: perTarget(sds),
    bandsRead: bandsRead(features),
    data: { name: table.name, sha256: table.sha256, rows: selection.rows.length },
    seed: fit.seed,
    options: { ...parts.options, folds: folds.scheme, droppedRows: selection.dropped },
    figures: { ...parts.figures },
    licence: problem.licence,
    holdout: `holdout.npz: ${holdout.n} ${holdout.note}.`,
  };
  await writeFileAtomic(join(folder, 'model.json'), canonicalJson(model));
  if (forest === null) return model;
  const { spectra, truth, n } = holdout;
  const values = computeFeatures(features, spectra, table.wavelengthsNm.length);
  await writeFileAtomic(join(folder, 'forest.onnx'), forestToOnnx(forest));
  await writeNpz(join(folder, 'holdout.npz'), {
    spectra: { shape: [n, table.wavelengthsNm.length], data: spectra },
    features: { shape: [n, features.length], data: values },
    prediction: { shape: [n, targets.length], data: predictForest(forest, values) },
    truth: { shape: [n, targets.length], data: truth },
  });
  return model;
}
