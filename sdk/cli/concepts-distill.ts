/** `nadir concepts distill`. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_RATIO, distillConcepts } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { list, positive, run, shared } from './run.ts';

/** Ratios of the table. */
const RATIOS = [4, 6, 8, 12, 16];

interface DistillOptions extends ModelOptions {
  readonly holdout?: string;
  readonly ratio: number;
  readonly table: number[];
}

export function addDistill(concepts: Command): void {
  const command = concepts
    .command('distill')
    .description('distil the encoder to integers of few bits that fly')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <path>', 'embeddings [n, d] to calibrate on')
    .option('--holdout <npy>', 'embeddings to measure on; without it a fifth of the images is held out')
    .option(
      '--ratio <x>',
      'times smaller than the float32 encoder that the student shall be',
      atLeastOne,
      DEFAULT_RATIO,
    )
    .option('--table <a,b>', 'further ratios to measure, for the table', ratios, RATIOS)
    .option('--out <dir>', 'folder of the outputs (the model itself by default)');
  shared(command, { threads: true }).action((options: DistillOptions) =>
    run(
      options,
      () => distillConcepts(options),
      ({ student, table, model }) =>
        [
          `student ${model}/student.onnx: ${student.bytes} bytes, ${student.ratio.toFixed(2)} times smaller, the 16 strongest agree to ${student.jaccard16.toFixed(4)}, cosine lost ${student.cosineLoss.toFixed(5)}`,
          ...table.map(
            ({ ratio, bytes, latents, meanBits, jaccard16, cosineLoss }) =>
              `${ratio.toFixed(2).padStart(6)} times  ${String(bytes).padStart(9)} bytes  ${String(latents).padStart(6)} latents of ${meanBits.toFixed(2)} bits  Jaccard-16 ${jaccard16.toFixed(4)}  cosine lost ${cosineLoss.toFixed(5)}`,
          ),
        ].join('\n'),
    ),
  );
}

function atLeastOne(text: string): number {
  const value = positive(text);
  if (value < 1) throw new InvalidArgumentError('must be a number from 1.');
  return value;
}

function ratios(text: string): number[] {
  return list(text).map(atLeastOne);
}
