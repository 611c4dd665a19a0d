/** `nadir spectra`: features, train and explain here, the other commands beside. */
import { type Command, Option } from 'commander';
import { DEFAULT_FOREST, explainSoilModel, MODELS, trainSoilModel } from '../explain/index.ts';
import { ALL_GROUPS, DATASETS, writeFeatureFile } from '../spectra/index.ts';
import { count, list, positive, run, shared } from './run.ts';
import { addImport } from './spectra-import.ts';
import { addMap } from './spectra-map.ts';
import { type DataOptions, type ForestOptions, share, withData, withFolds, withGroups } from './spectra-options.ts';
import { addPrune } from './spectra-prune.ts';
import { addRedteam } from './spectra-redteam.ts';

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
