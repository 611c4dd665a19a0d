/** Opens an audit: reads model and data, finds groups, fits the judges. */
import { NadirError, onSharedMemory, type Progress, Random, runJobs, workerUrl } from '../../base/index.ts';
import {
  makeFolds,
  needsPixels,
  onBands,
  readSpectra,
  type SpectraTable,
  selectTargets,
  spectralInput,
} from '../../spectra/index.ts';
import { edgesOf } from '../holdout.ts';
import { targetSds } from '../problem.ts';
import { openSoilModel } from '../soil-estimator.ts';
import type { AuditCase, AuditOptions } from './audit-case.ts';
import { baselineOf, ownColumns, scoreOf, valuesOf } from './judging.ts';
import { patchSource } from './patch-source.ts';
import { fitRecipe, type RefitData, recipeOf, refit, rowsOf } from './refit.ts';

const WORKER = workerUrl(import.meta.url, './redteam-worker');
const GROUP_NAMES =
  /^(field|site|flight|farm|plot|campaign|dataset|region|location|locality|area|profile|group|survey|batch)(_?id)?$/i;
const MAX_SAMPLE = { quick: 160, full: 600 };

/** Errors are of the model's folder, the data and the options. */
export async function openCase(options: AuditOptions, progress: Progress): Promise<AuditCase> {
  const soil = await openSoilModel(options.model);
  const { model } = soil;
  const pixels = needsPixels(model.features);
  const { skipped: _, ...whole } = await readSpectra(options.data, { pixels, threads: options.threads, progress });
  const table = onBands(whole, model.wavelengthsNm);
  const columns = options.targets ?? model.targets;
  if (columns.length !== model.targets.length)
    throw new NadirError({
      what: `the model has ${model.targets.length} targets (${model.targets.join(', ')}), ${columns.length} are named`,
      where: '--targets',
      remedy: "Name a column for each of the model's targets, in its order",
      exitCode: 2,
    });
  const selection = selectTargets(table, columns);
  const { rows, spectra, truth } = selection;
  const n = rows.length;
  const bands = table.wavelengthsNm.length;
  const T = columns.length;
  const F = model.features.length;
  const targetSd = targetSds(truth, columns);
  const folds = makeFolds(table, rows, { spec: options.folds ?? '5', seed: options.seed });
  const recipe = recipeOf(model.model, model.options);
  const data = {
    ...refitData(soil.features(spectralInput(table, rows)), spectra, truth, { n, F, bands, T }, recipe),
    ...edgesOf(table, rows),
  };
  const canRefit = recipe !== null;
  const random = (use: string) => Random.of(options.seed, `redteam ${use}`);

  const isTrainingData = table.sha256 === model.data.sha256;
  const judges: AuditCase['judges'][number][] = [];
  const everyRow = Uint32Array.from({ length: n }, (_, row) => row);
  if (isTrainingData && recipe !== null) {
    for (const [fold, name] of folds.names.entries()) {
      const training = everyRow.filter((row) => folds.of[row] !== fold);
      const estimator = fitRecipe(
        recipe,
        rowsOf(data, training, ownColumns(F)),
        valuesOf(truth, training, T),
        T,
        random(`judge of fold ${name}`).uint32(),
      );
      judges.push({ rows: everyRow.filter((row) => folds.of[row] === fold), estimator });
    }
  } else judges.push({ rows: everyRow, estimator: soil.estimator });
  const judged = Uint32Array.from(judges.flatMap((judge) => [...judge.rows])).sort();
  const basis =
    isTrainingData && canRefit
      ? `the model's recipe on its ${F} features, fitted again in ${folds.scheme}; each row is judged by a fit that did not see it`
      : isTrainingData
        ? `the model itself on the rows that it was trained on: a ${model.model} model is not fitted again here, so its scores flatter`
        : 'the model itself, on data other than it was trained on';
  const prediction = new Float64Array(n * T).fill(Number.NaN);
  for (const { rows: own, estimator } of judges) {
    const { x, edge } = rowsOf(data, own, ownColumns(F));
    const estimates = estimator.predict(x, own.length, edge);
    own.forEach((row, i) => {
      prediction.set(estimates.subarray(i * T, (i + 1) * T), row * T);
    });
  }
  const baseline = baselineOf(
    truth,
    T,
    folds,
    isTrainingData && canRefit ? null : model.targets.map((name) => model.targetMean[name]),
  );
  const sampleSize = options.quick ? MAX_SAMPLE.quick : MAX_SAMPLE.full;
  const sample = random('sample').shuffle(judged.slice()).subarray(0, sampleSize).sort();
  const partial = { truth, baseline, targets: columns };
  progress.log(`red team: ${n} rows of ${table.name}, ${F} features; judged by ${basis}`);
  return {
    options,
    soil,
    table,
    targets: columns,
    rows,
    n,
    bands,
    features: F,
    wavelengthsNm: table.wavelengthsNm,
    spectra,
    truth,
    targetSd,
    data,
    folds,
    groups: findGroups(table, rows, options.group),
    canRefit,
    judges,
    basis,
    judged,
    prediction,
    baseline,
    score: scoreOf(partial, prediction, judged),
    sample,
    sampleScore: scoreOf(partial, prediction, sample),
    patchOf: options.patchOf ?? (await patchSource(options.data, table)),
    refits: (jobs) => runJobs({ worker: WORKER, data, jobs, threads: options.threads, work: refit }),
    random,
  };
}

function findGroups(table: SpectraTable, rows: Uint32Array, asked: string | undefined): AuditCase['groups'] {
  const candidates = asked === undefined ? [...table.columns.keys()].filter((name) => GROUP_NAMES.test(name)) : [asked];
  for (const column of candidates) {
    const cells = asked === undefined ? table.columns.get(column) : undefined;
    const blank = cells && rows.some((row) => cells[row].trim() === '');
    if (blank) continue;
    const count = cells && new Set(Array.from(rows, (row) => cells[row])).size;
    if (count !== undefined && (count < 2 || count > rows.length / 3)) continue;
    // a name found that makes no folds is no group; one that was asked for is an error
    const { names, of } = makeFolds(table, rows, { spec: `column:${column}`, seed: 0 });
    return { column, names, of };
  }
  return null;
}

function refitData(
  x: Float32Array,
  spectra: Float32Array,
  truth: Float64Array,
  { n, F, bands, T }: { n: number; F: number; bands: number; T: number },
  recipe: RefitData['recipe'],
): RefitData {
  const columns = F + bands;
  const shared = new Float32Array(new SharedArrayBuffer(4 * n * columns));
  for (let row = 0; row < n; row++) {
    shared.set(x.subarray(row * F, (row + 1) * F), row * columns);
    shared.set(spectra.subarray(row * bands, (row + 1) * bands), row * columns + F);
  }
  return { x: shared, y: onSharedMemory(truth), n, columns, targets: T, recipe };
}
