/** `nadir spectra prune`. */
import { type Command, Option } from 'commander';
import { DEFAULT_FOREST, pruneSoilModel } from '../explain/index.ts';
import { DRAWN_AT_LEAST } from '../forest/index.ts';
import { count, counts, run, shared } from './run.ts';
import { type ForestOptions, share, withData, withFolds, withGroups } from './spectra-options.ts';

interface PruneCommandOptions extends ForestOptions {
  readonly keep: number[];
  readonly bands?: number[];
  readonly rankings?: true;
  readonly formula?: true;
  readonly choose: 'features' | 'bands';
}

/** Adds `spectra prune`. */
export function addPrune(spectra: Command): void {
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

function forestOf({ trees, minLeaf, mtry }: ForestOptions) {
  return { trees, minLeaf, mtry };
}
