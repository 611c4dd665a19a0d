/**
 * A HYPERVIEW folder (hyperview's starter pack: `{index}.npz`, `train_gt.csv`, `wavelengths.csv`) as a spectra table. Patches are streamed
 * over worker threads: each is read, reduced to its mean spectrum (and singular values) and let go.
 */
import { basename, resolve } from 'node:path';
import { type Progress, runJobs, SILENT, sha256, workerUrl } from '../base/index.ts';
import {
  type HyperviewEntry,
  noPatchLeft,
  openHyperviewFolder,
  type SkippedFile,
  usablePatches,
} from './hyperview-folder.ts';
import { PATCH_FIGURES, type ReduceData, type ReduceJob, reducePatches } from './hyperview-reduce.ts';
import type { SpectraTable } from './table.ts';
import { SIGMAS } from './view.ts';

export type { SkippedFile };

/** What the winners divide the challenge's pixel values by. */
export const HYPERVIEW_SCALE = 2210;
/** Patches that a thread is handed at a time. */
const BATCH = 8;

export interface HyperviewOptions {
  /** Also computes the singular values that features of pixels need. */
  readonly pixels?: boolean;
  readonly threads?: number;
  /** Reports bad patches and goes on; without it the first is an error. */
  readonly skipBad?: boolean;
  /** What pixel values are divided by; 2,210 without it. */
  readonly scale?: number;
  readonly progress?: Progress;
}

/** The patches of a folder in float64. */
export interface HyperviewSpectra {
  /** The same rounded to float32, with the columns of train_gt.csv and `edge`, `height`, `width`, `pixels`, `maskShare`. */
  readonly table: SpectraTable;
  /** Mean spectra divided by `scale`, [rows, bands]. */
  readonly mean: Float64Array;
  readonly scale: number;
  readonly skipped: readonly SkippedFile[];
  /** Time in the pixels, summed over threads. */
  readonly seconds: number;
}

/** Reads every patch of a folder, by rising index. The same folder gives the same table whatever the number of threads. */
export async function readHyperview(path: string, options: HyperviewOptions = {}): Promise<HyperviewSpectra> {
  const { pixels = false, threads = 1, skipBad = false, scale = HYPERVIEW_SCALE, progress = SILENT } = options;
  const folder = await openHyperviewFolder(path);
  const { patches, skipped } = usablePatches(folder, skipBad);
  const bands = folder.wavelengthsNm.length;
  const n = patches.length;
  const data: ReduceData = {
    folder: path,
    files: patches.map(({ file }) => file),
    bands,
    scale,
    skipBad,
    mean: shared(n * bands),
    sigma: shared(pixels ? n * SIGMAS * bands : 0),
    figures: shared(n * PATCH_FIGURES.length),
  };
  const results = await runJobs({
    worker: workerUrl(import.meta.url, './hyperview-worker'),
    data,
    jobs: batches(n),
    threads,
    work: reducePatches,
    onDone: tellRows(progress, n),
  });
  const bad = new Set<number>();
  for (const { row, reason } of results.flatMap((result) => result.skipped)) {
    bad.add(row);
    skipped.push({ file: patches[row].file, reason });
  }
  if (bad.size === n) throw noPatchLeft(path, skipped);
  const hashes = results.flatMap((result) => result.hashes);
  const rows = [...patches.keys()].filter((row) => !bad.has(row));
  const mean = keepRows(data.mean, rows, bands);
  const table: SpectraTable = {
    name: basename(resolve(path)),
    sha256: sha256([...folder.tables, ...rows.map((row) => `${patches[row].file} ${hashes[row]}`)].join('\n')),
    rows: rows.length,
    wavelengthsNm: folder.wavelengthsNm,
    reflectance: Float32Array.from(mean),
    ...(pixels && { sigma: keepRows(data.sigma, rows, SIGMAS * bands) }),
    columns: columnsOf(patches, rows, folder.targets, data.figures),
    rowNumbers: rows.map((row) => patches[row].line),
  };
  return { table, mean, scale, skipped, seconds: results.reduce((sum, result) => sum + result.seconds, 0) };
}

/** Jobs of some rows each. */
export function batches(rows: number): ReduceJob[] {
  return Array.from({ length: Math.ceil(rows / BATCH) }, (_, i) => ({
    from: i * BATCH,
    end: Math.min((i + 1) * BATCH, rows),
  }));
}

/** Tells the progress every 500 patches. */
export function tellRows(progress: Progress, rows: number): (done: number) => void {
  let reported = 0;
  return (done) => {
    if (done * BATCH < reported + 500) return;
    reported = done * BATCH;
    progress.log(`${reported} of ${rows} patches read`);
  };
}

function columnsOf(
  patches: readonly HyperviewEntry[],
  rows: readonly number[],
  targets: readonly string[],
  figures: Float64Array,
): Map<string, string[]> {
  const figure = (row: number, name: (typeof PATCH_FIGURES)[number]) =>
    figures[row * PATCH_FIGURES.length + PATCH_FIGURES.indexOf(name)];
  const columns = new Map<string, string[]>([['sample_index', rows.map((row) => String(patches[row].index))]]);
  targets.forEach((target, t) => {
    columns.set(
      target,
      rows.map((row) => patches[row].truth[t]),
    );
  });
  columns.set(
    'edge',
    rows.map((row) => String((figure(row, 'height') + figure(row, 'width')) / 2)),
  );
  for (const name of PATCH_FIGURES)
    columns.set(
      name,
      rows.map((row) => String(figure(row, name))),
    );
  return columns;
}

/** Rows of [n, width] in their order; the array itself where all stay. */
function keepRows(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  if (rows.length * width === values.length) return values;
  rows.forEach((row, i) => {
    values.copyWithin(i * width, row * width, (row + 1) * width);
  });
  return values.subarray(0, rows.length * width);
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}
