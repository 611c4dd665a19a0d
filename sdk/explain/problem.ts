/** A soil problem as every fit sees it: features and targets of the selected rows on memory that worker threads share, and the folds. */
import { NadirError } from '../base/index.ts';
import {
  catalogue,
  computeFeatures,
  deduplicate,
  type Folds,
  makeFolds,
  readSpectraTable,
  resolveDataset,
  type SpectralFeature,
  type SpectraTable,
  selectTargets,
  standardDeviation,
  type TargetSelection,
} from '../spectra/index.ts';

/** How forests are grown. */
export interface ForestChoices {
  readonly trees: number;
  /** Fewest samples in a leaf. */
  readonly minLeaf: number;
  /** Share of the features that a split looks at, in (0, 1]; never fewer than `DRAWN_AT_LEAST`, or all. */
  readonly mtry: number;
}

/** A split of a pruned forest looks at this many features at least: a third of 12 would leave it to chance which target it serves. */
export const DRAWN_AT_LEAST = 24;

/**
 * Grown like this unless asked otherwise. On pH, clay and SOC of limesoda: 240 trees would buy 3 % of the score for four times the
 * time, and leaves of one sample under 2 % for more than twice the nodes; looking at a fifth of the features would cost 1 %.
 */
export const DEFAULT_FOREST: ForestChoices = { trees: 60, minLeaf: 2, mtry: 1 / 3 };

/** What a training command is asked to work on. */
export interface ProblemOptions {
  /** `limesoda`, `tropical` or the path of a spectra table. */
  readonly data: string;
  readonly targets: readonly string[];
  /** Feature groups; all that the band count allows without it. */
  readonly groups?: readonly string[];
  /** Number of folds, or `column:NAME`. */
  readonly folds: string;
  /** Column whose equal values stay in one fold. */
  readonly group?: string;
  readonly seed: number;
}

/** The part of a problem that worker threads are given: plain data, arrays on shared memory. */
export interface FitData {
  /** [n, features] */
  readonly x: Float32Array;
  /** [n, targets] */
  readonly y: Float64Array;
  readonly n: number;
  readonly features: number;
  readonly targets: number;
  readonly foldOf: Uint16Array;
  readonly forest: ForestChoices;
  readonly seed: number;
}

export interface Problem {
  readonly table: SpectraTable;
  readonly selection: TargetSelection;
  readonly features: readonly SpectralFeature[];
  readonly folds: Folds;
  readonly fit: FitData;
}

/** Reads the table, computes the distinct features of the selected rows and makes the folds. */
export async function readProblem(options: ProblemOptions, forest: ForestChoices): Promise<Problem> {
  const table = await readSpectraTable(resolveDataset(options.data));
  const selection = selectTargets(table, options.targets);
  const features = deduplicate(catalogue(table.wavelengthsNm.length, options.groups));
  const folds = makeFolds(table, selection.rows, {
    spec: options.folds,
    seed: options.seed,
    ...(options.group === undefined ? {} : { group: options.group }),
  });
  targetSds(selection.truth, options.targets);
  const fit: FitData = {
    x: shareFloat32(computeFeatures(features, selection.spectra, table.wavelengthsNm.length)),
    y: shareFloat64(selection.truth),
    n: selection.rows.length,
    features: features.length,
    targets: options.targets.length,
    foldOf: folds.of,
    forest,
    seed: options.seed,
  };
  return { table, selection, features, folds, fit };
}

/** Standard deviation (n − 1) of each target of [n, targets]; a target that does not vary is an error. */
export function targetSds(truth: Float64Array, targets: readonly string[]): Float64Array {
  const sds = columnSds(truth, targets.length);
  const constant = sds.findIndex((sd) => !(sd > 0));
  if (constant >= 0)
    throw new NadirError({
      what: 'the target does not vary',
      where: targets[constant],
      remedy: 'Leave it out; there is nothing to learn',
    });
  return sds;
}

/** Standard deviation (n − 1) of each column of [n, width]. */
export function columnSds(values: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, t) => standardDeviation(values.filter((__, i) => i % width === t)));
}

function shareFloat32(values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

function shareFloat64(values: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
