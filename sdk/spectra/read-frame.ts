/**
 * Any frame, by what its bytes say it is: ENVI, `.npz`, TIFF or GeoTIFF, MATLAB; with wavelengths and labels from files beside
 * it.
 */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { NadirError, parseNpy, parseNpz, readBounded, sha256 } from '../base/index.ts';
import { findEnviData, findEnviHeader, parseEnvi, readEnviHeader, spectralMetadata } from './envi.ts';
import { type Frame, type FrameParts, frameOf, frameValues, MAX_FRAME_BYTES, type Quantity } from './frame.ts';
import { readWavelengthTable, type WavelengthTable } from './frame-wavelengths.ts';
import { isTiff, parseGeotiff } from './geotiff.ts';
import { labelsFrom } from './label-map.ts';
import { isHdf5, isMat } from './matlab.ts';
import { parseMatCube, parseMatLabels } from './matlab-cube.ts';
import { isZip, parseNpzCube } from './npz-cube.ts';

export interface FrameOptions {
  /** Table of bands (CSV) or ENVI header that gives the wavelengths; looked for beside the file where absent. */
  readonly wavelengths?: string;
  /** File with the label map: .npy or .npz, MATLAB, single-band TIFF or ENVI. Its labels replace the file's own. */
  readonly labels?: string;
  /** What the values are, where the file does not say. */
  readonly quantity?: Quantity;
  /** Number that stands for a reflectance of 1, where the file does not say. */
  readonly scale?: number;
  readonly noData?: number;
  /** MATLAB: which array is the cube. */
  readonly variable?: string;
}

const ENVI_FIRST_LINE = /^ENVI\s/;
/** First bytes that tell one format from another: MATLAB 7.3 puts HDF5's mark at 512. */
const SIGNATURE_BYTES = 520;

/**
 * Whether a file is a frame by its first bytes, its name or a header beside it, and not a table. A file that cannot be opened is none.
 */
