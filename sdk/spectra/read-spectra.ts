/** Spectra of any kind that Nadir reads, by one call: what a path is decides which reader takes it. */
import { stat } from 'node:fs/promises';
import { NadirError } from '../base/index.ts';
import { resolveDataset } from './datasets.ts';
import { type FrameTableOptions, frameToTable } from './frame-table.ts';
import { type HyperviewOptions, readHyperview, type SkippedFile } from './hyperview.ts';
import { isHyperviewFolder } from './hyperview-folder.ts';
import type { Patch } from './patch.ts';
import { PatchReducer } from './pixel-figures.ts';
import { type FrameOptions, isFrameFile, readFrame } from './read-frame.ts';
import { readSpectraTable, type SpectraTable } from './table.ts';

export interface ReadOptions extends HyperviewOptions {
  /** For frames: where labels and wavelengths are, which fields become rows, and in which unit. */
  readonly frame?: FrameOptions & Omit<FrameTableOptions, 'sigmaOf'>;
}

/** A spectra table, with the files that were left out of it. */
export type SpectraRead = SpectraTable & { readonly skipped: readonly SkippedFile[] };

/** One kind of input. */
interface SpectraReader {
  takes(path: string, isFolder: boolean): Promise<boolean>;
  read(path: string, options: ReadOptions): Promise<SpectraRead>;
}

const hyperview: SpectraReader = {
  takes: async (path, isFolder) => isFolder && (await isHyperviewFolder(path)),
  read: async (path, options) => {
    const { table, skipped } = await readHyperview(path, options);
    return { ...table, skipped };
  },
};

const frame: SpectraReader = {
  takes: async (path, isFolder) => !isFolder && (await isFrameFile(path)),
  read: async (path, { pixels = false, frame = {} }) => {
    const reducer = new PatchReducer();
    const sigmaOf = (patch: Patch) => reducer.reduce(patch, path, { sigma: true }).sigma ?? new Float64Array();
    const { table } = frameToTable(await readFrame(path, frame), { ...frame, ...(pixels && { sigmaOf }) });
    return { ...table, skipped: [] };
  },
};

const csv: SpectraReader = {
  takes: async (_, isFolder) => !isFolder,
  read: async (path) => ({ ...(await readSpectraTable(path)), skipped: [] }),
};

/** Asked in this order; the first that takes a path reads it. */
const READERS: readonly SpectraReader[] = [hyperview, frame, csv];

/**
 * Reads a shipped set by its name, a HYPERVIEW folder, a frame (one row a field) or a spectra table (CSV). `pixels` asks for the singular values that features of
 * pixels need, where the input has pixels. Errors name file, place and remedy.
 */
export async function readSpectra(nameOrPath: string, options: ReadOptions = {}): Promise<SpectraRead> {
  const path = resolveDataset(nameOrPath);
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  for (const reader of READERS) if (await reader.takes(path, isFolder)) return reader.read(path, options);
  throw new NadirError({
    what: 'the folder has no patches {index}.npz',
    where: path,
    remedy: 'Give a HYPERVIEW folder ({index}.npz, train_gt.csv, wavelengths.csv) or the path of a file',
  });
}
