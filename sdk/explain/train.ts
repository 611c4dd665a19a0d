/** `nadir spectra train`: cross-validated score of a soil model, then the model on all rows. */
import { join } from 'node:path';
import { NadirError, type Progress, Random, writeFileAtomic } from '../base/index.ts';
import { shapValues } from '../forest/index.ts';
import { mean, scoreFolds } from '../spectra/index.ts';
import { type Attribution, attribute } from './attribution.ts';
import { attributionFigure } from './figure.ts';
import { binRows, everyColumn, gather, growForest } from './fits.ts';
import { writeModelFolder } from './model-folder.ts';
import type { TrainOutcome } from './outcomes.ts';
import { type ForestChoices, type Problem, type ProblemOptions, readProblem, targetSds } from './problem.ts';
import { trainReport } from './report.ts';
import { outOfFold, runFits } from './run-fits.ts';

/** Models that `spectra train` knows. */
export const MODELS = ['forest', 'mean'] as const;
export type ModelName = (typeof MODELS)[number];

/** Rows that SHAP looks at for a report. */
const REPORT_ROWS = 300;

export interface TrainOptions extends ProblemOptions {
  readonly model: string;
  readonly forest: ForestChoices;
  /** Folder of the model. */
  readonly out: string;
  readonly threads: number;
}

/** Scores a model in the folds, trains it on all rows, writes the model folder with its report. */
export async function trainSoilModel(options: TrainOptions, progress: Progress): Promise<TrainOutcome> {
  const name = knownModel(options.model);
  const problem = await readProblem(options, options.forest);
  const { fit, folds, selection, table } = problem;
  const prediction = name === 'mean' ? trainingMeans(problem) : await crossValidate(problem, options.threads, progress);
  const score = scoreFolds(selection.truth, prediction, folds, options.targets);
  progress.log(`score ${score.mean.toFixed(4)} ± ${score.sd.toFixed(4)} over ${folds.scheme}`);

  const allRows = Uint32Array.from({ length: fit.n }, (_, row) => row);
  const allColumns = everyColumn(fit);
  const before = process.cpuUsage();
  const forest =
    name === 'mean'
      ? null
      : growForest(fit, binRows(fit, allRows), selection.truth, allColumns, Random.of(fit.seed, 'forest').uint32());
  const { user, system } = process.cpuUsage(before);
  const features = forest === null ? [] : problem.features;
  const model = await writeModelFolder(options.out, {
    problem,
    features,
    forest,
    options: { command: 'train', groups: options.groups ?? 'all', ...(forest && options.forest) },
    figures: { score: score.mean, scoreSd: score.sd, folds: score.folds, perTarget: score.perTarget },
  });

  let figure: { attribution: Attribution; svg: string } | null = null;
  if (forest !== null) {
    const rows = Random.of(fit.seed, 'report rows').permutation(fit.n).subarray(0, REPORT_ROWS);
    const shap = shapValues(forest, gather(fit, rows, allColumns), rows.length);
    const attribution = attribute(
      features,
      { values: shap.values, n: rows.length, targets: fit.targets },
      table.wavelengthsNm,
      targetSds(selection.truth, options.targets),
    );
    const svg = attributionFigure(attribution, {
      title: 'Where the soil model looks',
      subtitle: `forest of ${options.forest.trees} trees on ${features.length} features · ${options.targets.join(', ')} · ${fit.n} samples of ${table.name}`,
    });
    figure = { attribution, svg };
    await writeFileAtomic(join(options.out, 'attribution.svg'), svg);
  }
  const report = join(options.out, 'report.html');
  await writeFileAtomic(report, trainReport({ model, score, folds, figure: figure?.svg ?? null }));
  return {
    score,
    model: options.out,
    trainCpuSeconds: (user + system) / 1e6,
    features: features.length,
    droppedRows: selection.dropped,
    report,
  };
}

function knownModel(name: string): ModelName {
  const known = MODELS.find((model) => model === name);
  if (known === undefined)
    throw new NadirError({
      what: `model "${name}" is not in this version`,
      where: '--model',
      remedy: `Choose among ${MODELS.join(', ')}`,
      exitCode: 2,
    });
  return known;
}

/** Out-of-fold predictions of a forest on all features, [n, targets]. */
async function crossValidate(problem: Problem, threads: number, progress: Progress): Promise<Float64Array> {
  const jobs = problem.folds.names.map((_, fold) => ({ fold, keep: [] }));
  const results = await runFits(problem.fit, jobs, threads, progress);
  return outOfFold(
    problem.fit,
    results.map(({ rows, full }) => ({ rows, prediction: full })),
  );
}

function trainingMeans({ fit, folds, selection }: Problem): Float64Array {
  const T = fit.targets;
  const means = folds.names.map((_, fold) =>
    Array.from({ length: T }, (__, t) =>
      mean(selection.truth.filter((___, i) => i % T === t && folds.of[Math.floor(i / T)] !== fold)),
    ),
  );
  return Float64Array.from(selection.truth, (_, i) => means[folds.of[Math.floor(i / T)]][i % T]);
}
