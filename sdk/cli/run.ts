/** How every command runs: options that all share, one JSON document on standard output, log lines on standard error, exit codes. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type CommandDocument, messageOf, NadirError, type Progress, VERSION } from '../base/index.ts';

/** Options that every command has. */
export interface SharedOptions {
  readonly json?: true;
  readonly seed: number;
  readonly out?: string;
  readonly threads: number;
}

/** What a command's work is given besides its own options. */
export interface Surroundings extends Progress {
  readonly json: boolean;
}

/** Adds `--json`, `--seed`, and where they apply `--out DIR` and `--threads N`. */
export function shared(command: Command, also: { out?: string; threads?: boolean } = {}): Command {
  command
    .option('--json', 'print one JSON document on standard output')
    .option('--seed <n>', 'seed of everything random', wholeNumber, 0);
  if (also.out !== undefined) command.option('--out <dir>', 'folder of the outputs', also.out);
  if (also.threads) command.option('--threads <n>', 'threads that compute', count, availableParallelism());
  return command;
}

/**
 * Runs a command's work and prints its outcome: with `--json` the document and nothing else, otherwise what `say` makes of it.
 * The process ends with 0, or with the error's exit code after one line on standard error.
 */
export async function run<T extends object>(
  options: SharedOptions,
  work: (surroundings: Surroundings) => Promise<T>,
  say: (document: T & CommandDocument) => string,
): Promise<void> {
  const started = performance.now();
  try {
    const surroundings = { json: options.json === true, log: (line: string) => console.error(line) };
    const own = await work(surroundings);
    const { user, system } = process.cpuUsage();
    const document = {
      version: VERSION,
      seed: options.seed,
      out: options.out ?? null,
      wallSeconds: (performance.now() - started) / 1000,
      cpuSeconds: (user + system) / 1e6,
      ...own,
    };
    console.log(options.json ? JSON.stringify(document) : say(document));
  } catch (thrown) {
    fail(thrown);
  }
}

/** Prints one line for a user's error, the whole stack for a defect of ours, and sets the exit code. */
export function fail(thrown: unknown): void {
  if (thrown instanceof NadirError) {
    console.error(`nadir: ${thrown.message}`);
    process.exitCode = thrown.exitCode;
  } else {
    console.error(`nadir: unexpected error, please report it: ${messageOf(thrown)}`);
    if (thrown instanceof Error && thrown.stack) console.error(thrown.stack);
    process.exitCode = 1;
  }
}

/** Option parser: whole number ≥ 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('must be a whole number, 0 or more.');
  return value;
}

/** Option parser: whole number ≥ 1. */
export function count(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('must be a whole number, 1 or more.');
  return value;
}

/** Option parser: finite number > 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

/** Option parser: `a,b,c` as strings, none empty. */
export function list(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('must be names separated by commas.');
  return items;
}

/** Option parser: `8,16,32` as whole numbers ≥ 1. */
export function counts(text: string): number[] {
  return list(text).map(count);
}
