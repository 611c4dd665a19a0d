/**
 * TIFF and GeoTIFF cubes (TIFF 6.0, BigTIFF): strips or tiles, bands interleaved, in planes or one a page; integers and floats of
 * 8 to 64 bits; uncompressed, LZW, deflate or PackBits, with predictors. Overviews and masks are passed over. Wavelengths are
 * GDAL's metadata where it has them.
 */
import { messageOf, NadirError } from '../base/index.ts';
import { type FrameData, type FrameParts, frameValues } from './frame.ts';
import { mostUnpacked, undoDifferences, undoFloatDifferences, unpack } from './geotiff-codec.ts';
import { gdalWavelengths } from './geotiff-metadata.ts';
import { type TiffDirectory, TiffFile } from './geotiff-tags.ts';
import { arrayOfType, bytesOfType, decodeValues, type RawType } from './raw-values.ts';

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
  gdalMetadata: 42112,
  gdalNoData: 42113,
} as const;

/** Bits of NewSubfileType that say "a smaller copy" and "a mask". */
const REDUCED_OR_MASK = 1 | 4;

interface Page {
  readonly directory: TiffDirectory;
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly type: RawType;
  readonly compression: number;
  readonly predictor: number;
  readonly planar: boolean;
  /** Size of a strip or tile in pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly tiled: boolean;
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

/** Whether these are the first bytes of a TIFF. */
export function isTiff(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start);
}

/** The cube of a TIFF. `where` names the file in errors. */
export function parseGeotiff(bytes: Uint8Array, where: string): FrameParts {
  const file = new TiffFile(bytes, where);
  const pages = file
    .directories()
    .filter((directory) => (directory.number(TAG.subfileType, 0) & REDUCED_OR_MASK) === 0)
    .map((directory) => pageOf(directory, file));
  const [first] = pages;
  if (first === undefined) throw file.fail('every page is an overview or a mask', where);
  const odd = pages.find(
    (page) => page.width !== first.width || page.height !== first.height || page.type !== first.type,
  );
  if (odd !== undefined)
    throw new NadirError({
      what: `a page of ${odd.width} × ${odd.height} ${odd.type} follows one of ${first.width} × ${first.height} ${first.type}`,
      where: odd.directory.where,
      remedy: 'Export all bands with one size and one type',
    });
  const { width, height, type } = first;
  const bands = pages.reduce((sum, page) => sum + page.samples, 0);
  const values = frameValues(bands, height, width, where);
  const packed = pages.reduce((sum, page) => sum + packedBytes(page, file), 0);
  const most = mostUnpacked(first.compression, packed) ?? 0;
  if (values * bytesOfType(type) > most)
    throw file.fail(
      `${values} values of ${type} are claimed of ${packed} bytes of data, which hold ${most} bytes at most`,
      `${where} page 1`,
    );
  const data = arrayOfType(type, values);
  let band = 0;
  for (const page of pages) {
    readPage(page, file, data.subarray(band * height * width) as FrameData);
    band += page.samples;
  }
  const noDataText = first.directory.text(TAG.gdalNoData)?.trim();
  const noData = noDataText === undefined || noDataText === '' ? undefined : Number(noDataText);
  return {
    bands,
    height,
    width,
    data,
    ...(noData !== undefined && Number.isFinite(noData) && { noData }),
    ...gdalWavelengths(first.directory.text(TAG.gdalMetadata) ?? '', bands, where),
  };
}

