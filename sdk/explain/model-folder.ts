/** Writes a soil model folder: model.json, the weights and holdout.npz. */
import { join } from 'node:path';
import { canonicalJson, VERSION, writeFileAtomic, writeNpz } from '../base/index.ts';
import { type Estimator, type Forest, forestToOnnx, predictForest } from '../forest/index.ts';
import {
  bandsRead,
  computeFeatures,
  fitDomain,
  mean,
  type Score,
  type SoilModel,
  type SpectralFeature,
} from '../spectra/index.ts';
import { type Part, partFolder } from './combined.ts';
import type { Uncertainty } from './conformal.ts';
import { validationOf } from './first-lines.ts';
import { type Problem, targetSds } from './problem.ts';

export interface ModelParts {
  readonly problem: Problem;
  readonly features: readonly SpectralFeature[];
  /** The model, or a forest alone; null for the training-mean predictor. */
  readonly estimator?: Estimator | null;
  readonly forest?: Forest | null;
  /** Of a combined model. */
  readonly parts?: readonly Part[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly uncertainty?: Uncertainty;
}

/** Writes the folder's files and gives back what `model.json` holds. The folder is made where it is missing. */
export async function writeModelFolder(folder: string, given: ModelParts): Promise<SoilModel> {
  const { problem, features, parts } = given;
  const { table, selection, folds, fit, holdout, mscReference } = problem;
  const estimator = given.estimator ?? (given.forest ? forestAlone(given.forest) : null);
  const bands = table.wavelengthsNm.length;
  const targets = [...selection.targets];
  const sds = targetSds(selection.truth, targets);
  const perTarget = (values: ArrayLike<number>) => Object.fromEntries(targets.map((name, t) => [name, values[t]]));
  const means = targets.map((_, t) => mean(selection.truth.filter((__, i) => i % targets.length === t)));
  const read = bandsRead(features);
  const domain = fitDomain(selection.spectra, bands, { bands: read, seed: fit.seed });
  const model: SoilModel = {
    kind: 'soil',
    version: VERSION,
    model: estimator?.kind ?? 'mean',
    targets,
    features: features.map(({ bands: points, weights, footprint, ...named }) => ({
      ...named,
      bands: [...points],
      weights: [...weights],
      ...(footprint && { footprint: [...footprint] }),
    })),
    wavelengthsNm: [...table.wavelengthsNm],
    ...(mscReference && { mscReference: [...mscReference] }),
    ...(problem.fullReflectance !== undefined && { fullReflectance: problem.fullReflectance }),
    targetMean: perTarget(means),
    targetSd: perTarget(sds),
    bandsRead: read,
    ...(parts && {
      parts: parts.map((part, i) => ({
        kind: singleKind(part.estimator),
        folder: partFolder(i, part.estimator.kind),
        columns: Array.from(part.columns),
        weights: Object.fromEntries(
          targets.flatMap((name, t) => (part.weights[t] === 0 ? [] : [[name, part.weights[t]] as const])),
        ),
      })),
    }),
    ...(given.uncertainty && { uncertainty: given.uncertainty }),
    ...(domain && { domain }),
    data: { name: table.name, sha256: table.sha256, rows: selection.rows.length },
    seed: fit.seed,
    options: { ...given.options, folds: folds.scheme, droppedRows: selection.dropped },
    // how the score came about goes with it, whichever command made it
    figures: {
      ...(isScored(given.figures) && { validation: validationOf(problem, read, given.figures.perTarget) }),
      ...given.figures,
    },
    licence: problem.licence,
    holdout: `holdout.npz: ${holdout.n} ${holdout.note}.`,
  };
  await writeFileAtomic(join(folder, 'model.json'), canonicalJson(model));
  if (estimator === null || estimator.kind === 'mean') return model;
  const { spectra, truth, n, sigma } = holdout;
  const input = { mean: spectra, ...(sigma && { sigma }), ...(mscReference && { mscReference }) };
  const values = computeFeatures(features, input, bands);
  for (const [name, bytes] of estimator.files()) await writeFileAtomic(join(folder, name), bytes);
  await writeNpz(join(folder, 'holdout.npz'), {
    spectra: { shape: [n, bands], data: spectra },
    ...(sigma && { sigma: { shape: [n, 5, bands], data: sigma } }),
    features: { shape: [n, features.length], data: values },
    prediction: { shape: [n, targets.length], data: estimator.predict(values, n, holdout.edge) },
    truth: { shape: [n, targets.length], data: truth },
  });
  return model;
}

function forestAlone(forest: Forest): Estimator {
  return {
    kind: 'forest',
    features: forest.features,
    targets: forest.targets,
    forest,
    choices: {},
    predict: (x) => predictForest(forest, x),
    files: () => new Map([['forest.onnx', forestToOnnx(forest)]]),
  };
}

function isScored(figures: object): figures is { perTarget: Score['perTarget'] } {
  return 'perTarget' in figures && !('validation' in figures);
}

function singleKind({ kind }: Estimator) {
  if (kind === 'combined') throw new RangeError('a part of a combined model is not itself combined');
  return kind;
}
