/**
 * ENVI cubes: a text header beside raw values of any interleave, type and byte order. What the header says is believed only if
 * the file's size agrees.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { messageOf, NadirError, readBounded } from '../base/index.ts';
import { type EnviHeader, parseEnviHeader } from './envi-header.ts';
import { type FrameParts, frameValues, type Quantity } from './frame.ts';
import { nanometresPer } from './frame-wavelengths.ts';
import { bandSequential, bytesOfType, decodeValues, type Interleave, type RawType } from './raw-values.ts';

const MAX_HEADER_BYTES = 16 * 2 ** 20;

/** ENVI's "data type" numbers. 6 and 9 are complex. */
const TYPES: Readonly<Record<number, RawType>> = {
  1: 'uint8',
  2: 'int16',
  3: 'int32',
  4: 'float32',
  5: 'float64',
  12: 'uint16',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
};

/** What data files of a header `cube.hdr` are called besides `cube` itself. */
const DATA_ENDINGS = ['.dat', '.img', '.raw', '.bsq', '.bil', '.bip', '.bin', '.cube', '.tif', '.tiff'];

/** What a header says of the bands, whatever format the values are in. */
export type SpectralMetadata = Pick<
  FrameParts,
  'wavelengthsNm' | 'fwhmNm' | 'goodBands' | 'noData' | 'scale' | 'quantity' | 'labelNames'
> & { readonly notes: readonly string[] };

/** Reads and parses a header file. */
export async function readEnviHeader(path: string): Promise<{ header: EnviHeader; bytes: Buffer }> {
  const bytes = await readBounded(path, MAX_HEADER_BYTES);
  return { header: parseEnviHeader(bytes.toString('utf8'), path), bytes };
}

/** The header beside a data file: `cube.hdr` or `cube.dat.hdr`; undefined where there is none. */
export async function findEnviHeader(dataPath: string): Promise<string | undefined> {
  const names = await filesBeside(dataPath);
  const name = basename(dataPath);
  const wanted = [`${name}.hdr`, `${basename(name, extname(name))}.hdr`].map((candidate) => candidate.toLowerCase());
  const found = wanted.map((candidate) => names.find((other) => other.toLowerCase() === candidate)).find(Boolean);
  return found && join(dirname(dataPath), found);
}

/** The data file of a header. Throws a NadirError naming what was looked for. */
export async function findEnviData(headerPath: string): Promise<string> {
  const names = await filesBeside(headerPath);
  const stem = basename(headerPath).slice(0, -extname(headerPath).length);
  const found = [stem, ...DATA_ENDINGS.map((ending) => `${stem}${ending}`)]
    .map((candidate) => names.find((name) => name.toLowerCase() === candidate.toLowerCase()))
    .find((name) => name !== undefined);
  if (found === undefined)
    throw new NadirError({
      what: `no data file beside the header`,
      where: `${headerPath} (looked for ${stem} with the endings ${DATA_ENDINGS.join(' ')} or none)`,
      remedy: 'Put the data file beside its header under the same name',
    });
  return join(dirname(headerPath), found);
}

