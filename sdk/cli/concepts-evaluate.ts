/** `nadir concepts evaluate`. */
import type { Command } from 'commander';
import { DEFAULT_KS, evaluateConcepts } from '../concepts/index.ts';
import { type ModelOptions, qualityLines } from './concepts-lines.ts';
import { counts, run, shared } from './run.ts';

export function addEvaluate(concepts: Command): void {
  const command = concepts
    .command('evaluate')
    .description('measure a model on embeddings that it was not trained on')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <npy>', 'embeddings [n, d]')
    .option('--k <k,…>', 'numbers of latents kept', counts, [...DEFAULT_KS]);
  shared(command, { threads: true }).action((options: ModelOptions & { k: number[] }) =>
    run(
      options,
      () => evaluateConcepts(options.model, options.data, options.k, options.threads),
      ({ byK, dead }) => `${qualityLines(byK)}\n${dead} latents not used`,
    ),
  );
}
