/** Writes a soil model folder: model.json, forest.onnx and holdout.npz. */
import { join } from 'node:path';
import { canonicalJson, VERSION, writeFileAtomic, writeNpz } from '../base/index.ts';
import { type Forest, forestToOnnx, predictForest } from '../forest/index.ts';
import { bandsRead, computeFeatures, mean, type SoilModel, type SpectralFeature } from '../spectra/index.ts';
import { type Problem, targetSds } from './problem.ts';

/** Rows that a model carries along, so that whoever packs or flies it can check that it still computes the same. */
const HOLDOUT_ROWS = 64;

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
  const { table, selection, folds, fit } = problem;
  const targets = [...selection.targets];
  const sds = targetSds(selection.truth, targets);
  const perTarget = (values: ArrayLike<number>) => Object.fromEntries(targets.map((name, t) => [name, values[t]]));
  const means = targets.map((_, t) => mean(selection.truth.filter((__, i) => i % targets.length === t)));
  const lastFold = folds.names.length - 1;
  const model: SoilModel = {
    kind: 'soil',
    version: VERSION,
    model: forest === null ? 'mean' : 'forest',
    targets,
    features: features.map(({ name, group, bands, weights }) => ({
      name,
      group,
      bands: [...bands],
      weights: [...weights],
    })),
    wavelengthsNm: [...table.wavelengthsNm],
    targetMean: perTarget(means),
    targetSd: perTarget(sds),
    bandsRead: bandsRead(features),
    data: { name: table.name, sha256: table.sha256, rows: selection.rows.length },
    seed: fit.seed,
    options: { ...parts.options, folds: folds.scheme, droppedRows: selection.dropped },
    figures: { ...parts.figures },
    holdout:
      `holdout.npz: at most ${HOLDOUT_ROWS} rows of fold ${folds.names[lastFold]} as this model predicts them. The model was trained on all rows, ` +
      'these among them: they show that another engine computes the same, not how good the model is; the score was measured in the folds.',
  };
  await writeFileAtomic(join(folder, 'model.json'), canonicalJson(model));
  if (forest === null) return model;
  const bands = table.wavelengthsNm.length;
  const rows = [...folds.of.keys()].filter((row) => folds.of[row] === lastFold).slice(0, HOLDOUT_ROWS);
  const spectra = takeRows(selection.spectra, rows, bands, new Float32Array(rows.length * bands));
  const truth = takeRows(selection.truth, rows, targets.length, new Float64Array(rows.length * targets.length));
  const values = computeFeatures(features, spectra, bands);
  await writeFileAtomic(join(folder, 'forest.onnx'), forestToOnnx(forest));
  await writeNpz(join(folder, 'holdout.npz'), {
    spectra: { shape: [rows.length, bands], data: spectra },
    features: { shape: [rows.length, features.length], data: values },
    prediction: { shape: [rows.length, targets.length], data: predictForest(forest, values) },
    truth: { shape: [rows.length, targets.length], data: truth },
  });
  return model;
}

function takeRows<T extends Float32Array | Float64Array>(
  source: T,
  rows: readonly number[],
  width: number,
  into: T,
): T {
  rows.forEach((row, i) => {
    into.set(source.subarray(row * width, (row + 1) * width), i * width);
  });
  return into;
}
