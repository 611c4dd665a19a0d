/** `nadir spectra features | train | explain | prune`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  DEFAULT_FOREST,
  DRAWN_AT_LEAST,
  explainSoilModel,
  MODELS,
  pruneSoilModel,
  trainSoilModel,
} from '../explain/index.ts';
import { ALL_GROUPS, DATASETS, writeFeatureFile } from '../spectra/index.ts';
import { count, counts, list, positive, run, type SharedOptions, shared } from './run.ts';
import { addImport } from './spectra-import.ts';
import { addMap } from './spectra-map.ts';
import { addRedteam } from './spectra-redteam.ts';

interface DataOptions extends SharedOptions {
  readonly data: string;
  readonly out: string;
}

interface ForestOptions extends DataOptions {
  readonly skipBad?: true;
  readonly targets: string[];
  readonly groups?: string[];
  readonly trees: number;
  readonly minLeaf: number;
  readonly mtry: number;
  readonly folds: string;
  readonly within?: readonly [number, number];
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
  addImport(spectra);
  addMap(spectra);
  addRedteam(spectra);
}

interface FeatureCommandOptions extends DataOptions {
  readonly groups?: string[];
  readonly scale?: number;
  readonly skipBad?: true;
}

function addFeatures(spectra: Command): void {
  const command = spectra
    .command('features')
    .description('compute the spectral features of every patch of a HYPERVIEW folder or row of a table')
    .requiredOption('--data <path>', `${DATASETS.join(', ')}, a spectra table (CSV) or a HYPERVIEW folder`)
    .option(
      '--groups <names>',
      `feature groups among ${ALL_GROUPS.join(', ')} (default: the winner's 16 for a HYPERVIEW folder, its groups without pixels for a table)`,
      list,
    )
    .option('--scale <x>', 'what pixel values of a HYPERVIEW folder are divided by (default: 2210)', positive)
    .option('--skip-bad', 'report bad patches and go on without them');
  shared(command, { out: 'out/features', threads: true }).action((options: FeatureCommandOptions) =>
    run(
      options,
      (surroundings) => writeFeatureFile(options, surroundings),
      (made) =>
        `${made.n} rows: ${made.features}, names in ${made.names}; ${(made.secondsPerPatch * 1e6).toFixed(0)} µs each${made.skipped.map(({ file, reason }) => `\nskipped ${file}: ${reason}`).join('')}`,
    ),
  );
}

interface TrainCommandOptions extends Omit<ForestOptions, 'trees' | 'minLeaf' | 'mtry'> {
  readonly model: string;
  readonly trees?: number;
  readonly minLeaf?: number;
  readonly mtry?: number;
  readonly choice: 'combine' | 'best';
}

function addTrain(spectra: Command): void {
  const command = withFolds(
    withGroups(withData(spectra.command('train').description('score a soil model in folds and train it on all rows'))),
  )
    .option('--model <name>', `one of ${MODELS.join(', ')}`, 'forest')
    .option('--trees <n>', `trees (a forest: ${DEFAULT_FOREST.trees}; other kinds their own)`, count)
    .option('--min-leaf <n>', 'fewest samples in a leaf', count)
    .option('--mtry <share>', 'share of the features that a split looks at', share)
    .addOption(
      new Option(
        '--choice <rule>',
        'what --model auto makes of its candidates: one weighted model, or the best of them',
      )
        .choices(['combine', 'best'])
        .default('combine'),
    );
  shared(command, { out: 'out/soil', threads: true }).action((options: TrainCommandOptions) =>
    run(
      options,
      (surroundings) => {
        const { trees, minLeaf, mtry } = options;
        const forest = { ...(trees && { trees }), ...(minLeaf && { minLeaf }), ...(mtry && { mtry }) };
        return trainSoilModel({ ...options, forest }, surroundings);
      },
      (made) =>
        [
          ...(made.validation.random
            ? [
                `random folds flatter by ${made.validation.random.gap.toFixed(4)}: ${made.validation.random.score.toFixed(4)} there`,
              ]
            : []),
          `score ${made.score.mean.toFixed(4)} ± ${made.score.sd.toFixed(4)} (1 = training mean), ${made.validation.scheme}`,
          ...Object.entries(made.score.perTarget).map(
            ([name, figures]) =>
              `  ${name}: R² ${figures.r2.toFixed(3)}, RMSE ${figures.rmse.toFixed(3)}, ${100 * made.uncertainty.coverage} % interval ± ${made.uncertainty.halfWidth[name].toFixed(3)}`,
          ),
          ...(made.auto
            ? Object.entries(made.auto.final).map(
                ([name, weights]) =>
                  `  ${name} by ${Object.entries(weights)
                    .map(([candidate, weight]) => `${candidate} ${weight.toFixed(2)}`)
                    .join(', ')}`,
              )
            : []),
          `model: ${made.model}, report: ${made.report}`,
        ].join('\n'),
    ),
  );
}

function addExplain(spectra: Command): void {
  const command = withData(
    spectra.command('explain').description('SHAP values of a soil model, by feature and by wavelength'),
  )
    .requiredOption('--model <dir>', 'soil model folder, as train and prune make it')
    .option('--interventional', 'trees: against rows of the table, not along the paths that training took')
    .option('--interactions', 'trees: also the strongest interactions of features')
    .option('--skip-bad', 'patches of a HYPERVIEW folder: leave out bad ones and go on');
  shared(command, { out: 'out/explain' }).action(
    (
      options: DataOptions & {
        model: string;
        interventional?: true;
        interactions?: true;
        skipBad?: true;
      },
    ) =>
      run(
        options,
        (surroundings) => explainSoilModel(options, surroundings),
        (made) =>
          `${made.n} rows explained by ${made.method}, additivity error ${made.additivityError.toExponential(1)}: ${made.shap}\nreport: ${made.report}`,
      ),
  );
}

interface PruneCommandOptions extends ForestOptions {
  readonly keep: number[];
  readonly bands?: number[];
  readonly rankings?: true;
  readonly formula?: true;
  readonly choose: 'features' | 'bands';
}

function addPrune(spectra: Command): void {
  const command = withForest(
    spectra
      .command('prune')
      .description('the loss of keeping K features or reading K bands, and the smallest good model'),
  )
    .option('--keep <counts>', 'counts of features to keep', counts, [12, 24, 48, 120])
    .option('--bands <counts>', 'budgets of bands to search: which bands the instrument should read', counts)
    .option('--rankings', 'compare SHAP with impurity, permutation, random and equally spaced choices (slow)')
    .option('--formula', 'fit a short formula to the strongest features')
    .addOption(
      new Option('--choose <what>', 'model to write: of the chosen count of features, or of the knee of --bands')
        .choices(['features', 'bands'])
        .default('features'),
    );
  shared(command, { out: 'out/pruned', threads: true }).action((options: PruneCommandOptions) =>
    run(
      options,
      (surroundings) => pruneSoilModel({ ...options, forest: forestOf(options) }, surroundings),
      (made) => {
        const point = (
          chosen: boolean,
          words: string,
          { score, lossPercent }: { score: number; lossPercent: number },
        ) => `${chosen ? '→' : ' '} ${words}: ${score.toFixed(4)} (loss ${lossPercent.toFixed(2)} %)`;
        return [
          `all ${made.full.features} features: score ${made.full.score.toFixed(4)}`,
          ...made.curve.map((own) =>
            point(
              options.choose === 'features' && own.keep === made.chosen,
              `${own.keep} features, ${own.bandsRead} bands`,
              own,
            ),
          ),
          ...(made.bandCurve ?? []).map((own) =>
            point(
              false,
              `${own.bands} bands (${own.nm.map(Math.round).join(', ')} nm), ${own.features.length} features`,
              own,
            ),
          ),
          ...(made.knee ? [`knee: ${made.knee.cost.bands} bands, ${made.knee.cost.features} features`] : []),
          ...Object.values(made.formula ?? {}).map((own) => `${own.text} (R² ${own.r2.toFixed(2)})`),
          `model: ${made.model}, report: ${made.report}`,
        ].join('\n');
      },
    ),
  );
}

function withData(command: Command): Command {
  return command.requiredOption('--data <path>', `${DATASETS.join(', ')} or the path of a spectra table (CSV)`);
}

function withGroups(command: Command): Command {
  return command.option(
    '--groups <names>',
    `feature groups among ${ALL_GROUPS.join(', ')} (default: what the kind of model reads, or all of the winner that the data allows)`,
    list,
  );
}

function withForest(command: Command): Command {
  return withFolds(withGroups(withData(command)))
    .option('--trees <n>', 'trees of a forest', count, DEFAULT_FOREST.trees)
    .option('--min-leaf <n>', 'fewest samples in a leaf', count, DEFAULT_FOREST.minLeaf)
    .option(
      '--mtry <share>',
      `share of the features that a split looks at (at least ${DRAWN_AT_LEAST} or all)`,
      share,
      DEFAULT_FOREST.mtry,
    );
}

function withFolds(command: Command): Command {
  return command
    .requiredOption('--targets <names>', 'target columns', list)
    .option(
      '--folds <how>',
      'number of folds, column:NAME, one-group-out (with --group), kennard-stone[:SHARE] or duplex[:SHARE]',
      '5',
    )
    .option('--within <from,to>', 'take only the bands between these wavelengths in nm', range)
    .option('--group <column>', 'keep rows with equal values of this column in one fold')
    .option('--holdout <path>', 'spectra table that no training sees; its rows go with the model for parity checks')
    .option('--licence <spdx>', 'licence of the data (default: known for the shipped sets)')
    .option('--skip-bad', 'patches of a HYPERVIEW folder: leave out bad ones and go on');
}

function forestOf({ trees, minLeaf, mtry }: ForestOptions) {
  return { trees, minLeaf, mtry };
}

/** Option parser: `FROM,TO` in nm. */
function range(text: string): readonly [number, number] {
  const [from, to, ...more] = list(text).map(Number);
  if (!(from > 0 && to > from) || more.length > 0)
    throw new InvalidArgumentError('must be FROM,TO in nm, such as 420,900.');
  return [from, to];
}

/** Option parser: number in (0, 1]. */
function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1))
    throw new InvalidArgumentError('must be a number above 0, at most 1.');
  return value;
}
