/** `nadir concepts name`. */
import type { Command } from 'commander';
import { NadirError } from '../base/index.ts';
import { nameConcepts } from '../concepts/index.ts';
import { run, type SharedOptions, shared } from './run.ts';

interface NameCommand extends SharedOptions {
  readonly model: string;
  readonly vocabulary: string;
  readonly vectors: string;
  readonly data?: string;
  readonly images?: string;
}

export function addName(concepts: Command): void {
  const command = concepts
    .command('name')
    .description('name the latents from a vocabulary in the embedding space')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--vocabulary <txt>', 'words, one a line')
    .requiredOption('--vectors <npy|onnx>', 'their vectors [words, d], or the encoder whose classes they are')
    .option('--data <npy>', 'embeddings whose strongest scenes the report shows; needs --images')
    .option('--images <path>', 'folder or zip that these embeddings were made of')
    .option('--out <dir>', 'folder of the outputs (the model itself by default)');
  shared(command, { threads: true }).action((options: NameCommand) =>
    run(
      options,
      async () => {
        const { data, images } = options;
        if ((data === undefined) !== (images === undefined)) {
          const remedy = 'Give both, or neither';
          throw new NadirError({ what: '--data and --images go together', where: 'options', remedy, exitCode: 2 });
        }
        const examples = data !== undefined && images !== undefined ? { data, images } : undefined;
        const { named, threshold, model } = await nameConcepts({ ...options, examples });
        return { named, valid: named.filter(({ valid }) => valid).length, threshold, model };
      },
      ({ named, valid, threshold }) =>
        `${valid} of ${named.length} latents have a valid name (cosine at least ${threshold.toFixed(3)})`,
    ),
  );
}
