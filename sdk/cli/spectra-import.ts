/** `nadir spectra import`. */
import type { Command } from 'commander';
import { importForest } from '../explain/index.ts';
import { list, run, type SharedOptions, shared } from './run.ts';

interface ImportCommandOptions extends SharedOptions {
  readonly onnx: string;
  readonly data: string;
  readonly targets: string[];
  readonly groups: string[];
  readonly out: string;
}

/** Adds `spectra import`. */
export function addImport(spectra: Command): void {
  const command = spectra
    .command('import')
    .description('a forest of scikit-learn, LightGBM or XGBoost, as ONNX, as a soil model folder')
    .requiredOption('--onnx <file>', 'forest on all features of --groups, as spectra features writes them')
    .requiredOption('--data <path>', 'the spectra that it was trained on')
    .requiredOption('--targets <names>', 'target columns, in its order', list)
    .requiredOption('--groups <names>', 'feature groups, in its order', list);
  shared(command, { out: 'out/imported' }).action((options: ImportCommandOptions) =>
    run(
      options,
      (surroundings) => importForest({ ...options, folds: '5' }, surroundings),
      (made) =>
        `${made.trees} trees on ${made.features} features, covers ${made.covers}; score as it is ${made.score.mean.toFixed(4)} (flatters where it was trained on these rows)\nmodel: ${made.model}`,
    ),
  );
}
