/** `nadir concepts`: embed, train, evaluate, name, search, distill. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { NadirError } from '../base/index.ts';
import {
  DEFAULT_KS,
  distillConcepts,
  embedImages,
  evaluateConcepts,
  nameConcepts,
  openImages,
  readConcepts,
  readEmbeddings,
  readSplit,
  SHIPPED_ENCODER,
  SHIPPED_SCENES,
  searchScenes,
  trainConcepts,
  writeEmbeddings,
} from '../concepts/index.ts';
import { INITIALISATIONS, type Initialisation, KINDS, type Kind, TRAIN_DEFAULTS } from '../sae/index.ts';
import { count, counts, list, positive, run, type SharedOptions, shared, wholeNumber } from './run.ts';

interface ModelOptions extends SharedOptions {
  readonly model: string;
  readonly data: string;
}

/** Adds `nadir concepts …`. */
export function addConceptsCommands(program: Command): void {
  const concepts = program.command('concepts').description('image concepts: from scenes to named, compact codes');
  addEmbed(concepts);
  addTrain(concepts);
  addEvaluate(concepts);
  addName(concepts);
  addSearch(concepts);
  addDistill(concepts);
}

interface EmbedCommand extends SharedOptions {
  readonly images: string;
  readonly encoder: string;
  readonly augment: number;
  readonly split?: { path: string; side: string };
  readonly out: string;
}

function addEmbed(concepts: Command): void {
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

interface TrainCommand extends SharedOptions {
  readonly data: string;
  readonly holdout?: string;
  readonly licence?: string;
  readonly kind: Kind;
  readonly levels: number[];
  readonly weighting: 'uw' | 'rw';
  readonly expansion: number;
  readonly batch: number;
  readonly epochs: number;
  readonly lr: number;
  readonly loss: 'nmse' | 'mse';
  readonly init: Initialisation;
  readonly out: string;
}

function addTrain(concepts: Command): void {
  const base = TRAIN_DEFAULTS;
  const command = concepts
    .command('train')
    .description('train a sparse autoencoder over embeddings')
    .requiredOption('--data <npy>', 'training embeddings [n, d]')
    .option('--holdout <npy>', 'embeddings to measure on; without it a tenth of the images is held out')
    .option('--licence <spdx>', 'licence of the images (default: NOASSERTION)')
    .addOption(new Option('--kind <kind>', 'kind of autoencoder').choices([...KINDS]).default(base.kind))
    .option('--levels <k,…>', 'latents kept at each level', counts, [...base.levels])
    .addOption(
      new Option('--weighting <way>', 'levels alike, or the smallest most').choices(['uw', 'rw']).default('uw'),
    )
    .option('--expansion <n>', 'latents for each value of an embedding', count, base.expansion)
    .option('--batch <n>', 'rows a step', count, base.batch)
    .option('--epochs <n>', 'passes over the data', count, base.epochs)
    .option('--lr <x>', 'learning rate', positive, base.learningRate)
    .addOption(
      new Option('--loss <loss>', 'error relative to a row, or as it is').choices(['nmse', 'mse']).default('nmse'),
    )
    .addOption(new Option('--init <how>', 'first weights').choices([...INITIALISATIONS]).default(base.initialisation));
  shared(command, { out: 'out/concepts', threads: true }).action((options: TrainCommand) =>
    run(
      options,
      (progress) => {
        const { kind, levels, weighting, expansion, batch, epochs, loss, seed, threads } = options;
        return trainConcepts(
          {
            ...{ data: options.data, holdout: options.holdout, out: options.out },
            ...(options.licence === undefined ? {} : { licence: options.licence }),
          },
          {
            ...{ kind, levels, weighting, expansion, batch, epochs, loss, seed, threads, progress },
            learningRate: options.lr,
            initialisation: options.init,
          },
        );
      },
      ({ model, samplesPerCpuSecond, holdout }) =>
        `model ${model} (${samplesPerCpuSecond.toFixed(0)} samples per CPU second)\n${qualityLines(holdout.byK)}\nreport ${model}/report.html`,
    ),
  );
}

function addEvaluate(concepts: Command): void {
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

interface NameCommand extends SharedOptions {
  readonly model: string;
  readonly vocabulary: string;
  readonly vectors: string;
  readonly data?: string;
  readonly images?: string;
}

function addName(concepts: Command): void {
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

interface SearchCommand extends ModelOptions {
  readonly concept?: string[];
  readonly like?: number;
  readonly limit: number;
}

function addSearch(concepts: Command): void {
  const command = concepts
    .command('search')
    .description('find scenes by concept, or like one of them')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <npy>', 'embeddings [n, d] to search')
    .addOption(new Option('--concept <name,…>', 'scenes that show all of these').argParser(list).conflicts('like'))
    .option('--like <row>', 'scenes like this row', wholeNumber)
    .option('--limit <n>', 'hits at most', count, 20);
  shared(command, { threads: true }).action((options: SearchCommand) =>
    run(
      options,
      async () => {
        const { concept, like, limit, threads } = options;
        const query = concept !== undefined ? { concepts: concept } : like !== undefined ? { like } : undefined;
        if (!query) {
          const remedy = 'Give --concept NAME or --like ROW';
          throw new NadirError({ what: 'nothing to search for', where: 'options', remedy, exitCode: 2 });
        }
        const reader = await readConcepts(options.model);
        const table = await readEmbeddings(options.data, reader.sae.d);
        const hits = await searchScenes(reader, table.data, query, limit, threads);
        return { hits: hits.map((hit) => ({ ...hit, ...(table.files && { file: table.files[hit.row] }) })) };
      },
      ({ hits }) => hits.map(({ row, score, file }) => `${score.toFixed(4)}  ${row}  ${file ?? ''}`).join('\n'),
    ),
  );
}

function addDistill(concepts: Command): void {
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

function qualityLines(byK: readonly { k: number; cosine: number; fvu: number }[]): string {
  return byK
    .map(({ k, cosine, fvu }) => `k ${String(k).padStart(4)}  cosine ${cosine.toFixed(4)}  FVU ${fvu.toFixed(4)}`)
    .join('\n');
}

/** Option parser: `FILE.csv:SIDE`. */
function split(text: string): { path: string; side: string } {
  const at = text.lastIndexOf(':');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('must be FILE.csv:SIDE.');
  return { path: text.slice(0, at), side: text.slice(at + 1) };
}
