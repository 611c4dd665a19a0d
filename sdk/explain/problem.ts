/** A soil problem as every fit sees it: features and targets of the selected rows on memory that worker threads share, and the folds. */
import { NadirError } from '../base/index.ts';
import {
  catalogue,
  computeFeatures,
  deduplicate,
  type Folds,
  licenceOf,
  makeFolds,
  readSpectraTable,
  requireSameBands,
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
  /** Spectra table whose rows no training sees: they go with the model, for whoever checks that another engine computes the same. */
  readonly holdout?: string;
  /** SPDX expression of the data's licence; known for the shipped data sets. */
  readonly licence?: string;
  readonly seed: number;
}

/** Rows that a model carries along. */
interface Holdout {
  /** [n, bands] */
  readonly spectra: Float32Array;
  /** [n, targets] */
  readonly truth: Float64Array;
  readonly n: number;
  /** What these rows are to the model. */
  readonly note: string;
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
  readonly holdout: Holdout;
  readonly licence: string;
}

/** Rows that go with a model, at most. */
const HOLDOUT_ROWS = 64;

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
  const holdout =
    options.holdout === undefined
      ? holdoutOfLastFold(selection, folds, table.wavelengthsNm.length)
      : await readHoldout(options.holdout, options.targets, table);
  const licence = options.licence ?? licenceOf(options.data);
  return { table, selection, features, folds, fit, holdout, licence };
}

async function readHoldout(path: string, targets: readonly string[], trained: SpectraTable): Promise<Holdout> {
  const table = await readSpectraTable(resolveDataset(path));
  requireSameBands(table.wavelengthsNm, trained.wavelengthsNm, path);
  const selection = selectTargets(table, targets);
  const rows = Array.from({ length: Math.min(HOLDOUT_ROWS, selection.rows.length) }, (_, row) => row);
  return takeHoldout(selection, rows, table.wavelengthsNm.length, `rows of ${table.name}, which no training saw`);
}

function holdoutOfLastFold(selection: TargetSelection, folds: Folds, bands: number): Holdout {
  const last = folds.names.length - 1;
  const rows = [...folds.of.keys()].filter((row) => folds.of[row] === last).slice(0, HOLDOUT_ROWS);
  const note = `rows of fold ${folds.names[last]}. The model was trained on all rows, these among them: they show that another engine computes the same, not how good the model is; the score was measured in the folds`;
  return takeHoldout(selection, rows, bands, note);
}

function takeHoldout(selection: TargetSelection, rows: readonly number[], bands: number, note: string): Holdout {
  const targets = selection.targets.length;
  const spectra = new Float32Array(rows.length * bands);
  const truth = new Float64Array(rows.length * targets);
  rows.forEach((row, i) => {
    spectra.set(selection.spectra.subarray(row * bands, (row + 1) * bands), i * bands);
    truth.set(selection.truth.subarray(row * targets, (row + 1) * targets), i * targets);
  });
  return { spectra, truth, n: rows.length, note };
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