export async function isFrameFile(path: string): Promise<boolean> {
  const start = Buffer.alloc(SIGNATURE_BYTES);
  try {
    const file = await open(path);
    try {
      await file.read(start, 0, SIGNATURE_BYTES, 0);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
  if (isZip(start) || isTiff(start) || isMat(start) || isHdf5(start) || isHdf5(start.subarray(512))) return true;
  const ending = extname(path).toLowerCase();
  if (ending === '.hdr' || ENVI_FIRST_LINE.test(start.toString('latin1', 0, 8))) return true;
  return ending !== '.csv' && (await findEnviHeader(path)) !== undefined;
}

interface Read {
  readonly parts: FrameParts;
  /** Bytes of every file that was read, for the hash. */
  readonly files: readonly Uint8Array[];
}

/** Reads a frame. Errors name the file, the place in it and the remedy. */
export async function readFrame(path: string, options: FrameOptions = {}): Promise<Frame> {
  const { parts, files } = await readParts(path, options);
  const beside =
    parts.wavelengthsNm === undefined || options.wavelengths !== undefined
      ? await wavelengthsFor(path, parts.bands, options.wavelengths)
      : undefined;
  const { quantity, scale, noData } = options;
  const labels =
    options.labels === undefined ? undefined : await readLabelMap(options.labels, parts.height, parts.width);
  const whole = {
    ...parts,
    ...beside?.table,
    ...(quantity !== undefined && { quantity }),
    ...(scale !== undefined && { scale, quantity: quantity ?? ('reflectance' as const) }),
    ...(noData !== undefined && { noData }),
    ...labels,
  };
  const { wavelengthsNm } = whole;
  if (wavelengthsNm === undefined)
    throw new NadirError({
      what: `no wavelengths for ${parts.bands} bands`,
      where: `${path} (looked for ${wavelengthNames(path).join(', ')} beside it)`,
      remedy: 'Put such a CSV with the header band_no,wavelength and one row a band there, in nm',
    });
  const notes = beside === undefined ? parts.notes : [...parts.notes, `wavelengths are from ${basename(beside.path)}`];
  return frameOf({ ...whole, wavelengthsNm, notes }, path, sha256(Buffer.concat(files)));
}

async function readParts(path: string, options: FrameOptions): Promise<Read> {
  const bytes = await readBounded(path, MAX_FRAME_BYTES);
  if (isZip(bytes)) return { parts: parseNpzCube(bytes, path), files: [bytes] };
  if (isTiff(bytes)) return tiffWithHeader(bytes, path, await findEnviHeader(path));
  if (isMat(bytes)) return { parts: parseMatCube(bytes, path, options.variable), files: [bytes] };
  if (isHdf5(bytes) || isHdf5(bytes.subarray(512)))
    throw new NadirError({
      what: 'HDF5 files (NetCDF 4, MATLAB 7.3) are not read',
      where: `${path} byte 0`,
      remedy: "Save the cube as .npz, ENVI or GeoTIFF, or in MATLAB with save(…, '-v7')",
    });
  if (ENVI_FIRST_LINE.test(bytes.toString('latin1', 0, 8)) || extname(path).toLowerCase() === '.hdr') {
    const dataPath = await dataOfHeader(path);
    const data = await readBounded(dataPath, MAX_FRAME_BYTES);
    if (isTiff(data)) return tiffWithHeader(data, dataPath, path);
    return enviParts(path, data, dataPath);
  }
  const header = await findEnviHeader(path);
  if (header !== undefined) return enviParts(header, bytes, path);
  throw new NadirError({
    what: bytes.length === 0 ? 'the file is empty' : 'not a frame in a format that is read',
    where: `${path} byte 0`,
    remedy: `Give ENVI (put ${basename(path, extname(path))}.hdr beside raw data), .npz with data and wavelengths, GeoTIFF or MATLAB v5`,
  });
}

/** Checks the header before its data are looked for, so that a file that is no header is called so. */
async function dataOfHeader(path: string): Promise<string> {
  await readEnviHeader(path);
  return findEnviData(path);
}

async function enviParts(headerPath: string, data: Uint8Array, dataPath: string): Promise<Read> {
  const { header, bytes } = await readEnviHeader(headerPath);
  return { parts: parseEnvi(header, data, dataPath), files: [data, bytes] };
}

/** A TIFF with an ENVI header beside it: the values are the TIFF's, the wavelengths the header's. */
async function tiffWithHeader(bytes: Uint8Array, path: string, headerPath: string | undefined): Promise<Read> {
  const parts = parseGeotiff(bytes, path);
  if (headerPath === undefined) return { parts, files: [bytes] };
  const { header, bytes: headerBytes } = await readEnviHeader(headerPath);
  const metadata = spectralMetadata(header, parts.bands);
  const notes = [...parts.notes, ...metadata.notes];
  return { parts: { ...parts, ...metadata, notes }, files: [bytes, headerBytes] };
}

/** Names under which wavelengths are looked for beside a frame. */
function wavelengthNames(path: string): string[] {
  const stem = basename(path, extname(path));
  return [`${stem}_wavelengths.csv`, `${stem}.csv`, 'wavelengths.csv'];
}

async function wavelengthsFor(
  path: string,
  bands: number,
  given: string | undefined,
): Promise<{ table: WavelengthTable; path: string } | undefined> {
  const candidates = given === undefined ? wavelengthNames(path).map((name) => join(dirname(path), name)) : [given];
  for (const candidate of candidates) {
    if (given === undefined && !existsSync(candidate)) continue;
    const table = candidate.toLowerCase().endsWith('.hdr')
      ? await tableOfHeader(candidate, bands)
      : await readWavelengthTable(candidate);
    if (table.wavelengthsNm.length !== bands)
      throw new NadirError({
        what: `${table.wavelengthsNm.length} wavelengths for ${bands} bands`,
        where: `${candidate} beside ${basename(path)}`,
        remedy: 'Give one row for each band of the cube',
      });
    return { table, path: candidate };
  }
  return undefined;
}

async function tableOfHeader(path: string, bands: number): Promise<WavelengthTable> {
  const { header } = await readEnviHeader(path);
  const { wavelengthsNm, fwhmNm } = spectralMetadata(header, bands);
  if (wavelengthsNm === undefined)
    throw new NadirError({
      what: 'the header gives no wavelengths',
      where: header.place('wavelength'),
      remedy: 'Give a header with a wavelength list',
    });
  return { wavelengthsNm, ...(fwhmNm && { fwhmNm }) };
}

/** A label map of a frame's size, with names where the file has them. */
async function readLabelMap(
  path: string,
  height: number,
  width: number,
): Promise<Pick<Frame, 'labels' | 'labelNames'>> {
  const bytes = await readBounded(path, MAX_FRAME_BYTES);
  const map = await labelMapOf(bytes, path);
  if (map.height !== height || map.width !== width)
    throw new NadirError({
      what: `a label map of ${map.height} × ${map.width} pixels for a frame of ${height} × ${width}`,
      where: `${path} labels`,
      remedy: 'Give the label map of this frame',
    });
  return { labels: map.labels, ...(map.labelNames && { labelNames: map.labelNames }) };
}

interface LabelMap {
  readonly height: number;
  readonly width: number;
  readonly labels: Int32Array;
  readonly labelNames?: readonly string[];
}

async function labelMapOf(bytes: Buffer, path: string): Promise<LabelMap> {
  if (isMat(bytes)) return parseMatLabels(bytes, path);
  if (isZip(bytes) || bytes.toString('latin1', 1, 6) === 'NUMPY') {
    const array = isZip(bytes) ? parseNpz(bytes, path).get('labels') : parseNpy(bytes, path);
    if (array?.shape.length !== 2)
      throw new NadirError({
        what: array === undefined ? 'no array "labels"' : `labels of ${array.shape.length} dimensions, not 2`,
        where: `${path} labels`,
        remedy: 'Save labels as [h, w]',
      });
    const [height, width] = array.shape;
    frameValues(1, height, width, `${path} labels`);
    return { height, width, labels: labelsFrom(array.data, `${path} labels`) };
  }
  const { parts } = await readParts(path, {});
  if (parts.bands !== 1)
    throw new NadirError({
      what: `${parts.bands} bands where a label map has one`,
      where: `${path} labels`,
      remedy: 'Give a single-band file of whole numbers',
    });
  const { height, width, data, labelNames } = parts;
  return { height, width, labels: labelsFrom(data, `${path} labels`), ...(labelNames && { labelNames }) };
}
