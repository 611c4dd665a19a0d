/** `nadir concepts embed`. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  embedImages,
  openImages,
  readSplit,
  SHIPPED_ENCODER,
  SHIPPED_SCENES,
  writeEmbeddings,
} from '../concepts/index.ts';
import { count, run, type SharedOptions, shared } from './run.ts';

interface EmbedCommand extends SharedOptions {
  readonly images: string;
  readonly encoder: string;
  readonly augment: number;
  readonly split?: { path: string; side: string };
  readonly out: string;
}

export function addEmbed(concepts: Command): void {
  const command = concepts
    .command('embed')
    .description('turn JPEGs into embeddings [n, d], one row an image, names sorted')
    .option('--images <path>', 'folder (with its sub-folders) or zip of JPEGs', SHIPPED_SCENES)
    .option('--encoder <file>', 'ONNX encoder with an output "embedding"', SHIPPED_ENCODER)
    .option('--augment <n>', 'embeddings of each image: as it is, quarter turns, mirrored ones (1 to 8)', count, 1)
    .option('--split <csv:side>', 'only the files of one side, such as models/eurosat/scenes.csv:train', split);
  shared(command, { out: 'out/embeddings', threads: true }).action((options: EmbedCommand) =>
    run(
      options,
      async (progress) => {
        const images = await openImages(options.images);
        const names = options.split ? await readSplit(options.split.side, options.split.path) : images.names;
        const { encoder, threads, augment } = options;
        const embedded = await embedImages(images, { encoder, threads, augment, progress }, names);
        return { ...(await writeEmbeddings(options.out, embedded)), imagesPerSecond: embedded.imagesPerSecond };
      },
      ({ embeddings, imagesPerSecond }) => `embeddings ${embeddings} (${imagesPerSecond.toFixed(0)} images per second)`,
    ),
  );
}

/** Option parser: `FILE.csv:SIDE`. */
function split(text: string): { path: string; side: string } {
  const at = text.lastIndexOf(':');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('must be FILE.csv:SIDE.');
  return { path: text.slice(0, at), side: text.slice(at + 1) };
}
