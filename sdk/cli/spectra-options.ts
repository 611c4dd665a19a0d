/** Options that the `spectra` commands share. */
import { type Command, InvalidArgumentError } from 'commander';
import { ALL_GROUPS, DATASETS } from '../spectra/index.ts';
import { list, type SharedOptions } from './run.ts';

export interface DataOptions extends SharedOptions {
  readonly data: string;
  readonly out: string;
}

export interface ForestOptions extends DataOptions {
  readonly skipBad?: true;
  readonly targets: string[];
  readonly groups?: string[];
  readonly trees: number;
  readonly minLeaf: number;
  readonly mtry: number;
  readonly folds: string;
  readonly within?: readonly [number, number];
  readonly group?: string;
  readonly holdout?: string;
  readonly licence?: string;
}

/** Adds `--data`. */
export function withData(command: Command): Command {
  return command.requiredOption('--data <path>', `${DATASETS.join(', ')} or the path of a spectra table (CSV)`);
}

/** Adds `--groups`. */
export function withGroups(command: Command): Command {
  return command.option(
    '--groups <names>',
    `feature groups among ${ALL_GROUPS.join(', ')} (default: what the kind of model reads, or all of the winner that the data allows)`,
    list,
  );
}

/** Adds how rows are split and held out. */
export function withFolds(command: Command): Command {
  return command
    .requiredOption('--targets <names>', 'target columns', list)
    .option(
      '--folds <how>',
      'number of folds, column:NAME, one-group-out (with --group), kennard-stone[:SHARE] or duplex[:SHARE]',
      '5',
    )
    .option('--within <from,to>', 'take only the bands between these wavelengths in nm', range)
    .option('--group <column>', 'keep rows with equal values of this column in one fold')
    .option('--holdout <path>', 'spectra table that no training sees; its rows go with the model for parity checks')
    .option('--licence <spdx>', 'licence of the data (default: known for the shipped sets)')
    .option('--skip-bad', 'patches of a HYPERVIEW folder: leave out bad ones and go on');
}

/** Option parser: `FROM,TO` in nm. */
function range(text: string): readonly [number, number] {
  const [from, to, ...more] = list(text).map(Number);
  if (!(from > 0 && to > from) || more.length > 0)
    throw new InvalidArgumentError('must be FROM,TO in nm, such as 420,900.');
  return [from, to];
}

/** Option parser: number in (0, 1]. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1))
    throw new InvalidArgumentError('must be a number above 0, at most 1.');
  return value;
}
