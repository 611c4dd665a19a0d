/** `nadir spectra explain`: SHAP values of a soil model folder on a spectra table, by feature and by wavelength. */
import { join } from 'node:path';
import { NadirError, type Progress, Random, writeFileAtomic, writeNpy } from '../base/index.ts';
import { interactionValues } from '../forest/interactions.ts';
import { interventionalShap } from '../forest/interventional.ts';
import { domainDistance, needsPixels, onBands, readSpectra, spectralInput } from '../spectra/index.ts';
import { attribute, featureImportance } from './attribution.ts';
import { explainParts } from './combined.ts';
import { explainReport } from './explain-report.ts';
import { attributionFigure } from './figure.ts';
import { edgesOf } from './holdout.ts';
import type { ExplainOutcome } from './outcomes.ts';
import { logSkipped } from './problem.ts';
import { takeRows } from './row-arrays.ts';
import { type ExactShap, explainEstimator, isExplained } from './shap-any.ts';
import { sampledShap } from './shap-sampled.ts';
import { openSoilModel, type SoilEstimator } from './soil-estimator.ts';
import { strongest } from './strongest.ts';

export interface ExplainOptions {
  /** A soil model folder. */
  readonly model: string;
  readonly data: string;
  readonly out: string;
  /** Trees: against rows of this table as background (Lundberg et al. 2020, interventional) in place of the paths that training took. */
  readonly interventional?: boolean;
  /** Trees: also the strongest interactions between the features of greatest importance. */
  readonly interactions?: boolean;
  readonly seed?: number;
  /** HYPERVIEW folders: leave out bad patches and go on. */
  readonly skipBad?: boolean;
}

/** Rows that a model without closed form is explained on, at most: each costs thousands of predictions. */
const SAMPLED_ROWS = 40;
const BACKGROUND_ROWS = 100;
/** Features between which interactions are looked for, rows on which, and pairs that are told. */
const INTERACTING = 12;
const INTERACTION_ROWS = 200;
const MOST_PAIRS = 20;

/** Reads the model back from its folder, explains every row of the table and writes shap.npy, the figure and a report. */
export async function explainSoilModel(options: ExplainOptions, progress: Progress): Promise<ExplainOutcome> {
  const soil = await openSoilModel(options.model);
  const { model, estimator } = soil;
  const T = model.targets.length;
  const F = model.features.length;
  const seed = options.seed ?? 0;
  if (F === 0) throw unexplained(model.model, options.model);
  const { skipped, ...whole } = await readSpectra(options.data, {
    pixels: needsPixels(model.features),
    ...(options.skipBad && { skipBad: true }),
  });
  logSkipped(skipped, progress);
  const table = onBands(whole, model.wavelengthsNm);
  const everyRow = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const isClosed = hasClosedForm(soil);
  const rows = isClosed ? everyRow : sampleOf(table.rows, SAMPLED_ROWS, seed, 'explained rows');
  const n = rows.length;
  const { edge } = edgesOf(table, rows);
  if (n === 1 && isClosed && !estimator.forest) throw aloneInTable(model.model, options.data);
  if (options.interventional && !estimator.forest) throw notTrees('--interventional', model.model);
  if (options.interactions && !estimator.forest) throw notTrees('--interactions', model.model);

  const known = soil.features(spectralInput(table));
  const values = takeRows(known, rows, F);
  const before = process.cpuUsage();
  const shap = isClosed
    ? shapOf(soil, values, n, options.interventional ? seed : null)
    : sampledShap(estimator, model.features, values, n, {
        x: known,
        n: table.rows,
        bands: model.wavelengthsNm.length,
        seed,
      });
  if (shap === null) throw unexplained(model.model, options.model);
  const { user, system } = process.cpuUsage(before);
  const shapCpuSeconds = (user + system) / 1e6;
  progress.log(`SHAP values of ${n} rows × ${F} features × ${T} targets in ${shapCpuSeconds.toFixed(2)} CPU-s`);

  const prediction = estimator.predict(values, n, edge);
  let additivityError = 0;
  for (let row = 0; row < n; row++)
    for (let t = 0; t < T; t++) {
      let sum = shap.base[t];
      for (let f = 0; f < F; f++) sum += shap.values[(row * F + f) * T + t];
      additivityError = Math.max(additivityError, Math.abs(sum - prediction[row * T + t]));
    }

  const targetSd = Float64Array.from(model.targets, (name) => model.targetSd[name]);
  const attribution = attribute(model.features, { values: shap.values, n, targets: T }, model.wavelengthsNm, targetSd);
  const shapPath = join(options.out, 'shap.npy');
  await writeNpy(shapPath, { shape: [n, F, T], data: shap.values });
  const figure = attributionFigure(attribution, {
    title: 'Where the soil model looks',
    subtitle: `${model.model} on ${F} features · ${model.targets.join(', ')} · ${n} samples of ${table.name}`,
  });
  await writeFileAtomic(join(options.out, 'attribution.svg'), figure);
  const report = join(options.out, 'report.html');
  const outside = model.domain
    ? domainDistance(model.domain, table.reflectance, model.wavelengthsNm.length).filter((distance) => distance > 1)
    : null;
  const outcome: ExplainOutcome = {
    shap: shapPath,
    n,
    targets: model.targets,
    features: model.features.map((feature) => feature.name),
    base: [...shap.base],
    additivityError,
    method: shap.method,
    outsideShare: outside && outside.length / table.rows,
    shapCpuSeconds,
    ...(options.interactions && { interactions: strongestPairs(soil, values, n, shap, targetSd, seed) }),
    ...attribution,
    report,
  };
  await writeFileAtomic(report, explainReport({ model, outcome, figure, data: table.name }));
  return outcome;
}

