/** `nadir concepts name`. */
import type { Command } from 'commander';
import { NadirError } from '../base/index.ts';
import { type ConceptNames, nameConcepts, outlineOf } from '../concepts/index.ts';
import { list, positive, run, type SharedOptions, shared } from './run.ts';

interface NameCommand extends SharedOptions {
  readonly model: string;
  readonly vocabulary?: string[];
  readonly vectors?: string[];
  readonly readouts?: true;
  readonly data?: string;
  readonly labels?: string;
  readonly images?: string;
  readonly fdr: number;
  readonly outline?: true;
}

export function addName(concepts: Command): void {
  const command = concepts
    .command('name')
    .description('name the latents from vocabularies in the embedding space')
    .requiredOption('--model <dir>', 'concept model folder')
    .option('--vocabulary <txt,…>', 'words, one a line; of several files the first that names a latent counts', list)
    .option('--vectors <npy|onnx,…>', 'their vectors [words, d], or the encoder whose classes they are', list)
    .option('--readouts', 'the .npy vectors are read by their product with an embedding, as text embeddings are')
    .option('--data <path>', 'embeddings of scenes: half of them name, the others confirm')
    .option(
      '--labels <folders|txt>',
      "the scenes' classes as a vocabulary: their folders, or a class a line; needs --data",
    )
    .option('--images <path>', 'folder or zip that --data was made of, for the report; needs --data')
    .option('--fdr <rate>', 'false-discovery rate of the names', positive, 0.05)
    .option('--outline', 'print the concepts from coarse to fine; needs --data')
    .option('--out <dir>', 'folder of the outputs (the model itself by default)');
  shared(command, { threads: true }).action((options: NameCommand) =>
    run(
      options,
      async () => {
        const { data, images, fdr, outline } = options;
        const missing = images !== undefined ? '--images' : outline ? '--outline' : undefined;
        if (data === undefined && missing !== undefined) {
          const remedy = 'Give the embeddings of the scenes as --data';
          throw new NadirError({ what: `${missing} without --data`, where: 'options', remedy, exitCode: 2 });
        }
        const examples = data !== undefined && images !== undefined ? { data, images } : undefined;
        const names = await nameConcepts({ ...options, falseDiscoveryRate: fdr, examples });
        return { ...names, valid: names.named.filter(({ valid }) => valid).length };
      },
      (names) => [...linesOf(names), ...(options.outline ? outlineOf(names) : [])].join('\n'),
    ),
  );
}

function linesOf({ named, valid, vocabularies = [], chance, by }: ConceptNames & { readonly valid: number }): string[] {
  return [
    `${valid} of ${named.length} latents have a valid name`,
    ...vocabularies.map(
      ({ title, words, threshold, valid: of }) =>
        `  ${of} by ${title} (${words} words), cosine at least ${threshold.toFixed(3)}`,
    ),
    ...(chance
      ? [`  ${chance.valid} of ${chance.drawn} random latents pass: ${(100 * chance.rate).toFixed(1)} % of the names`]
      : []),
    ...(by === 'scenes' ? [] : ['  by the atoms alone: give scenes as --data to have the names confirmed']),
  ];
}
