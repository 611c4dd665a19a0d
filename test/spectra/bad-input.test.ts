import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNpz, NadirError } from '../../sdk/base/index.ts';
import { parseEnvi } from '../../sdk/spectra/envi.ts';
import { parseEnviHeader } from '../../sdk/spectra/envi-header.ts';
import { type FrameParts, frameOf } from '../../sdk/spectra/frame.ts';
import { parseWavelengthTable } from '../../sdk/spectra/frame-wavelengths.ts';
import { parseGeotiff } from '../../sdk/spectra/geotiff.ts';
import { readHyperview } from '../../sdk/spectra/hyperview.ts';
import { parsePatch } from '../../sdk/spectra/hyperview-patch.ts';
import { parseMatCube } from '../../sdk/spectra/matlab-cube.ts';
import { parseNpzCube } from '../../sdk/spectra/npz-cube.ts';
import { PatchReducer } from '../../sdk/spectra/pixel-figures.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import { readSpectralFrame } from '../../sdk/spectra/spectral-frame.ts';
import { readSpectraTable, selectTargets } from '../../sdk/spectra/table.ts';
import { fixtureJson, put, temporaryFolder } from './frame-cases.ts';
import type { MalformedCase } from './malformed/case.ts';
import { malformedCorpus } from './malformed/corpus.ts';

const folder = temporaryFolder();
const readers: Record<MalformedCase['reader'], (path: string) => Promise<unknown>> = {
  table: readSpectraTable,
  targets: async (path) => selectTargets(await readSpectraTable(path), ['pH']),
  'board frame': readSpectralFrame,
  frame: readFrame,
  hyperview: (path) => readHyperview(dirname(path), { pixels: true }),
};

describe('malformed input', () => {
  const seeds = [1, 2, 3];
  test('is a corpus of at least 60 files, other ones for another seed', () => {
    const [one, two] = seeds.map(malformedCorpus);
    expect(new Set(one.map(({ name }) => name)).size).toBe(one.length);
    expect(one.length).toBeGreaterThanOrEqual(60);
    expect(malformedCorpus(1)).toEqual(one);
    expect(two).not.toEqual(one);
  });

  const corpus = seeds.flatMap((seed) => malformedCorpus(seed).map((one) => ({ ...one, seed })));
  test.each(corpus)(
    '$name (seed $seed) gives one clear error with file, place and remedy',
    async ({ name, seed, reader, files, blamed, place }) => {
      const own = join(folder, `${seed} ${name}`);
      mkdirSync(own);
      const [first] = Object.keys(files);
      for (const [file, content] of Object.entries(files)) put(own, file, content);
      const error = await readers[reader](join(own, first)).then(
        () => new Error('it was read'),
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof NadirError)) throw error;
      expect(error.message).not.toMatch(/[\r\n]/);
      expect(error.message).toContain(blamed ?? first);
      expect(error.message).toMatch(place);
      // what is wrong, and a whole sentence on what to do
      expect(error.what.length).toBeGreaterThan(4);
      expect(error.remedy).toMatch(/^[A-Z][a-z]* \S/);
      expect(error.message.length).toBeLessThan(1000);
    },
    10_000,
  );

  test('that is missing or a folder says so', async () => {
    const { hyperview: _, ...ofFiles } = readers;
    for (const path of [join(folder, 'missing.npz'), folder])
      for (const read of Object.values(ofFiles))
        await expect(read(path)).rejects.toThrow(/cannot read file|not a file/);
  });
});

const tiffs = fixtureJson<{ cases: { base64: string }[] }>('tiff.json').cases;
const mats = fixtureJson<{ cases: { base64: string }[] }>('mat.json').cases;
const npz = formatNpz({
  data: { shape: [3, 4, 5], data: Uint16Array.from({ length: 60 }, (_, i) => i) },
  wavelengths: { shape: [3], data: Float64Array.of(450, 550, 650) },
  labels: { shape: [4, 5], data: new Uint8Array(20) },
  mask: { shape: [4, 5], data: new Uint8Array(20) },
});
const enviText = [
  'ENVI',
  'samples = 5',
  'lines = 4',
  'bands = 3',
  'data type = 12',
  'interleave = bil',
  'byte order = 1',
  'data ignore value = -1',
  'wavelength units = um',
  'wavelength = {0.45, 0.55, 0.65}',
  'bbl = {1, 0, 1}',
  '',
].join('\n');

