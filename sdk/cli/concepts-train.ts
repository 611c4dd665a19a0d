/** `nadir concepts train`. */
import { type Command, Option } from 'commander';
import { trainConcepts } from '../concepts/index.ts';
import {
  INITIALISATIONS,
  type Initialisation,
  KINDS,
  type Kind,
  TRAIN_DEFAULTS,
  type TrainOptions,
} from '../sae/index.ts';
import { qualityLines } from './concepts-lines.ts';
import { count, counts, positive, run, type SharedOptions, shared, wholeNumber } from './run.ts';

/** Options that are left to the training's own defaults where they are not given. */
const OPTIONAL = [
  ...(['prefixes', 'penalty', 'bandwidth', 'firstThreshold'] as const),
  ...(['auxiliary', 'helpers', 'resampleEvery', 'deadAfter'] as const),
];

interface TrainCommand extends SharedOptions, Pick<TrainOptions, (typeof OPTIONAL)[number]> {
  readonly data: string[];
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
  readonly checkpointEvery: number;
  /** MiB. */
  readonly memory?: number;
  readonly out: string;
}

export function addTrain(concepts: Command): void {
  const base = TRAIN_DEFAULTS;
  const command = concepts
    .command('train')
    .description('train a sparse autoencoder over embeddings; one that was cut off goes on where it stood in --out')
    .requiredOption('--data <path...>', 'training embeddings [n, d]: .npy, .npz, .parquet, or a folder of such shards')
    .option('--holdout <path>', 'embeddings to measure on; without it a tenth of the images is held out')
    .option('--memory <MiB>', 'memory to stay within: embeddings that do not fit are streamed (default: 1024)', count)
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
    .addOption(new Option('--init <how>', 'first weights').choices([...INITIALISATIONS]).default(base.initialisation))
    .option(
      '--prefixes <n,…>',
      "nested dictionaries of kind prefix, the last all latents (default: its paper's)",
      counts,
    )
    .option(
      '--penalty <x>',
      'weight of the L1 term of relu (default: 0.003), the L0 term of jumprelu (0.001)',
      positive,
    )
    .option('--bandwidth <x>', 'width of the pseudo-derivatives of jumprelu (default: 0.01·√d)', positive)
    .option('--first-threshold <x>', 'threshold that every latent of jumprelu begins with (default: 0.03·√d)', positive)
    .option('--auxiliary <x>', "weight of dead latents' auxiliary loss; 1/32 is usual (default: none)", positive)
    .option('--helpers <n>', 'dead latents that help a row under --auxiliary (default: half of d)', count)
    .option(
      '--resample-every <n>',
      'steps after which dead latents begin anew, in the first half (default: never)',
      count,
    )
    .option('--dead-after <n>', 'steps without use after which a latent is dead (default: those of an epoch)', count)
    .option('--checkpoint-every <s>', 'seconds between checkpoints; 0 for one a step', wholeNumber, 60);
  shared(command, { out: 'out/concepts', threads: true }).action((options: TrainCommand) =>
    run(
      options,
      (progress) => trainConcepts(pathsOf(options), { ...trainOptionsOf(options), progress }),
      ({ model, samplesPerCpuSecond, holdout }) =>
        `model ${model} (${samplesPerCpuSecond.toFixed(0)} samples per CPU second)\n${qualityLines(holdout.byK)}\nreport ${model}/report.html`,
    ),
  );
}

function pathsOf({ data, holdout, licence, memory, out }: TrainCommand) {
  const memoryBytes = memory === undefined ? undefined : memory * 2 ** 20;
  return { data, holdout, out, memoryBytes, ...(licence !== undefined && { licence }) };
}

function trainOptionsOf(options: TrainCommand): TrainOptions {
  const { kind, levels, weighting, expansion, batch, epochs, loss, seed, threads } = options;
  const given = Object.fromEntries(
    OPTIONAL.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  return {
    ...{ kind, levels, weighting, expansion, batch, epochs, loss, seed, threads },
    ...{ learningRate: options.lr, initialisation: options.init },
    ...given,
    checkpoint: { folder: options.out, everySeconds: options.checkpointEvery },
  };
}
