/** `nadir spectra features | train | explain | prune`. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  DEFAULT_FOREST,
  DRAWN_AT_LEAST,
  explainSoilModel,
  MODELS,
  pruneSoilModel,
  trainSoilModel,
} from '../explain/index.ts';
import { DATASETS, FEATURE_GROUPS, writeFeatureFile } from '../spectra/index.ts';
import { count, counts, list, run, type SharedOptions, shared } from './run.ts';

interface DataOptions extends SharedOptions {
  readonly data: string;
  readonly out: string;
}

interface ForestOptions extends DataOptions {
  readonly targets: string[];
  readonly groups?: string[];
  readonly trees: number;
  readonly minLeaf: number;
  readonly mtry: number;
  readonly folds: string;
  readonly group?: string;
  readonly holdout?: string;
  readonly licence?: string;
}

/** Adds the `spectra` commands. */
export function addSpectraCommands(program: Command): void {
  const spectra = program
    .command('spectra')
    .description('soil models on spectra: features, training, explanation, pruning');
  addFeatures(spectra);
  addTrain(spectra);
  addExplain(spectra);
  addPrune(spectra);
}

function addFeatures(spectra: Command): void {
  const command = withData(
    spectra.command('features').description('compute the spectral features of every row of a table'),
  );
  shared(withGroups(command), { out: 'out/features' }).action((options: DataOptions & { groups?: string[] }) =>
    run(
      options,
      () => writeFeatureFile(options),
      (made) =>
        `${made.n} rows: ${made.features}, names in ${made.names}; ${(made.secondsPerPatch * 1e6).toFixed(0)} µs a spectrum`,
    ),
  );
}

function addTrain(spectra: Command): void {
  const command = withForest(
    spectra.command('train').description('score a soil model in folds and train it on all rows'),
  ).option('--model <name>', `one of ${MODELS.join(', ')}`, 'forest');
  shared(command, { out: 'out/soil', threads: true }).action((options: ForestOptions & { model: string }) =>
    run(
      options,
      (surroundings) => trainSoilModel({ ...options, forest: forestOf(options) }, surroundings),
      (made) =>
        `score ${made.score.mean.toFixed(4)} ± ${made.score.sd.toFixed(4)} (1 = training mean)\n${Object.entries(
          made.score.perTarget,
        )
          .map(([name, figures]) => `  ${name}: R² ${figures.r2.toFixed(3)}, RMSE ${figures.rmse.toFixed(3)}`)
          .join('\n')}\nmodel: ${made.model}, report: ${made.report}`,
    ),
  );
}

function addExplain(spectra: Command): void {
  const command = withData(
    spectra.command('explain').description('SHAP values of a soil model, by feature and by wavelength'),
  ).requiredOption('--model <dir>', 'soil model folder, as train and prune make it');
  shared(command, { out: 'out/explain' }).action((options: DataOptions & { model: string }) =>
    run(
      options,
      (surroundings) => explainSoilModel(options, surroundings),
      (made) =>
        `${made.n} rows explained, additivity error ${made.additivityError.toExponential(1)}: ${made.shap}\nreport: ${made.report}`,
    ),
  );
}

function addPrune(spectra: Command): void {
  const command = withForest(
    spectra.command('prune').description('the loss of keeping K features, and the smallest good model'),
  ).option('--keep <counts>', 'counts of features to keep', counts, [12, 24, 48, 120]);
  shared(command, { out: 'out/pruned', threads: true }).action((options: ForestOptions & { keep: number[] }) =>
    run(
      options,
      (surroundings) => pruneSoilModel({ ...options, forest: forestOf(options) }, surroundings),
      (made) =>
        `all ${made.full.features} features: score ${made.full.score.toFixed(4)}\n${made.curve
          .map(
            (point) =>
              `${point.keep === made.chosen ? '→' : ' '} ${point.keep} features, ${point.bandsRead} bands: ${point.score.toFixed(4)} (loss ${point.lossPercent.toFixed(2)} %)`,
          )
          .join('\n')}\nmodel: ${made.model}, report: ${made.report}`,
    ),
  );
}

function withData(command: Command): Command {
  return command.requiredOption('--data <path>', `${DATASETS.join(', ')} or the path of a spectra table (CSV)`);
}

function withGroups(command: Command): Command {
  return command.option('--groups <names>', `feature groups among ${FEATURE_GROUPS.join(', ')} (default: all)`, list);
}

function withForest(command: Command): Command {
  return withGroups(withData(command))
    .requiredOption('--targets <names>', 'target columns', list)
    .option('--trees <n>', 'trees of a forest', count, DEFAULT_FOREST.trees)
    .option('--min-leaf <n>', 'fewest samples in a leaf', count, DEFAULT_FOREST.minLeaf)
    .option(
      '--mtry <share>',
      `share of the features that a split looks at (at least ${DRAWN_AT_LEAST} or all)`,
      share,
      DEFAULT_FOREST.mtry,
    )
    .option('--folds <n|column:NAME>', 'number of folds, or the column that names them', '5')
    .option('--group <column>', 'keep rows with equal values of this column in one fold')
    .option('--holdout <path>', 'spectra table that no training sees; its rows go with the model for parity checks')
    .option('--licence <spdx>', 'licence of the data (default: known for the shipped sets)');
}

function forestOf({ trees, minLeaf, mtry }: ForestOptions) {
  return { trees, minLeaf, mtry };
}

/** Option parser: number in (0, 1]. */
function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1))
    throw new InvalidArgumentError('must be a number above 0, at most 1.');
  return value;
}
