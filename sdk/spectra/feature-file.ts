/**
 * `nadir spectra features`: the catalogue's features of every patch or spectrum, as .npy and a list of names. Written piece by piece, so
 * that thousands of patches with thousands of features need little memory.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NadirError, type Progress, writeFileAtomic } from '../base/index.ts';
import { catalogue, definedGroups, EAGLEEYES_GROUPS } from './catalogue.ts';
import { resolveDataset } from './datasets.ts';
import { computeFeaturesExact, needsPixels, type SpectralFeature, type SpectralInput } from './feature.ts';
import { type HyperviewOptions, readHyperview, type SkippedFile } from './hyperview.ts';
import { isHyperviewFolder, openHyperviewFolder } from './hyperview-folder.ts';
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

interface Source {
  readonly features: readonly SpectralFeature[];
  readonly input: SpectralInput;
  readonly rows: number;
  readonly bands: number;
  readonly scale: number;
  readonly skipped: readonly SkippedFile[];
  readonly seconds: number;
}

/**
 * Writes features.npy and names.txt. Duplicates of the Fourier groups are kept: columns stand where the EagleEyes features have them.
 * Mean spectra of patches are taken in float64; `msc` takes the mean of all rows as its reference.
 */
export async function writeFeatureFile(options: FeatureFileOptions, progress?: Progress): Promise<FeatureFileOutcome> {
  const { features, input, rows, bands, scale, skipped, seconds } = await readSource(options, progress);
  const featurePath = join(options.out, 'features.npy');
  const namePath = join(options.out, 'names.txt');
  let computing = 0;
  await writeRows(featurePath, rows, features.length, (from, end) => {
    const started = performance.now();
    const values = computeFeaturesExact(features, rowsOf(input, from, end, rows), bands);
    computing += (performance.now() - started) / 1000;
    return values;
  });
  await writeFileAtomic(namePath, `${features.map((feature) => feature.name).join('\n')}\n`);
  const secondsPerPatch = (seconds + computing) / rows;
  return { features: featurePath, names: namePath, n: rows, secondsPerPatch, scale, skipped };
}

async function readSource({ data, groups, ...options }: FeatureFileOptions, progress?: Progress): Promise<Source> {
  const reading = progress === undefined ? options : { ...options, progress };
  const path = resolveDataset(data);
  if (!(await isHyperviewFolder(path))) {
    const table = await readSpectra(data, reading);
    const bands = table.wavelengthsNm.length;
    const features = catalogue(bands, groups);
    const input = { mean: table.reflectance, ...(table.sigma && { sigma: table.sigma }) };
    return {
      features,
      input: withReference(input, bands),
      rows: table.rows,
      bands,
      scale: 1,
      skipped: table.skipped,
      seconds: 0,
    };
  }
  const bands = (await openHyperviewFolder(path)).wavelengthsNm.length;
  const features = catalogue(bands, groups ?? definedGroups(EAGLEEYES_GROUPS, bands));
  const read = await readHyperview(path, { ...reading, pixels: needsPixels(features) });
  const { table, mean, scale, skipped, seconds } = read;
  const input = { mean, ...(table.sigma && { sigma: table.sigma }) };
  return { features, input: withReference(input, bands), rows: table.rows, bands, scale, skipped, seconds };
}

/** The input with the mean of its rows as reference of scatter correction. */
function withReference(input: SpectralInput, bands: number): SpectralInput {
  const mscReference = new Float64Array(bands);
  const rows = input.mean.length / bands;
  for (let i = 0; i < input.mean.length; i++) mscReference[i % bands] += input.mean[i] / rows;
  return { ...input, mscReference };
}

function rowsOf({ mean, sigma, ...rest }: SpectralInput, from: number, end: number, rows: number): SpectralInput {
  const part = <T extends Float32Array | Float64Array>(values: T) => {
    const width = values.length / rows;
    return values.subarray(from * width, end * width) as T;
  };
  return { ...rest, mean: part(mean), ...(sigma && { sigma: part(sigma) }) };
}

/** Writes a float64 .npy file of [rows, width] piece by piece; it appears whole or not at all. */
async function writeRows(
  path: string,
  rows: number,
  width: number,
  piece: (from: number, end: number) => Float64Array,
): Promise<void> {
  const beside = `${path}.${process.pid}.partial`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    const file = await open(beside, 'w');
    try {
      await file.write(npyHeader(rows, width));
      for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
        const values = piece(from, Math.min(from + ROWS_AT_ONCE, rows));
        await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    if (cause instanceof NadirError) throw cause;
    throw new NadirError({
      what: `cannot write (${messageOf(cause)})`,
      where: path,
      remedy: 'Check that the folder is writable and the disk not full, or choose another --out',
      cause,
    });
  }
}

/** Header of NumPy's .npy format, version 1, for float64 in C order. */
function npyHeader(rows: number, width: number): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${width}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  prefix.writeUInt16LE(padded.length, 8);
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1')]);
}
