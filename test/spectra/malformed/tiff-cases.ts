/** TIFFs made by tifffile, hurt in one place each. */
import type { Random } from '../../../sdk/base/index.ts';
import { fixtureJson } from '../frame-cases.ts';
import type { MalformedCase } from './case.ts';

const { cases } = fixtureJson<{ cases: { name: string; base64: string }[] }>('tiff.json');

export function tiffCases(random: Random): MalformedCase[] {
  const csv = 'band_no,wavelength\n1,450\n2,550\n3,650\n';
  const tiff = (name: string, bytes: Uint8Array, place: RegExp, table = csv): MalformedCase => ({
    name: `tiff ${name}`,
    reader: 'frame',
    files: { 'cube.tif': bytes, 'cube_wavelengths.csv': table },
    place,
  });
  const page = /cube\.tif page 1/;
  const strips = wholeTiff('strips of 4 rows');
  const deflated = wholeTiff('deflate');
  const table = (name: string, text: string, place: RegExp): MalformedCase => ({
    ...tiff(name, strips, place, text),
    blamed: 'cube_wavelengths.csv',
  });
  return [
    tiff('cut off', strips.subarray(0, 8 + random.below(strips.length - 200)), /needs bytes \d+ … \d+ of a file of/),
    tiff('header only', strips.subarray(0, 6), /the header needs bytes/),
    tiff('unknown version', withBytes(strips, 2, [43, 0, 7, 0]), /byte 4/),
    tiff('directory beyond the end', withUint32(strips, 4, strips.length + random.below(1000)), page),
    tiff('no directory', withUint32(strips, 4, 0), /no page/),
    tiff('pages in a circle', inCircle(strips), /page 2/),
    tiff('bomb of a size', withTag(withTag(strips, 256, 60_000), 257, 60_000), /page 1/),
    tiff('inflation bomb', withTag(withTag(deflated, 257, 900_000), 278, 900_000), page),
    tiff('more rows than strips', withTag(strips, 257, 400), /strips are needed|\d+ offsets/),
    tiff('no width', withTag(strips, 256, 0), page),
    tiff('JPEG compression', withTag(strips, 259, 7), page),
    tiff('unknown predictor', withTag(strips, 317, 9, 259), page),
    tiff('complex values', withTag(strips, 339, 5, 284), page),
    tiff('unknown planes', withTag(strips, 284, 3), page),
    tiff('strip beyond the end', withFirstOffset(strips, strips.length), /strip 1/),
    tiff('deflate stream damaged', withFirstStrip(deflated, random), /strip 1/),
    tiff('LZW codes damaged', withFirstStrip(wholeTiff('lzw'), random), /strip 1/),
    { ...tiff('no wavelengths', strips, /looked for cube_wavelengths\.csv/), files: { 'cube.tif': strips } },
    table('a wavelength too few', csv.replace('3,650\n', ''), /2 wavelengths for 3 bands/),
    table('a wavelength in words', csv.replace('550', 'green'), /row 3 column wavelength/),
    table('no wavelength column', csv.replace('wavelength', 'colour'), /row 1/),
    {
      ...tiff('wavelengths in µm', strips, /wavelength of band 1/),
      files: { 'cube.tif': strips, 'cube_wavelengths.csv': csv.replace(/,(\d)/g, ',0.$1') },
    },
  ];
}

function wholeTiff(name: string): Buffer {
  return Buffer.from(cases.find((one) => one.name === name)?.base64 ?? '', 'base64');
}

function withBytes(bytes: Buffer, at: number, values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

function withUint32(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value, at);
  return copy;
}

/** Places of the entries of the first page, by tag. */
function entries(bytes: Buffer): Map<number, number> {
  const page = bytes.readUInt32LE(4);
  return new Map(
    Array.from({ length: bytes.readUInt16LE(page) }, (_, i) => {
      const at = page + 2 + 12 * i;
      return [bytes.readUInt16LE(at), at];
    }),
  );
}

/** A copy with one tag set to a number (type LONG); `instead` gives its place to the tag where the file lacks it. */
function withTag(bytes: Buffer, tag: number, value: number, instead?: number): Buffer {
  const at = entries(bytes).get(tag) ?? entries(bytes).get(instead ?? -1);
  if (at === undefined) throw new RangeError(`the TIFF has no tag ${tag}`);
  const copy = withUint32(withUint32(bytes, at + 4, 1), at + 8, value);
  copy.writeUInt16LE(tag, at);
  copy.writeUInt16LE(4, at + 2);
  return copy;
}

function inCircle(bytes: Buffer): Buffer {
  const page = bytes.readUInt32LE(4);
  return withUint32(bytes, page + 2 + 12 * bytes.readUInt16LE(page), page);
}

/** Where the first strip's offset is written, and the offset. */
function firstOffset(bytes: Buffer): [number, number] {
  const at = entries(bytes).get(273);
  if (at === undefined) throw new RangeError('the TIFF has no strips');
  const place =
    bytes.readUInt32LE(at + 4) * (bytes.readUInt16LE(at + 2) === 3 ? 2 : 4) <= 4 ? at + 8 : bytes.readUInt32LE(at + 8);
  return [place, bytes.readUInt32LE(place)];
}

function withFirstOffset(bytes: Buffer, offset: number): Buffer {
  return withUint32(bytes, firstOffset(bytes)[0], offset);
}

function withFirstStrip(bytes: Buffer, random: Random): Buffer {
  return withBytes(
    bytes,
    firstOffset(bytes)[1],
    Array.from({ length: 12 }, () => 128 + random.below(128)),
  );
}
