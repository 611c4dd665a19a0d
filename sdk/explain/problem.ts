/** A soil problem as every fit sees it: features and targets of the selected rows on memory that worker threads share, and the folds. */
import { NadirError, onSharedMemory, type Progress } from '../base/index.ts';
import {
  ALL_GROUPS,
  bandsWithin,
  catalogue,
  computeFeatures,
  deduplicate,
  definedGroups,
  EAGLEEYES_GROUPS,
  type Folds,
  fullReflectanceOf,
  groupNumbers,
  licenceOf,
  makeFolds,
  readSpectra,
  type SkippedFile,
  type SpectralFeature,
  type SpectraTable,
  selectTargets,
  spectralInput,
  standardDeviation,
  type TargetSelection,
} from '../spectra/index.ts';
import { edgesOf, type Holdout, holdoutOfLastFold, readHoldout } from './holdout.ts';

/** How forests are grown. */
export interface ForestChoices {
  readonly trees: number;
  /** Fewest samples in a leaf. */
  readonly minLeaf: number;
  /** Share of the features that a split looks at, in (0, 1]; never fewer than `DRAWN_AT_LEAST`, or all. */
  readonly mtry: number;
}

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
  /** Feature groups; all of the EagleEyes groups that the data allows without it. */
  readonly groups?: readonly string[];
  /** Groups to take in place of all where none are asked for; those that the band count does not allow are left out. */
  readonly defaultGroups?: readonly string[];
  /** Take only the bands between these wavelengths in nm: those that another instrument has. */
  readonly within?: readonly [number, number];
  /** Number of folds, or `column:NAME`. */
  readonly folds: string;
  /** Column whose equal values stay in one fold. */
  readonly group?: string;
  /** Spectra table whose rows no training sees: they go with the model, for whoever checks that another engine computes the same. */
  readonly holdout?: string;
  /** SPDX expression of the data's licence; known for the shipped data sets. */
  readonly licence?: string;
  readonly seed: number;
  /** HYPERVIEW folders: leave out bad patches and go on. */
  readonly skipBad?: boolean;
  /** HYPERVIEW folders: threads that read patches. */
  readonly threads?: number;
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
  /** Mean edge of each row's patch in pixels, [n]; where rows are patches. */
  readonly edge?: Float64Array;
}

export interface Problem {
  readonly table: SpectraTable;
  readonly selection: TargetSelection;
  readonly features: readonly SpectralFeature[];
  readonly folds: Folds;
  readonly fit: FitData;
  readonly holdout: Holdout;
  readonly licence: string;
  /** Value that stands for a reflectance of 1 in the table, where that is known. */
  readonly fullReflectance?: number;
  /** Bad patches that were left out, where that was asked for. */
  readonly skipped: readonly SkippedFile[];
  /** Reference of multiplicative scatter correction where a feature needs it: the mean spectrum of all rows, [bands]. */
  readonly mscReference?: Float64Array;
  /** Group of each row, [n], where a grouping column is given. */
  readonly groupOf?: Uint32Array;
}

/** Reads the table, computes the distinct features of the selected rows and makes the folds. */
export async function readProblem(options: ProblemOptions, forest: ForestChoices): Promise<Problem> {
  const { skipped, ...whole } = await readSpectra(options.data, {
    pixels: readsPixels(options),
    ...(options.skipBad && { skipBad: true }),
    ...(options.threads && { threads: options.threads }),
  });
  const table = options.within ? bandsWithin(whole, options.within) : whole;
  const selection = selectTargets(table, options.targets);
  const bands = table.wavelengthsNm.length;
  const features = deduplicate(catalogue(bands, options.groups ?? groupsWithout(options, table)));
  const folds = makeFolds(table, selection.rows, {
    spec: options.folds,
    seed: options.seed,
    ...(options.group === undefined ? {} : { group: options.group }),
  });
  targetSds(selection.truth, options.targets);
  const mscReference = features.some(({ view = '' }) => view.split('/').includes('msc'))
    ? meanSpectrum(selection.spectra, bands)
    : undefined;
  const input = { ...spectralInput(table, selection.rows), ...(mscReference && { mscReference }) };
  const fit: FitData = {
    x: onSharedMemory(computeFeatures(features, input, bands)),
    y: onSharedMemory(selection.truth),
    n: selection.rows.length,
    features: features.length,
    targets: options.targets.length,
    foldOf: folds.of,
    forest,
    seed: options.seed,
    ...edgesOf(table, selection.rows),
  };
  const holdout =
    options.holdout === undefined
      ? holdoutOfLastFold(table, selection, folds)
      : await readHoldout(options.holdout, options.targets, table);
  const licence = options.licence ?? licenceOf(options.data);
  const fullReflectance = fullReflectanceOf(options.data);
  return {
    table,
    selection,
    features,
    folds,
    fit,
    holdout,
    licence,
    skipped,
    ...(fullReflectance !== undefined && { fullReflectance }),
    ...(mscReference && { mscReference }),
    ...(options.group !== undefined && { groupOf: groupNumbers(table, selection.rows, options.group) }),
  };
}

/** Whether any group that will be taken is made of pixels; where nothing is asked for or preferred, all that the data has are. */
function readsPixels({ groups, defaultGroups }: ProblemOptions): boolean {
  const taken = groups ?? defaultGroups ?? [];
  return taken.length === 0 || taken.some((group) => /^(ratio|sigma\d|dft\.sigma1\.)/.test(group));
}

/** Groups where none are asked for. */
function groupsWithout({ defaultGroups }: ProblemOptions, table: SpectraTable): readonly string[] | undefined {
  const bands = table.wavelengthsNm.length;
  const preferred = definedGroups(
    ALL_GROUPS.filter((group) => defaultGroups?.includes(group)),
    bands,
  );
  if (preferred.length > 0) return preferred;
  return table.sigma ? definedGroups(EAGLEEYES_GROUPS, bands) : undefined;
}

function meanSpectrum(spectra: Float32Array, bands: number): Float64Array {
  const sum = new Float64Array(bands);
  for (let i = 0; i < spectra.length; i++) sum[i % bands] += spectra[i];
  return sum.map((value) => (value * bands) / spectra.length);
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

/** Says which files were left out. */
export function logSkipped(skipped: readonly SkippedFile[], progress: Progress): void {
  for (const { file, reason } of skipped) progress.log(`left out ${file}: ${reason}`);
}
