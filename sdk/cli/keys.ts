/** `nadir keys`: signing keys for bundles and commands. */
import type { Command } from 'commander';
import { newKey } from '../bundle/index.ts';
import { run, type SharedOptions, shared } from './run.ts';

interface NewOptions extends SharedOptions {
  readonly out: string;
  readonly name: string;
}

/** Adds `nadir keys new`. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('make signing keys');
  const made = keys
    .command('new')
    .description('make an Ed25519 key pair: NAME.key.pem (yours alone) and NAME.pub.pem (for everyone who verifies)')
    .option('--name <name>', 'first part of the two file names', 'mission');
  shared(made, { out: 'keys' }).action((options: NewOptions) =>
    run(
      options,
      () => newKey(options.out, options.name),
      (key) =>
        `key ${key.keyId}\nprivate ${key.privateKey} (mode 600: keep it off the board and out of any repository)\npublic  ${key.publicKey}`,
    ),
  );
}
