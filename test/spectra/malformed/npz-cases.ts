/** `.npz` frames, and frames as the board reads them, that are damaged or say what cannot be. */
import { crc32 } from 'node:zlib';
import { formatNpy, formatNpz, type NdArray, type Random } from '../../../sdk/base/index.ts';
import type { MalformedCase } from './case.ts';

const [BANDS, HEIGHT, WIDTH] = [4, 3, 5];
const PIXELS = HEIGHT * WIDTH;

export function npzCases(random: Random): MalformedCase[] {
  const data: NdArray = {
    shape: [BANDS, HEIGHT, WIDTH],
    data: Float32Array.from({ length: BANDS * PIXELS }, () => 100 + 50 * random.uniform()),
  };
  const nm = Float64Array.from({ length: BANDS }, (_, b) => 500 + 12 * b);
  const wavelengths: NdArray = { shape: [BANDS], data: nm };
  const good = { data, wavelengths };
  const band = 1 + random.below(BANDS - 1);
  const whole = formatNpz(good);
  const frame = (name: string, arrays: Record<string, NdArray> | Uint8Array, place: RegExp): MalformedCase => ({
    name: `npz ${name}`,
    reader: 'frame',
    files: { 'cube.npz': arrays instanceof Uint8Array ? arrays : formatNpz(arrays) },
    place,
  });
  const board = (one: MalformedCase): MalformedCase => ({ ...one, name: `board ${one.name}`, reader: 'board frame' });
  const member = (name: string) => new RegExp(`member ${name}(\\.npy)?`);
  const ofBands = (values: number[]): NdArray => ({ shape: [values.length], data: Float64Array.from(values) });
  const masked = (shape: number[]): NdArray => ({
    shape,
    data: new Uint8Array(shape.reduce((product, length) => product * length, 1)).fill(1),
  });
  // a pixel of each column lacks a value in another band, and those without a column in all
  const scattered = Float32Array.from(data.data as Float32Array, (value, i) =>
    i % PIXELS === Math.floor(i / PIXELS) || i % PIXELS >= BANDS ? Number.NaN : value,
  );
  const wavelengthPlace = new RegExp(`wavelength of band ${band + 1}`);
  const withoutAll = frame('mask all true', { ...good, mask: masked([BANDS, HEIGHT, WIDTH]) }, member('mask'));
  const withoutData = frame('no data', { wavelengths }, /no array "data"/);
  const fewWavelengths = frame(
    'a wavelength too few',
    { data, wavelengths: ofBands([...nm].slice(1)) },
    member('wavelengths'),
  );
  const wrongType = (text: string) => replaceBytes(storedNpz({ ...good }), "'<f4'", `'${text}'`);
  return [
    frame('truncated zip', whole.subarray(0, 40 + random.below(whole.length - 80)), /its directory is missing/),
    frame(
      'zip directory damaged',
      patched(whole, whole.readUInt32LE(whole.length - 6) + random.below(4), 0),
      /zip directory/,
    ),
    frame('bytes flipped', patched(whole, 70 + random.below(60), 0xff, 'xor'), /zip member data\.npy/),
    frame('zip bomb', withMember(whole, 24, 0x7ffffff0), /zip member \w+\.npy claims/),
    frame('unknown compression', withMember(whole, 10, 99, 2), /zip member \w+\.npy uses compression method 99/),
    frame('member beyond the end', withMember(whole, 42, whole.length - 4), /zip member \w+\.npy is damaged/),
    frame(
      'shape bomb',
      replaceBytes(storedNpz(good), `(${BANDS}, ${HEIGHT}, ${WIDTH})`, '(9, 9e9'.padEnd(9, ')')),
      member('data'),
    ),
    frame(
      'larger shape',
      replaceBytes(storedNpz(good), `(${BANDS}, ${HEIGHT}, ${WIDTH})`, `(${BANDS}, ${HEIGHT}, 9)`),
      member('data'),
    ),
    frame('complex values', wrongType('<c8'), member('data')),
    frame('objects', wrongType('|O8'), member('data')),
    frame('dates', wrongType('<M8'), member('data')),
    frame('without arrays', {}, /members: none/),
    withoutData,
    frame('two dimensions', { ...good, data: { shape: [BANDS, PIXELS], data: data.data } }, member('data')),
    frame('no pixels', { ...good, data: { shape: [BANDS, 0, WIDTH], data: new Float32Array(0) } }, member('data')),
    frame('no wavelengths', { data }, /no wavelengths for 4 bands.*cube_wavelengths\.csv/),
    fewWavelengths,
    frame('bands last', { ...good, data: { shape: [HEIGHT, WIDTH, BANDS], data: data.data } }, member('wavelengths')),
    frame('duplicate wavelengths', { data, wavelengths: ofBands([...nm.with(band, nm[0])]) }, wavelengthPlace),
    frame('µm for nm', { data, wavelengths: ofBands([...nm].map((value) => value / 1000)) }, /wavelength of band 1/),
    ...[Number.NaN, -510, 0, Number.POSITIVE_INFINITY].map((value) =>
      frame(`wavelength ${value}`, { data, wavelengths: ofBands([...nm.with(band, value)]) }, wavelengthPlace),
    ),
    withoutAll,
    frame('flat mask all true', { ...good, mask: masked([HEIGHT, WIDTH]) }, member('mask')),
    frame('mask of another size', { ...good, mask: masked([WIDTH, HEIGHT]) }, member('mask')),
    frame('labels of another size', { ...good, labels: masked([PIXELS]) }, member('labels')),
    frame(
      'negative labels',
      { ...good, labels: { shape: [HEIGHT, WIDTH], data: new Int8Array(PIXELS).fill(-1) } },
      member('labels'),
    ),
    frame('widths of zero', { ...good, fwhm: ofBands([5, 5, 0, 5]) }, /fwhm/),
    frame('all NaN', { ...good, data: { ...data, data: new Float32Array(BANDS * PIXELS).fill(Number.NaN) } }, /bands/),
    frame('no pixel with all bands', { ...good, data: { ...data, data: scattered } }, /pixels/),
    board(frame('truncated zip', whole.subarray(0, 40 + random.below(whole.length - 80)), /its directory is missing/)),
    board({ ...withoutAll, place: /band 0 is masked/ }),
    board(withoutData),
    board({ ...fewWavelengths, place: /3 wavelengths for 4/ }),
    board(
      frame(
        'NaN band',
        { ...good, data: { ...data, data: nanBand(data.data as Float32Array, band) } },
        new RegExp(`band ${band}`),
      ),
    ),
    board(frame('zip bomb', withMember(whole, 24, 0x7ffffff0), /zip member \w+\.npy claims/)),
  ];
}

