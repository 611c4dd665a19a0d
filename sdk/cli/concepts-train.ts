/** `nadir concepts train`. */
import { type Command, Option } from 'commander';
import { trainConcepts } from '../concepts/index.ts';
import { INITIALISATIONS, type Initialisation, KINDS, type Kind, TRAIN_DEFAULTS } from '../sae/index.ts';
import { qualityLines } from './concepts-lines.ts';
import { count, counts, positive, run, type SharedOptions, shared } from './run.ts';

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

export function addTrain(concepts: Command): void {
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
