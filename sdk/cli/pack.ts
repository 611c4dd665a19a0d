/** `nadir pack`: the models that fly, proven and budgeted, in one signed bundle. */
import { type Command, InvalidArgumentError } from 'commander';
import { NadirError, shippedPath } from '../base/index.ts';
import { publicPem, readPrivateKey, readPublicKey } from '../bundle/index.ts';
import { pack, readProfile } from '../compact/index.ts';
import { count, list, run, type SharedOptions, shared } from './run.ts';

interface PackCommandOptions extends SharedOptions {
  readonly soil: string;
  readonly concepts: string;
  readonly encoder: string;
  readonly profile: readonly string[];
  readonly key: readonly string[];
  readonly commandKey?: string;
  readonly sequence: number;
  readonly created?: string;
  readonly out: string;
}

/** Adds `nadir pack`. */
export function addPackCommand(program: Command): void {
  const command = program
    .command('pack')
    .description(
      'put a pruned soil model and a distilled concept model into one signed bundle; refuses models that compute something else on board or do not fit',
    )
    .requiredOption('--soil <dir>', 'soil model folder, of "nadir spectra train" or "prune"')
    .requiredOption('--concepts <dir>', 'concept model folder, after "nadir concepts name" and "distill"')
    .requiredOption('--profile <names>', 'board it must fit, or several: names or paths of profiles', list)
    .requiredOption('--key <files>', 'private key that signs, or several', list)
    .option('--encoder <file>', 'image encoder, ONNX', shippedPath('models', 'encoder', 'efficientnet_lite0.onnx'))
    .option('--command-key <file>', 'public key whose commands the board takes; without it, it takes none')
    .option('--sequence <n>', 'number of this bundle: a board takes none older than its own', count, 1)
    .option(
      '--created <time>',
      'time to write into it, ISO 8601 in UTC; without it the same input gives the same bytes',
      time,
    );
  shared(command, { out: 'bundle' }).action((options: PackCommandOptions) =>
    run(
      options,
      async (progress) => {
        const sorted = [...new Set(options.key)];
        const keys = await Promise.all(sorted.map(readPrivateKey));
        if (new Set(keys.map(({ keyId }) => keyId)).size < keys.length) {
          throw new NadirError({
            what: 'the same key is given twice',
            where: '--key',
            remedy: 'Give each key once',
            exitCode: 2,
          });
        }
        return pack({
          soil: options.soil,
          concepts: options.concepts,
          encoder: options.encoder,
          profiles: await Promise.all(options.profile.map(readProfile)),
          keys,
          commandKey: options.commandKey ? publicPem((await readPublicKey(options.commandKey)).publicKey) : null,
          sequence: options.sequence,
          created: options.created ?? null,
          out: options.out,
          progress,
        });
      },
      ({ bundle, bytes, id, budgets, parity }) =>
        [
          `bundle ${bundle}: ${(bytes / 2 ** 20).toFixed(1)} MiB, ${id.slice(0, 16)}`,
          ...parity.map(
            ({ model, engine, max, rows }) => `${model} on ${engine}: ${max.toExponential(1)} at worst in ${rows} rows`,
          ),
          ...budgets.map(
            ({ profile, peakBytes, memoryLimitBytes }) =>
              `${profile}: ${Math.ceil(peakBytes / 2 ** 20)} of ${Math.floor(memoryLimitBytes / 2 ** 20)} MiB`,
          ),
        ].join('\n'),
    ),
  );
}

function time(text: string): string {
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('must be a time such as 2026-11-24T12:00:00Z.');
  return at.toISOString();
}
