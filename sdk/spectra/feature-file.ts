/**
 * `nadir spectra features`: the catalogue's features of every patch or spectrum, as .npy and a list of names. Written piece by piece, so
 * that thousands of patches with thousands of features need little memory.
 */
import { join } from 'node:path';
import { type Progress, runJobs, SILENT, workerUrl, writeFileAtomic } from '../base/index.ts';
import { catalogue, definedGroups, EAGLEEYES_GROUPS } from './catalogue.ts';
import { resolveDataset } from './datasets.ts';
import { computeFeaturesExact, type SpectralFeature, type SpectralInput } from './feature.ts';
import { batches, HYPERVIEW_SCALE, type HyperviewOptions, readHyperview, tellRows } from './hyperview.ts';
import { type FeatureData, featuresOfPatches } from './hyperview-features.ts';
import {
  isHyperviewFolder,
  noPatchLeft,
  openHyperviewFolder,
  type SkippedFile,
  usablePatches,
} from './hyperview-folder.ts';
import { writeNpyFile, writeRows } from './npy-rows.ts';
import { readSpectra } from './read-spectra.ts';

/** Rows that are computed and written at a time. */
const ROWS_AT_ONCE = 64;

export interface FeatureFileOptions extends Omit<HyperviewOptions, 'pixels' | 'progress'> {
  /** `limesoda`, `tropical`, the path of a spectra table or of a HYPERVIEW folder. */
  readonly data: string;
  /** Without it: all sixteen EagleEyes groups of a HYPERVIEW folder, those that need no pixels of anything else. */
  readonly groups?: readonly string[];
  readonly out: string;
}

export interface FeatureFileOutcome {
  /** Path of the values, .npy float64 [n, features]. */
  readonly features: string;
  /** Path of the names, one `group@index` a line. */
  readonly names: string;
  readonly n: number;
  /** Time to compute the features of one patch or mean spectrum: without reading files, summed over threads. */
  readonly secondsPerPatch: number;
  /** What pixel values were divided by; 1 where there was nothing to divide. */
  readonly scale: number;
  readonly skipped: readonly SkippedFile[];
}

/** What was written of one input. */
type Written = Pick<FeatureFileOutcome, 'n' | 'scale' | 'skipped'> & {
  readonly features: readonly SpectralFeature[];
  readonly seconds: number;
};

/**
 * Writes features.npy and names.txt. Duplicates of the Fourier groups are kept: columns stand where the EagleEyes features have them.
 * Mean spectra of patches are taken in float64; `msc` takes the mean of all rows as its reference, for which a folder is read twice.
 */
export async function writeFeatureFile(options: FeatureFileOptions, progress?: Progress): Promise<FeatureFileOutcome> {
  const path = resolveDataset(options.data);
  const featurePath = join(options.out, 'features.npy');
  const namePath = join(options.out, 'names.txt');
  const write = (await isHyperviewFolder(path)) ? writeFolder : writeTable;
  const { features, n, seconds, scale, skipped } = await write(path, featurePath, options, progress);
  await writeFileAtomic(namePath, `${features.map((feature) => feature.name).join('\n')}\n`);
  return { features: featurePath, names: namePath, n, secondsPerPatch: seconds / n, scale, skipped };
}

async function writeTable(
  _path: string,
  out: string,
  { data, groups, ...options }: FeatureFileOptions,
  progress?: Progress,
): Promise<Written> {
  const table = await readSpectra(data, progress === undefined ? options : { ...options, progress });
  const { rows, sigma, skipped } = table;
  const bands = table.wavelengthsNm.length;
  const features = catalogue(bands, groups);
  const mscReference = meanOfRows(table.reflectance, bands);
  const input = { mean: table.reflectance, ...(sigma && { sigma }), mscReference };
  let seconds = 0;
  await writeNpyFile(out, rows, features.length, async (partial) => {
    for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
      const started = performance.now();
      const part = rowsOf(input, from, Math.min(from + ROWS_AT_ONCE, rows), rows);
      const values = computeFeaturesExact(features, part, bands);
      seconds += (performance.now() - started) / 1000;
      await writeRows(partial, from, features.length, values);
    }
    return [...Array(rows).keys()];
  });
  return { features, n: rows, seconds, scale: 1, skipped };
}

async function writeFolder(
  path: string,
  out: string,
  { groups: asked, ...options }: FeatureFileOptions,
  progress: Progress = SILENT,
): Promise<Written> {
  const { threads = 1, skipBad = false, scale = HYPERVIEW_SCALE } = options;
  const folder = await openHyperviewFolder(path);
  const { patches, skipped } = usablePatches(folder, skipBad);
  const bands = folder.wavelengthsNm.length;
  const groups = asked ?? definedGroups(EAGLEEYES_GROUPS, bands);
  const features = catalogue(bands, groups);
  const correctsScatter = features.some(({ view }) => view?.split('/').includes('msc'));
  const mscReference = correctsScatter
    ? meanOfRows((await readHyperview(path, { threads, skipBad, scale })).mean, bands)
    : undefined;
  const files = patches.map(({ file }) => file);
  let [n, seconds] = [0, 0];
  await writeNpyFile(out, files.length, features.length, async (partial) => {
    const data: FeatureData = {
      ...{ folder: path, files, bands, groups, scale, skipBad, partial },
      ...(mscReference && { mscReference }),
    };
    const results = await runJobs({
      worker: workerUrl(import.meta.url, './hyperview-features-worker'),
      data,
      jobs: batches(files.length),
      threads,
      work: featuresOfPatches,
      onDone: tellRows(progress, files.length),
    });
    const bad = new Set<number>();
    for (const { row, reason } of results.flatMap((result) => result.skipped)) {
      bad.add(row);
      skipped.push({ file: files[row], reason });
    }
    if (bad.size === files.length) throw noPatchLeft(path, skipped);
    seconds = results.reduce((sum, result) => sum + result.seconds, 0);
    const kept = [...files.keys()].filter((row) => !bad.has(row));
    n = kept.length;
    return kept;
  });
  return { features, n, seconds, scale, skipped };
}

/** Mean over the rows of [rows, bands]: the reference of scatter correction. */
function meanOfRows(mean: Float32Array | Float64Array, bands: number): Float64Array {
  const reference = new Float64Array(bands);
  const rows = mean.length / bands;
  for (let i = 0; i < mean.length; i++) reference[i % bands] += mean[i] / rows;
  return reference;
}

function rowsOf({ mean, sigma, ...rest }: SpectralInput, from: number, end: number, rows: number): SpectralInput {
  const part = <T extends Float32Array | Float64Array>(values: T) => {
    const width = values.length / rows;
    return values.subarray(from * width, end * width) as T;
  };
  return { ...rest, mean: part(mean), ...(sigma && { sigma: part(sigma) }) };
}