function nanBand(values: Float32Array, band: number): Float32Array {
  return Float32Array.from(values).fill(Number.NaN, band * PIXELS, (band + 1) * PIXELS);
}

/** A copy with one byte set, or turned over. */
function patched(bytes: Buffer, at: number, value: number, how: 'set' | 'xor' = 'set'): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = how === 'set' ? value : copy[at] ^ value;
  return copy;
}

/** A copy of a zip with a field of its first member's directory entry set. */
function withMember(zip: Buffer, field: number, value: number, size: 2 | 4 = 4): Buffer {
  const copy = Buffer.from(zip);
  const directory = copy.readUInt32LE(copy.length - 6);
  copy.writeUIntLE(value, directory + field, size);
  return copy;
}

function replaceBytes(file: Buffer, from: string, to: string): Buffer {
  const text = file.toString('latin1');
  if (!text.includes(from) || from.length !== to.length) throw new RangeError(`${from} is not to be replaced by ${to}`);
  return sealed(Buffer.from(text.replace(from, to), 'latin1'));
}

/** A zip with its members stored and not deflated, so that their bytes can be hurt. */
function storedNpz(arrays: Record<string, NdArray>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const name = Buffer.from(`${key}.npy`);
    const content = formatNpy(array);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt32LE(content.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    local.copy(entry, 6, 4);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, name, content);
    central.push(entry, name);
    offset += 30 + name.length + content.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(locals.length / 3, 10);
  end.writeUInt32LE(offset, 16);
  return sealed(Buffer.concat([...locals, directory, end]));
}

/** Writes the checksums of a stored zip anew. */
function sealed(zip: Buffer): Buffer {
  let at = zip.readUInt32LE(zip.length - 6);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const local = zip.readUInt32LE(at + 42);
    const nameBytes = zip.readUInt16LE(at + 28);
    const start = local + 30 + nameBytes;
    zip.writeUInt32LE(crc32(zip.subarray(start, start + zip.readUInt32LE(at + 24))), at + 16);
    at += 46 + nameBytes;
  }
  return zip;
}
