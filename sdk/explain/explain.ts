/** `nadir spectra explain`: SHAP values of a soil model folder on a spectra table, by feature and by wavelength. */
import { join } from 'node:path';
import { NadirError, type Progress, readBounded, writeFileAtomic, writeNpy } from '../base/index.ts';
import { forestFromOnnx, predictForest, shapValues } from '../forest/index.ts';
import {
  computeFeatures,
  readSoilModel,
  readSpectraTable,
  requireSameBands,
  resolveDataset,
} from '../spectra/index.ts';
import { attribute } from './attribution.ts';
import { attributionFigure } from './figure.ts';
import type { ExplainOutcome } from './outcomes.ts';
import { explainReport } from './report.ts';

const MAX_ONNX_BYTES = 512 * 2 ** 20;

export interface ExplainOptions {
  /** A soil model folder. */
  readonly model: string;
  readonly data: string;
  readonly out: string;
}

/** Reads the forest back from its ONNX file, explains every row of the table and writes shap.npy, the figure and a report. */
export async function explainSoilModel(options: ExplainOptions, progress: Progress): Promise<ExplainOutcome> {
  const model = await readSoilModel(options.model);
  if (model.model !== 'forest')
    throw new NadirError({
      what: `a model of kind "${model.model}" has no features to explain`,
      where: options.model,
      remedy: 'Give a forest, as nadir spectra train and prune make them',
      exitCode: 2,
    });
  const onnx = join(options.model, 'forest.onnx');
  const forest = forestFromOnnx(await readBounded(onnx, MAX_ONNX_BYTES), onnx);
  const T = model.targets.length;
  const F = model.features.length;
  if (forest.targets !== T || forest.features !== F)
    throw new NadirError({
      what: `the forest has ${forest.features} features and ${forest.targets} targets, model.json ${F} and ${T}`,
      where: onnx,
      remedy: 'Train the model again; the two files are not of one model',
    });
  const table = await readSpectraTable(resolveDataset(options.data));
  requireSameBands(table.wavelengthsNm, model.wavelengthsNm, table.name);

  const values = computeFeatures(model.features, table.reflectance, table.wavelengthsNm.length);
  const before = process.cpuUsage();
  const shap = shapValues(forest, values, table.rows);
  const { user, system } = process.cpuUsage(before);
  const shapCpuSeconds = (user + system) / 1e6;
  progress.log(
    `SHAP values of ${table.rows} rows × ${F} features × ${T} targets in ${shapCpuSeconds.toFixed(2)} CPU-s`,
  );

  const prediction = predictForest(forest, values);
  let additivityError = 0;
  for (let row = 0; row < table.rows; row++)
    for (let t = 0; t < T; t++) {
      let sum = shap.base[t];
      for (let f = 0; f < F; f++) sum += shap.values[(row * F + f) * T + t];
      additivityError = Math.max(additivityError, Math.abs(sum - prediction[row * T + t]));
    }

  const targetSd = Float64Array.from(model.targets, (name) => model.targetSd[name]);
  const attribution = attribute(
    model.features,
    { values: shap.values, n: table.rows, targets: T },
    model.wavelengthsNm,
    targetSd,
  );
  const shapPath = join(options.out, 'shap.npy');
  await writeNpy(shapPath, { shape: [table.rows, F, T], data: shap.values });
  const figure = attributionFigure(attribution, {
    title: 'Where the soil model looks',
    subtitle: `forest on ${F} features · ${model.targets.join(', ')} · ${table.rows} samples of ${table.name}`,
  });
  await writeFileAtomic(join(options.out, 'attribution.svg'), figure);
  const report = join(options.out, 'report.html');
  const outcome: ExplainOutcome = {
    shap: shapPath,
    n: table.rows,
    targets: model.targets,
    features: model.features.map((feature) => feature.name),
    base: [...shap.base],
    additivityError,
    shapCpuSeconds,
    ...attribution,
    report,
  };
  await writeFileAtomic(report, explainReport({ model, outcome, figure, data: table.name }));
  return outcome;
}
