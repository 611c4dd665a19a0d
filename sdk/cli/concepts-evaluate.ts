/** `nadir concepts evaluate`. */
import type { Command } from 'commander';
import { DEFAULT_KS, evaluateConcepts } from '../concepts/index.ts';
import { evaluationLines } from './concepts-evaluate-lines.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { counts, run, shared } from './run.ts';

interface EvaluateCommand extends ModelOptions {
  readonly train?: string;
  readonly k: number[];
  readonly pursuit: boolean;
  readonly against?: string[];
  readonly out: string;
}

export function addEvaluate(concepts: Command): void {
  const command = concepts
    .command('evaluate')
    .description('measure a model on embeddings that it was not trained on, alone or against others')
    .requiredOption(
      '--model <path>',
      'concept model folder, or an autoencoder of sae-lens, sparsify, latentsae or .npz',
    )
    .requiredOption('--data <path>', 'embeddings [n, d]; with files.txt of CLASS/IMAGE beside them probes are read too')
    .option('--train <npy>', 'embeddings to train probes on; without it on three fifths of the data’s images')
    .option('--k <k,…>', 'numbers of latents kept', counts, [...DEFAULT_KS])
    .option('--pursuit', 'measure codes found by matching pursuit too: better at each k, slower to find', false)
    .option('--against <paths...>', 'models to compare with on the same rows: Pareto fronts as SVG and table in --out');
  shared(command, { out: 'out/evaluation', threads: true }).action((options: EvaluateCommand) =>
    run(
      options,
      (progress) => evaluateConcepts({ ...options, ks: options.k, progress }),
      (evaluation) => evaluationLines(evaluation).join('\n'),
    ),
  );
}