function pageOf(directory: TiffDirectory, file: TiffFile): Page {
  const { where } = directory;
  const refuse = (what: string, remedy: string) => new NadirError({ what, where, remedy });
  const width = directory.number(TAG.width);
  const height = directory.number(TAG.height);
  const samples = directory.number(TAG.samplesPerPixel, 1);
  frameValues(samples, height, width, where);
  const bits = directory.numbers(TAG.bitsPerSample) ?? [1];
  const formats = directory.numbers(TAG.sampleFormat) ?? [1];
  if (bits.some((count) => count !== bits[0]) || formats.some((format) => format !== formats[0]))
    throw refuse('the bands have different types', 'Export all bands with one type');
  const type = typeOf(bits[0], formats[0]);
  if (type === undefined)
    throw refuse(
      `values of ${bits[0]} bits and sample format ${formats[0]} are not read`,
      'Export as integers of 8, 16 or 32 bits or floats of 32 or 64',
    );
  const compression = directory.number(TAG.compression, 1);
  if (mostUnpacked(compression, 0) === undefined)
    throw refuse(`compression ${compression} is not read`, 'Export uncompressed or with deflate, LZW or PackBits');
  const predictor = directory.number(TAG.predictor, 1);
  const floating = type.startsWith('float');
  if (predictor !== 1 && !(predictor === 2 && !floating) && !(predictor === 3 && floating))
    throw refuse(`predictor ${predictor} is not read for ${type}`, 'Export with no predictor');
  const planarNumber = directory.number(TAG.planarConfiguration, 1);
  if (planarNumber !== 1 && planarNumber !== 2)
    throw file.fail(`planar configuration ${planarNumber} is unknown`, where);
  const tiled = directory.has(TAG.tileWidth);
  const tileWidth = tiled ? directory.number(TAG.tileWidth) : width;
  const tileHeight = tiled
    ? directory.number(TAG.tileHeight)
    : Math.min(directory.number(TAG.rowsPerStrip, height), height);
  frameValues(planarNumber === 2 ? 1 : samples, tileHeight, tileWidth, `${where} ${tiled ? 'tile' : 'strip'} size`);
  const offsets = directory.numbers(tiled ? TAG.tileOffsets : TAG.stripOffsets) ?? [];
  const byteCounts = directory.numbers(tiled ? TAG.tileByteCounts : TAG.stripByteCounts) ?? [];
  const planar = planarNumber === 2;
  const wanted = Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight) * (planar ? samples : 1);
  if (offsets.length !== wanted || byteCounts.length !== wanted)
    throw file.fail(
      `${offsets.length} offsets and ${byteCounts.length} lengths where ${wanted} ${tiled ? 'tiles' : 'strips'} are needed`,
      where,
    );
  return {
    directory,
    width,
    height,
    samples,
    type,
    compression,
    predictor,
    planar,
    tileWidth,
    tileHeight,
    tiled,
    offsets,
    byteCounts,
  };
}

function typeOf(bits: number, format: number): RawType | undefined {
  const kind = { 1: 'uint', 2: 'int', 3: 'float' }[format];
  const whole = (format === 1 || format === 2) && [8, 16, 32, 64].includes(bits);
  const real = format === 3 && [16, 32, 64].includes(bits);
  return whole || real ? (`${kind}${bits}` as RawType) : undefined;
}

/** Bytes of a page's strips or tiles, each checked to lie in the file. */
function packedBytes(page: Page, file: TiffFile): number {
  let total = 0;
  page.offsets.forEach((offset, i) => {
    file.need(offset, page.byteCounts[i], `${page.tiled ? 'tile' : 'strip'} ${i + 1} of ${page.directory.where}`);
    total += page.byteCounts[i];
  });
  return total;
}

/** Unpacks a page into `into`, [samples, height, width]. */
function readPage(page: Page, file: TiffFile, into: FrameData): void {
  const { width, height, samples, type, compression, predictor, planar, tileWidth, tileHeight } = page;
  const across = Math.ceil(width / tileWidth);
  const perPlane = across * Math.ceil(height / tileHeight);
  const bytes = bytesOfType(type);
  const interleaved = planar ? 1 : samples;
  const rowBytes = tileWidth * interleaved * bytes;
  page.offsets.forEach((offset, index) => {
    const plane = Math.floor(index / perPlane);
    const left = (index % across) * tileWidth;
    const top = Math.floor((index % perPlane) / across) * tileHeight;
    // strips end with the image, tiles are whole
    const rows = page.tiled ? tileHeight : Math.min(tileHeight, height - top);
    let unpacked: Buffer;
    try {
      unpacked = unpack(file.bytes.subarray(offset, offset + page.byteCounts[index]), compression, rows * rowBytes);
    } catch (cause) {
      throw file.fail(
        `a ${page.tiled ? 'tile' : 'strip'} does not unpack (${messageOf(cause)})`,
        `${page.directory.where} ${page.tiled ? 'tile' : 'strip'} ${index + 1}`,
      );
    }
    if (predictor !== 1) {
      // not in place: uncompressed rows are the file's own bytes
      unpacked = Buffer.from(unpacked);
      for (let row = 0; row < rows; row++) {
        const line = unpacked.subarray(row * rowBytes, (row + 1) * rowBytes);
        if (predictor === 2) undoDifferences(line, tileWidth, interleaved, bytes, file.littleEndian);
        else undoFloatDifferences(line, tileWidth, interleaved, bytes);
      }
    }
    const values = decodeValues(unpacked, type, predictor === 3 || file.littleEndian);
    const lastRow = Math.min(rows, height - top);
    const lastColumn = Math.min(tileWidth, width - left);
    for (let sample = 0; sample < interleaved; sample++)
      for (let row = 0; row < lastRow; row++) {
        let from = row * tileWidth * interleaved + sample;
        let to = ((plane + sample) * height + top + row) * width + left;
        for (let column = 0; column < lastColumn; column++, from += interleaved) into[to++] = values[from];
      }
  });
}
