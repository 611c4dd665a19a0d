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
    .option('--k <k,…>', 'numbers of latents kept', counts, [...DEFAULT_KS])
    .option('--pursuit', 'measure codes found by matching pursuit too: better at each k, slower to find', false);
  shared(command, { threads: true }).action((options: ModelOptions & { k: number[]; pursuit: boolean }) =>
    run(
      options,
      () => evaluateConcepts(options.model, options.data, options.k, options.threads, options.pursuit),
      ({ byK, pursuit, dead }) =>
        `${qualityLines(byK)}\n${pursuit ? `by pursuit\n${qualityLines(pursuit)}\n` : ''}${dead} latents not used`,
    ),
  );
}