/** Whether every part of the model is trees or linear. */
function hasClosedForm({ estimator, parts }: SoilEstimator): boolean {
  return (parts?.map((part) => part.estimator) ?? [estimator]).every(isExplained);
}

/** SHAP values of the rows; what a linear model's features are held against is their mean over these rows. */
function shapOf(
  { estimator, parts }: SoilEstimator,
  values: Float32Array,
  n: number,
  interventionalSeed: number | null,
): ExactShap | null {
  const { features: F, targets: T, forest } = estimator;
  if (forest && interventionalSeed !== null) {
    const background = sampleOf(n, BACKGROUND_ROWS, interventionalSeed, 'background');
    const { values: own, base } = interventionalShap(forest, values, n, takeRows(values, background, F));
    return { values: own, base, method: `interventional TreeSHAP against ${background.length} rows of the same table` };
  }
  const means = new Float64Array(F);
  for (let i = 0; i < values.length; i++) means[i % F] += values[i] / n;
  return parts ? explainParts(parts, values, n, F, T, means) : explainEstimator(estimator, values, n, { means });
}

/** The strongest pairs among the features of greatest importance: mean over rows and targets of |interaction| ÷ SD. */
function strongestPairs(
  { model, estimator: { forest, targets: T, features: F } }: SoilEstimator,
  values: Float32Array,
  n: number,
  shap: ExactShap,
  targetSd: Float64Array,
  seed: number,
) {
  if (!forest) return [];
  const importance = featureImportance({ values: shap.values, n, targets: T }, targetSd);
  const top = strongest(importance, INTERACTING);
  const rows = sampleOf(n, INTERACTION_ROWS, seed, 'interactions');
  const m = top.length;
  const found = interactionValues(forest, takeRows(values, rows, F), rows.length, top).values;
  const pairs: { a: string; b: string; strength: number }[] = [];
  for (let a = 0; a < m; a++)
    for (let b = 0; b < a; b++) {
      let strength = 0;
      for (let row = 0; row < rows.length; row++)
        for (let t = 0; t < T; t++) strength += (2 * Math.abs(found[((row * m + a) * m + b) * T + t])) / targetSd[t];
      pairs.push({
        a: model.features[top[b]].name,
        b: model.features[top[a]].name,
        strength: strength / (rows.length * T),
      });
    }
  return pairs.toSorted((one, other) => other.strength - one.strength).slice(0, MOST_PAIRS);
}

function sampleOf(n: number, most: number, seed: number, use: string): Uint32Array {
  return Random.of(seed, use).permutation(n).slice(0, most).sort();
}

function notTrees(option: string, kind: string): NadirError {
  return new NadirError({
    what: `a model of kind "${kind}" is no tree ensemble`,
    where: option,
    remedy: 'Leave the option out, or give a forest',
    exitCode: 2,
  });
}

/** A linear model's features are held against their means over the table: of one row every SHAP value would be 0. */
function aloneInTable(kind: string, where: string): NadirError {
  return new NadirError({
    what: `a ${kind} model is explained against the mean of the table, and there is one row`,
    where,
    remedy: 'Give the row together with the rows that it is to be compared with',
  });
}

function unexplained(kind: string, where: string): NadirError {
  return new NadirError({
    what: `a model of kind "${kind}" reads no features`,
    where,
    remedy: 'Give a model that nadir spectra train or prune made of features',
    exitCode: 2,
  });
}