/** The cube that a header describes, from the bytes of its data file. */
export function parseEnvi(header: EnviHeader, bytes: Uint8Array, dataPath: string): FrameParts {
  const fail = (what: string, key: string, remedy: string) =>
    new NadirError({ what, where: header.place(key), remedy });
  const bands = header.number('bands');
  const height = header.number('lines');
  const width = header.number('samples');
  const values = frameValues(bands, height, width, header.place('samples'));
  const typeNumber = header.number('data type');
  if (typeNumber === 6 || typeNumber === 9)
    throw fail('the values are complex numbers', 'data type', 'Export the magnitude as float32 (data type 4)');
  const type = TYPES[typeNumber];
  if (type === undefined)
    throw fail(`data type ${typeNumber} is unknown`, 'data type', `Give one of ${Object.keys(TYPES).join(', ')}`);
  const order = header.number('byte order', 0);
  if (order !== 0 && order !== 1)
    throw fail(`byte order ${order} is unknown`, 'byte order', 'Give 0 (little) or 1 (big)');
  const offset = header.number('header offset', 0);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw fail(
      `header offset ${offset} is no place in a file`,
      'header offset',
      'Give the number of bytes before the data',
    );
  if (header.number('file compression', 0) !== 0)
    throw fail('the data are compressed', 'file compression', 'Export the cube without compression');
  const interleave = (header.text('interleave') ?? 'bsq').toLowerCase();
  if (!isInterleave(interleave))
    throw fail(`interleave "${interleave.slice(0, 40)}" is unknown`, 'interleave', 'Give bsq, bil or bip');
  const needed = values * bytesOfType(type);
  if (bytes.length !== offset + needed)
    throw new NadirError({
      what: `the data file has ${bytes.length} bytes where ${bands} bands × ${height} lines × ${width} samples of ${type} after ${offset} bytes need ${offset + needed}`,
      where: `${dataPath} (described by ${header.where})`,
      remedy: 'Copy the data file again, or correct samples, lines, bands, data type or header offset',
    });
  const raw = decodeValues(bytes.subarray(offset), type, order === 0);
  return {
    bands,
    height,
    width,
    data: bandSequential(raw, interleave, bands, height, width),
    ...spectralMetadata(header, bands),
  };
}

/** Wavelengths, widths, bad bands, no-data value and reflectance scale of a header for a cube of so many bands. */
export function spectralMetadata(header: EnviHeader, bands: number): SpectralMetadata {
  const notes: string[] = [];
  const listOf = (key: string) => {
    const list = header.numbers(key);
    if (list !== undefined && list.length !== bands)
      throw new NadirError({
        what: `${list.length} values for ${bands} bands`,
        where: header.place(key),
        remedy: 'Give one value for each band',
      });
    return list;
  };
  const wavelengths = listOf('wavelength');
  const fwhm = listOf('fwhm');
  let factor = 1;
  if (wavelengths !== undefined) {
    const unit = nanometresPer(header.text('wavelength units'), wavelengths, header.place('wavelength'));
    factor = unit.factor;
    if (unit.note !== undefined) notes.push(unit.note);
  }
  const bbl = listOf('bbl');
  const scale =
    header.text('reflectance scale factor') === undefined ? undefined : header.number('reflectance scale factor');
  const noData = header.text('data ignore value') === undefined ? undefined : header.number('data ignore value');
  const quantity = quantityIn(header, scale);
  return {
    notes,
    ...(wavelengths && { wavelengthsNm: scaled(wavelengths, factor) }),
    ...(fwhm && { fwhmNm: scaled(fwhm, factor) }),
    ...(bbl && { goodBands: Uint8Array.from(bbl, (flag) => (flag === 0 ? 0 : 1)) }),
    ...(noData !== undefined && { noData }),
    ...(scale !== undefined && { scale }),
    ...(quantity && { quantity }),
    ...(header.text('class names') !== undefined && { labelNames: header.list('class names') ?? [] }),
  };
}

/** Thousandths and tenths of nm come out as they were meant: 0.4174 µm is 417.4 nm, not 417.40000000000003. */
function scaled(values: Float64Array, factor: number): Float64Array {
  return factor === 1 ? values : values.map((value) => Number((value * factor).toPrecision(12)));
}

function quantityIn(header: EnviHeader, scale: number | undefined): Quantity | undefined {
  const said = ['data units', 'z plot titles', 'measurement', 'sensor units']
    .map((key) => header.text(key) ?? '')
    .join(' ');
  if (scale !== undefined || /reflectance|refl\b/i.test(said)) return 'reflectance';
  if (/radiance|W\s*\/?\s*(m|cm)\s*\^?-?2/i.test(said)) return 'radiance';
  if (/\b(counts?|digital numbers?|DN)\b/i.test(said)) return 'counts';
  return undefined;
}

function isInterleave(text: string): text is Interleave {
  return text === 'bsq' || text === 'bil' || text === 'bip';
}

async function filesBeside(path: string): Promise<string[]> {
  try {
    return await readdir(dirname(path));
  } catch (cause) {
    throw new NadirError({
      what: `cannot read the folder (${messageOf(cause)})`,
      where: dirname(path),
      remedy: 'Check that it exists and is readable',
      cause,
    });
  }
}
