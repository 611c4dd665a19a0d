/** `nadir concepts distill`. */
import type { Command } from 'commander';
import { distillConcepts } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { run, shared } from './run.ts';

export function addDistill(concepts: Command): void {
  const command = concepts
    .command('distill')
    .description('distil the encoder to 7-bit integers that fly')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <npy>', 'embeddings [n, d] to calibrate on')
    .option('--holdout <npy>', 'embeddings to measure on; without it a fifth of the images is held out')
    .option('--out <dir>', 'folder of the outputs (the model itself by default)');
  shared(command, { threads: true }).action((options: ModelOptions & { holdout?: string }) =>
    run(
      options,
      () => distillConcepts(options),
      ({ student, model }) =>
        `student ${model}/student.onnx: ${student.bytes} bytes, the 16 strongest agree to ${student.jaccard16.toFixed(4)}, cosine lost ${student.cosineLoss.toFixed(5)}`,
    ),
  );
}
