/** What is in a HYPERVIEW folder besides the patches' pixels: their names, the wavelengths of the bands, the ground truth. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NadirError, readBounded } from '../base/index.ts';
import { parseCsv } from './csv.ts';

const MAX_CSV_BYTES = 64 * 2 ** 20;
const MAX_BANDS = 4096;
const PATCH = /^(\d{1,9})\.npz$/;
/** Longest wavelength that is taken for micrometres. */
const MICROMETRES = 30;

export interface HyperviewFolder {
  readonly path: string;
  /** Band centres in nm, strictly increasing. */
  readonly wavelengthsNm: Float64Array;
  /** Patches by rising index. */
  readonly patches: readonly HyperviewEntry[];
  /** Headers of train_gt.csv besides sample_index; empty where there is none. */
  readonly targets: readonly string[];
  /** Texts of the folder's tables, for its hash. */
  readonly tables: readonly string[];
}

export interface HyperviewEntry {
  readonly index: number;
  /** Name of its file, `{index}.npz`. */
  readonly file: string;
  /** Cells of train_gt.csv, as `targets`. */
  readonly truth: readonly string[];
  /** Line of train_gt.csv, or its place among the patches. */
  readonly line: number;
  /** Why the patch cannot be used, known before it is opened. */
  readonly fault?: string;
}

/** Whether a path is a folder with patches `{index}.npz`. */
export async function isHyperviewFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() === true && (await readdir(path)).some((name) => PATCH.test(name));
}

/** A file that was left out, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly reason: string;
}

/** The patches of a folder that can be opened. Others are an error, or with `skipBad` listed. */
export function usablePatches(
  { path, patches }: HyperviewFolder,
  skipBad: boolean,
): { patches: HyperviewEntry[]; skipped: SkippedFile[] } {
  const usable: HyperviewEntry[] = [];
  const skipped: SkippedFile[] = [];
  for (const patch of patches) {
    if (patch.fault === undefined) usable.push(patch);
    else if (skipBad) skipped.push({ file: patch.file, reason: `the patch ${patch.fault}` });
    else
      throw new NadirError({
        what: `the patch ${patch.fault}`,
        where: join(path, patch.file),
        remedy: 'Complete the folder, or leave such patches out with --skip-bad',
      });
  }
  return { patches: usable, skipped };
}

/** The error of a folder of which nothing is left. */
export function noPatchLeft(path: string, skipped: readonly SkippedFile[]): NadirError {
  return new NadirError({
    what: 'no patch of the folder can be used',
    where: path,
    remedy: skipped[0] ? `The first: ${skipped[0].reason}` : 'Give a folder with {index}.npz',
  });
}

/** Lists a folder. `wavelengths.csv` and `train_gt.csv` lie in it or, as the challenge packed them, one folder above. */
export async function openHyperviewFolder(path: string): Promise<HyperviewFolder> {
  const files = (await readdir(path))
    .filter((name) => PATCH.test(name))
    .map((file) => [Number.parseInt(file, 10), file] as const);
  files.sort(([a], [b]) => a - b);
  const wavelengths = await findTable(path, 'wavelengths.csv');
  if (wavelengths === undefined)
    throw new NadirError({
      what: 'the folder has no wavelengths.csv',
      where: path,
      remedy: 'Put wavelengths.csv (band_no,wavelength in nm) beside the patches',
    });
  const truth = await findTable(path, 'train_gt.csv');
  const wavelengthsNm = parseWavelengths(wavelengths.text, wavelengths.path);
  const { targets, rows } = truth === undefined ? { targets: [], rows: undefined } : parseTruth(truth.text, truth.path);
  const known = new Map(files);
  const indices = [...new Set([...known.keys(), ...(rows?.keys() ?? [])])].sort((a, b) => a - b);
  const patches = indices.map((index, place): HyperviewEntry => {
    const row = rows?.get(index);
    const file = known.get(index);
    const cells = { truth: row?.cells ?? [], line: row?.line ?? place + 1 };
    if (file === undefined)
      return { index, file: `${index}.npz`, ...cells, fault: 'is in train_gt.csv but not in the folder' };
    if (rows !== undefined && row === undefined) return { index, file, ...cells, fault: 'has no row in train_gt.csv' };
    return { index, file, ...cells };
  });
  return {
    path,
    wavelengthsNm,
    patches,
    targets,
    tables: [wavelengths.text, truth?.text ?? ''],
  };
}

async function findTable(folder: string, name: string): Promise<{ path: string; text: string } | undefined> {
  for (const path of [join(folder, name), join(dirname(folder), name)]) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile()) return { path, text: (await readBounded(path, MAX_CSV_BYTES)).toString('utf8') };
  }
  return undefined;
}

function parseWavelengths(text: string, path: string): Float64Array {
  const { rows, rowNumbers } = parseCsv(text, path);
  const fail = (what: string, line: number, remedy: string) =>
    new NadirError({ what, where: `${path} row ${line}`, remedy });
  const [header = [], ...body] = rows;
  const column = header.findIndex((title) => /^wavelength/i.test(title.trim()));
  if (column < 0) throw fail('no column "wavelength"', 1, 'Give band_no,wavelength with wavelengths in nm');
  if (body.length < 1 || body.length > MAX_BANDS)
    throw fail(`${body.length} wavelengths`, 1, `Give 1 to ${MAX_BANDS}, one a band`);
  const wavelengthsNm = Float64Array.from(body, (cells) =>
    cells[column]?.trim() ? Number(cells[column]) : Number.NaN,
  );
  for (let band = 0; band < wavelengthsNm.length; band++)
    if (
      !(wavelengthsNm[band] > (band === 0 ? 0 : wavelengthsNm[band - 1])) ||
      wavelengthsNm[band] === Number.POSITIVE_INFINITY
    )
      throw fail(
        `wavelength "${body[band][column]}" is not a number above the one before it`,
        rowNumbers[band + 1],
        'Order the bands from short to long wavelengths, each once',
      );
  if (wavelengthsNm[wavelengthsNm.length - 1] < MICROMETRES)
    throw fail('wavelengths look like micrometres', 2, 'Give them in nm: multiply by 1000');
  return wavelengthsNm;
}

function parseTruth(text: string, path: string) {
  const { rows: lines, rowNumbers } = parseCsv(text, path);
  const fail = (what: string, line: number, remedy: string) =>
    new NadirError({ what, where: `${path} row ${line}`, remedy });
  const [header = [], ...body] = lines;
  const key = header.indexOf('sample_index');
  if (key < 0) throw fail('no column "sample_index"', 1, 'Give sample_index,P,K,Mg,pH as the challenge has them');
  if (new Set(header).size !== header.length) throw fail('a column comes twice', 1, 'Give each column its own name');
  const rows = new Map<number, { cells: string[]; line: number }>();
  body.forEach((cells, i) => {
    const line = rowNumbers[i + 1];
    if (cells.length !== header.length)
      throw fail(`${cells.length} cells under ${header.length} headers`, line, 'The row is cut off; write it again');
    if (!/^\s*\d{1,9}\s*$/.test(cells[key]))
      throw fail(`"${cells[key].slice(0, 40)}" is no index of a patch`, line, 'Give a whole number');
    const index = Number(cells[key]);
    if (rows.has(index)) throw fail(`patch ${index} comes twice`, line, 'Give each patch one row');
    rows.set(index, { cells: cells.filter((_, column) => column !== key), line });
  });
  return { targets: header.filter((_, column) => column !== key), rows };
}