/** Every valid file with the parser that it belongs to. */
const valid: readonly { readonly bytes: Buffer; readonly parse: (bytes: Buffer) => FrameParts }[] = [
  { bytes: npz, parse: (bytes) => parseNpzCube(bytes, 'fuzz.npz') },
  {
    bytes: Buffer.from(enviText),
    parse: (bytes) => parseEnvi(parseEnviHeader(bytes.toString(), 'fuzz.hdr'), Buffer.alloc(120), 'fuzz.dat'),
  },
  ...tiffs.map(({ base64 }) => ({
    bytes: Buffer.from(base64, 'base64'),
    parse: (bytes: Buffer) => parseGeotiff(bytes, 'fuzz.tif'),
  })),
  ...mats.map(({ base64 }) => ({
    bytes: Buffer.from(base64, 'base64'),
    parse: (bytes: Buffer) => parseMatCube(bytes, 'fuzz.mat'),
  })),
];

/** A hurt to a file: cut, or bytes set; the first bytes, where sizes and offsets are, are hurt more often. */
const hurt = fc.record({
  file: fc.nat(valid.length - 1),
  keep: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3, nil: 1 }),
  bytes: fc.array(
    fc.tuple(
      fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true })),
      fc.nat(255),
    ),
    {
      maxLength: 4,
    },
  ),
});

function hurtCopy(whole: Buffer, keep: number | null, bytes: readonly [number, number][]): Buffer {
  const copy = Buffer.from(whole.subarray(0, Math.round(whole.length * (keep ?? 1))));
  for (const [at, value] of bytes) if (copy.length > 0) copy[Math.floor(at * (copy.length - 1))] = value;
  return copy;
}

describe('damaged files', () => {
  test('are a whole frame or one clear error, whatever the damage', () => {
    fc.assert(
      fc.property(hurt, ({ file, keep, bytes }) => {
        const { bytes: whole, parse } = valid[file];
        const copy = hurtCopy(whole, keep, bytes);
        try {
          const parts = parse(copy);
          expect(parts.data.length).toBe(parts.bands * parts.height * parts.width);
          const nm = parts.wavelengthsNm ?? Float64Array.from({ length: parts.bands }, (_, b) => 400 + b);
          expect(frameOf({ ...parts, wavelengthsNm: nm }, 'fuzz', 'hash').bands).toBe(parts.bands);
        } catch (error) {
          if (!(error instanceof NadirError)) throw error;
        }
      }),
      { numRuns: 4000, seed: 5 },
    );
  });

  test('of HYPERVIEW patches are a whole patch or one clear error', () => {
    const patch = formatNpz({
      data: { shape: [3, 4, 5], data: Float32Array.from({ length: 60 }, (_, i) => 100 + i) },
      mask: { shape: [3, 4, 5], data: new Uint8Array(60) },
    });
    const reducer = new PatchReducer();
    fc.assert(
      fc.property(hurt, ({ keep, bytes }) => {
        const copy = hurtCopy(patch, keep, bytes);
        try {
          const read = parsePatch(copy, 'fuzz.npz', 3);
          expect(read.data.length).toBe(3 * read.height * read.width);
          expect(reducer.reduce(read, 'fuzz.npz', { sigma: true }).mean.every(Number.isFinite)).toBe(true);
        } catch (error) {
          if (!(error instanceof NadirError)) throw error;
        }
      }),
      { numRuns: 1000, seed: 6 },
    );
  });

  test('of band tables are a table or one clear error', () => {
    const cell = fc.constantFrom('band_no', 'wavelength', 'fwhm', '1', '450', '0.5', '', 'x', '"', '-1e9', '\r', 'NaN');
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 5 }), (rows) => {
        try {
          const table = parseWavelengthTable(rows.map((cells) => cells.join(',')).join('\n'), 'fuzz.csv');
          expect(table.wavelengthsNm.every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NadirError);
        }
      }),
    );
  });
});
