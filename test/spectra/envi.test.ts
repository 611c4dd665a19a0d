import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { usableOf } from '../../sdk/spectra/frame.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import { fixture, formula, formulaCube, put, temporaryFolder } from './frame-cases.ts';

const folder = temporaryFolder();
const [BANDS, LINES, SAMPLES] = [3, 5, 4];

/** ENVI's type numbers, bytes a value, and how one is written. */
const TYPES: Record<number, [number, (view: DataView, at: number, value: number, little: boolean) => void]> = {
  1: [1, (view, at, value) => view.setUint8(at, value)],
  2: [2, (view, at, value, little) => view.setInt16(at, value, little)],
  3: [4, (view, at, value, little) => view.setInt32(at, value, little)],
  4: [4, (view, at, value, little) => view.setFloat32(at, value, little)],
  5: [8, (view, at, value, little) => view.setFloat64(at, value, little)],
  12: [2, (view, at, value, little) => view.setUint16(at, value, little)],
  13: [4, (view, at, value, little) => view.setUint32(at, value, little)],
  14: [8, (view, at, value, little) => view.setBigInt64(at, BigInt(value), little)],
  15: [8, (view, at, value, little) => view.setBigUint64(at, BigInt(value), little)],
};

function header(fields: Record<string, string | number>): string {
  const all = {
    samples: SAMPLES,
    lines: LINES,
    bands: BANDS,
    'header offset': 0,
    'data type': 1,
    interleave: 'bsq',
    'byte order': 0,
    'wavelength units': 'Nanometers',
    wavelength: '{ 450, 550,\n 650 }',
    ...fields,
  };
  return `ENVI\n${Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}`;
}

/** The oracles' cube as raw bytes: the file's order is written down axis by axis. */
function raw(type: number, interleave: string, little: boolean, offset = 0): Uint8Array {
  const [size, write] = TYPES[type];
  const bytes = new Uint8Array(offset + BANDS * LINES * SAMPLES * size);
  const view = new DataView(bytes.buffer);
  let at = offset;
  const next = (band: number, line: number, sample: number) => {
    write(view, at, formula(band, line, sample) % 120, little);
    at += size;
  };
  const each = (length: number, body: (i: number) => void) => {
    for (let i = 0; i < length; i++) body(i);
  };
  if (interleave === 'bsq') each(BANDS, (b) => each(LINES, (l) => each(SAMPLES, (s) => next(b, l, s))));
  if (interleave === 'bil') each(LINES, (l) => each(BANDS, (b) => each(SAMPLES, (s) => next(b, l, s))));
  if (interleave === 'bip') each(LINES, (l) => each(SAMPLES, (s) => each(BANDS, (b) => next(b, l, s))));
  return bytes;
}

const EXPECTED = formulaCube(BANDS, LINES, SAMPLES).map((value) => value % 120);

describe('an ENVI cube', () => {
  const variants = Object.keys(TYPES).flatMap((type) =>
    ['bsq', 'bil', 'bip'].flatMap((interleave) => [0, 1].map((order) => [Number(type), interleave, order] as const)),
  );
  test.each(variants)('of data type %i, %s, byte order %i is read value for value', async (type, interleave, order) => {
    const name = `t${type}${interleave}${order}`;
    put(folder, `${name}.hdr`, header({ 'data type': type, interleave, 'byte order': order, 'header offset': 7 }));
    const path = put(folder, `${name}.img`, raw(type, interleave, order === 0, 7));
    expect(Array.from((await readFrame(path)).data)).toEqual(EXPECTED);
  });

  test('of EMIT (BIL, float32) has widths, no-data value, and its 41 water bands marked bad', async () => {
    const frame = await readFrame(fixture('emit20250324t221005_jpl_unmix_ex'));
    const at = (band: number, row: number, column: number) => frame.data[(band * 10 + row) * 10 + column];
    // read by numpy from the file's bytes
    expect([at(0, 4, 6), at(100, 4, 6), at(284, 4, 6)]).toEqual([
      0.031622666865587234, 0.23975062370300293, 0.1007598266005516,
    ]);
    expect(Array.from(frame.data).reduce((sum, value) => sum + value, 0)).toBeCloseTo(4595.199456108734, 6);
    expect([frame.noData, frame.fwhmNm?.[4], frame.notes.length]).toEqual([-9999, 8.417, 1]);
    const usable = usableOf(frame);
    expect([usable.badBands, usable.bands.length]).toEqual([41, 244]);
    // the file's −0.01 stands in the water bands only
    expect(Array.from(usable.bands).some((band) => at(band, 4, 6) === Math.fround(-0.01))).toBe(false);
  });

  test.each([
    ['Micrometers', '{ 0.45, 0.55, 0.65 }', 0],
    ['um', '{ 0.45, 0.55, 0.65 }', 0],
    ['Unknown', '{ 0.45, 0.55, 0.65 }', 1],
    ['', '{ 0.45, 0.55, 0.65 }', 1],
    ['Nanometers', '{ 450, 550, 650, }', 0],
    ['Unknown', '{ 450, 550, 650 }', 1],
    ['Angstroms', '{ 4500, 5500, 6500 }', 0],
  ])(
    'with unit "%s" and wavelengths %s is at 450 … 650 nm; what was inferred is said',
    async (unit, wavelength, notes) => {
      put(folder, 'unit.hdr', header({ 'wavelength units': unit, wavelength }));
      const frame = await readFrame(put(folder, 'unit.dat', raw(1, 'bsq', true)));
      expect([...frame.wavelengthsNm]).toEqual([450, 550, 650]);
      expect(frame.notes.length).toBe(notes);
    },
  );

  test('whose pixels hold the ignore value, or whose bbl drops a band, says which are usable', async () => {
    const bytes = raw(1, 'bsq', true);
    bytes[0] = 255;
    bytes[LINES * SAMPLES + 3] = 255;
    put(folder, 'holes.hdr', header({ 'data ignore value': 255, bbl: '{1, 0, 1}' }));
    const usable = usableOf(await readFrame(put(folder, 'holes.dat', bytes)));
    expect([...usable.bands]).toEqual([0, 2]);
    // the hole in the bad band costs no pixel
    expect([usable.excludedPixels, usable.excluded[0], usable.excluded[3]]).toEqual([1, 1, 0]);
  });

  test('may give labels and their names as a classification file', async () => {
    put(folder, 'scene.hdr', header({}));
    const scene = put(folder, 'scene.dat', raw(1, 'bsq', true));
    const names = { bands: 1, wavelength: '', 'wavelength units': '', 'class names': '{ none, wheat, maize }' };
    put(folder, 'classes.hdr', header(names));
    const classes = Uint8Array.from({ length: LINES * SAMPLES }, (_, i) => i % 3);
    const frame = await readFrame(scene, { labels: put(folder, 'classes.dat', classes) });
    expect(frame.labels?.[4]).toBe(1);
    expect(frame.labelNames).toEqual(['none', 'wheat', 'maize']);
  });

  test.each([
    [
      'complex values',
      { 'data type': 6 },
      /complex numbers: .*bad\.hdr line 6 field "data type"\. Export the magnitude/,
    ],
    ['an unknown type', { 'data type': 77 }, /data type 77 is unknown/],
    ['an unknown interleave', { interleave: 'spiral' }, /interleave "spiral" is unknown/],
    ['a wrong size', { lines: 6 }, /has 60 bytes where 3 bands × 6 lines × 4 samples of uint8 after 0 bytes need 72/],
    ['a bomb of a size', { lines: 2 ** 19, samples: 2 ** 19 }, /is empty or too large/],
    ['a fraction of a line', { lines: 5.5 }, /is empty or too large/],
    ['no samples', { samples: '' }, /the header lacks a field: .*bad\.hdr field "samples"/],
    ['too few wavelengths', { wavelength: '{450, 550}' }, /2 values for 3 bands: .*line 10 field "wavelength"/],
    ['words for wavelengths', { wavelength: '{450, red, 650}' }, /item 2, "red", is not a number/],
    ['µm called nm', { wavelength: '{0.45, 0.55, 0.65}' }, /0\.45 looks like µm where nm are expected.*Multiply/],
    ['µm and nm', { wavelength: '{0.45, 550, 650}', 'wavelength units': 'Unknown' }, /neither all µm nor all nm/],
    ['wavenumbers', { 'wavelength units': 'Wavenumber' }, /unit "wavenumber"/],
    ['one wavelength twice', { wavelength: '{450, 550, 450}' }, /bands 1 and 3 are both at 450 nm/],
    ['every band bad', { bbl: '{0, 0, 0}' }, /no band has a value and is marked as good/],
    ['braces that never close', { wavelength: '{450, 550' }, /braces of "wavelength" are never closed/],
    ['compression', { 'file compression': 1 }, /the data are compressed/],
  ])('with %s is refused by name', async (_, fields: Record<string, string | number>, message) => {
    const path = put(folder, 'bad.hdr', header(fields));
    put(folder, 'bad.dat', raw(1, 'bsq', true));
    await expect(readFrame(path)).rejects.toThrow(message);
    await expect(readFrame(path)).rejects.toBeInstanceOf(NadirError);
  });

  test('without its data, or without its header, says what is missing', async () => {
    await expect(readFrame(put(folder, 'alone.hdr', header({})))).rejects.toThrow(
      /no data file beside the header: .*alone/,
    );
    await expect(readFrame(put(folder, 'bare.dat', raw(1, 'bsq', true)))).rejects.toThrow(
      /not a frame .*put bare\.hdr beside/,
    );
  });
});
