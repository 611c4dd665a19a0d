import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { NadirError, Random } from '../../../sdk/base/index.ts';
import {
  CodeIndex,
  CodeIndexWriter,
  type IndexOptions,
  type IndexSummary,
  likeQuery,
  type RowCode,
  searchCodes,
  writeCodeIndex,
} from '../../../sdk/concepts/code-index/index.ts';
import { kept, keptRows, scan, someCodes } from './codes.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-code-index-file-'));
const at = (name: string) => join(folder, name);
const N = 80;
const codes = someCodes(4, { n: N, rows: 30_000, active: 8 });

afterAll(() => rmSync(folder, { recursive: true }));

/** Opens, asks for everything and closes. */
function readAll(path: string): void {
  const index = CodeIndex.open(path);
  try {
    for (let row = 0; row < index.rows; row += 500) index.code(row);
    searchCodes(index, { terms: Array.from({ length: index.n }, (_, latent) => ({ latents: [latent] })) }, index.rows);
    searchCodes(index, { terms: [{ latents: [0, 1, 2], must: 'have' }], score: 'cosine' }, index.rows);
  } finally {
    index.close();
  }
}

describe('building', () => {
  test('gives the same bytes again, in one segment or in many, from a list or a stream', async () => {
    const options: IndexOptions = { n: N };
    const one: IndexSummary = await writeCodeIndex(at('one'), codes, options);
    async function* stream() {
      yield* codes;
    }
    const many = await writeCodeIndex(at('many'), stream(), { ...options, memoryBytes: 64 * 1024 });
    expect(one.segments).toBe(1);
    expect(many.segments).toBeGreaterThan(5);
    expect(many).toEqual({ ...one, segments: many.segments });
    const bytes = readFileSync(at('one'));
    expect(bytes.length).toBe(one.bytes);
    expect(readFileSync(at('many')).equals(bytes)).toBe(true);
    expect(one.postings).toBe(codes.reduce((sum, { latents }) => sum + latents.length, 0));
  });

  test('holds a tile that is larger than the budget', async () => {
    const dense = Array.from({ length: 5000 }, (_, row) => ({
      row,
      latents: Uint32Array.from({ length: 60 }, (_, i) => (row + i) % N),
      values: new Float32Array(60).fill(1 + (row % 7)),
    }));
    await writeCodeIndex(at('dense'), dense, { n: N, memoryBytes: 0 });
    const index = CodeIndex.open(at('dense'));
    const query = { terms: [{ latents: [3] }, { latents: [70], weight: -0.5 }] };
    expect(searchCodes(index, query, 50)).toEqual(scan(keptRows(dense), query, 50));
    index.close();
  });

  test('keeps activations to 3.2 %, counts those beyond the levels, and leaves out those not above 0', async () => {
    const values = [0.3, 1, 7.77, 247, 1e-6, 1e6, 0, -3];
    const { saturated } = await writeCodeIndex(
      at('levels'),
      [{ row: 0, latents: values.map((_, latent) => latent), values }],
      { n: 8 },
    );
    const index = CodeIndex.open(at('levels'));
    const code = index.code(0);
    const found = new Map(Array.from(code.latents, (latent, i) => [latent, code.values[i]]));
    expect([...found.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (let latent = 0; latent < 4; latent++)
      expect(Math.abs((found.get(latent) ?? 0) / values[latent] - 1)).toBeLessThan(1 / 31);
    for (let latent = 0; latent < 6; latent++) expect(found.get(latent)).toBe(kept(values[latent]));
    expect(saturated).toBe(2);
    index.close();
  });

  test('takes other octaves for small activations', async () => {
    const codes = [{ row: 0, latents: [1, 0], values: [1e-6, 3e-4] }];
    expect((await writeCodeIndex(at('small'), codes, { n: 2, lowestOctave: -24 })).saturated).toBe(0);
    const index = CodeIndex.open(at('small'));
    expect(index.code(0).values[1] / 1e-6).toBeCloseTo(1, 1);
    index.close();
    await expect(writeCodeIndex(at('x'), codes, { n: 2, lowestOctave: 200 })).rejects.toThrow(/2\^200/);
  });

  test('gives an empty index of no codes, and of codes without concepts', async () => {
    await writeCodeIndex(at('none'), [], { n: 5 });
    const none = CodeIndex.open(at('none'));
    expect(none.rows).toBe(0);
    expect(searchCodes(none, { terms: [{ latents: [1] }] }, 3)).toEqual([]);
    expect(() => likeQuery(none, 0)).toThrow(/empty/);
    none.close();
    await writeCodeIndex(at('blank'), [{ row: 9999, latents: [], values: [] }], { n: 5 });
    const blank = CodeIndex.open(at('blank'));
    expect(blank.rows).toBe(10_000);
    expect(blank.code(9999).latents).toHaveLength(0);
    expect(searchCodes(blank, { terms: [{ latents: [1], must: 'have' }] }, 3)).toEqual([]);
    blank.close();
  });

  test.each<[string, RowCode[], RegExp]>([
    ['NaN', [{ row: 0, latents: [1], values: [Number.NaN] }], /activation NaN/],
    ['an infinite activation', [{ row: 0, latents: [1], values: [Infinity] }], /activation Infinity/],
    ['a latent beyond the dictionary', [{ row: 0, latents: [5], values: [1] }], /latent 5 of 5/],
    ['a latent twice', [{ row: 3, latents: [2, 1, 2], values: [1, 1, 1] }], /latent 2 stands twice: row 3/],
    ['fewer activations than latents', [{ row: 0, latents: [1, 2], values: [1] }], /2 latents with 1/],
    ['a row again', [0, 0].map((row) => ({ row, latents: [1], values: [1] })), /after row 0/],
    ['a row that is none', [{ row: -1, latents: [], values: [] }], /row/],
    ['a row of more than 32 bits', [{ row: 2 ** 32, latents: [], values: [] }], /not a row number/],
  ])('refuses %s and leaves nothing behind', async (_, bad, message) => {
    const before = readdirSync(folder);
    await expect(writeCodeIndex(at('bad'), bad, { n: 5 })).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('leaves an older index as it was when it is given up', () => {
    writeFileSync(at('old'), 'old');
    const writer = new CodeIndexWriter(at('old'), { n: 3 });
    writer.add(0, [1], [2]);
    writer.abandon();
    expect(readFileSync(at('old'), 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('says where it cannot write', async () => {
    writeFileSync(at('file'), '');
    await expect(writeCodeIndex(at('file/index'), codes, { n: N })).rejects.toThrow(/cannot write/);
    await expect(writeCodeIndex(at('zero'), [], { n: 0 })).rejects.toThrow(NadirError);
  });
});

describe('a damaged file', () => {
  const remedies = /Build the index again|Give a file that/;

  test('is refused wherever a bit is flipped', async () => {
    await writeCodeIndex(at('whole'), codes, { n: N });
    const bytes = readFileSync(at('whole'));
    readAll(at('whole'));
    const random = Random.of(5, 'flips');
    const places = [0, 9, 13, 21, 25, 29, 40, 50, 57, 93, bytes.length - 1, bytes.length - 9];
    for (let i = 0; i < 30; i++) places.push(random.below(bytes.length));
    for (const place of places) {
      const flipped = Buffer.from(bytes);
      flipped[place] ^= 1 << random.below(8);
      writeFileSync(at('flipped'), flipped);
      expect(() => readAll(at('flipped')), `byte ${place}`).toThrow(NadirError);
      expect(() => readAll(at('flipped')), `byte ${place}`).toThrow(remedies);
    }
  });

  test('is refused wherever it is cut off, and with bytes too many', async () => {
    await writeCodeIndex(at('cut'), codes, { n: N });
    const bytes = readFileSync(at('cut'));
    for (const length of [0, 1, 50, 95, 96, 40_000, bytes.length - 1]) {
      writeFileSync(at('cut'), bytes.subarray(0, length));
      expect(() => CodeIndex.open(at('cut')), `${length} bytes`).toThrow(NadirError);
    }
    writeFileSync(at('cut'), Buffer.concat([bytes, Buffer.alloc(1)]));
    expect(() => CodeIndex.open(at('cut'))).toThrow(/its header says/);
  });

  test('is refused before anything is allocated where its header claims 2^60 bytes or 2^32 rows', async () => {
    await writeCodeIndex(at('claims'), codes, { n: N });
    const bytes = readFileSync(at('claims'));
    const claim = (change: (header: Buffer) => void) => {
      const header = Buffer.from(bytes.subarray(0, 96));
      change(header);
      header.writeUInt32LE(crc32(header.subarray(0, 92)), 92);
      writeFileSync(at('claims'), Buffer.concat([header, bytes.subarray(96)]));
      return () => CodeIndex.open(at('claims'));
    };
    expect(claim((header) => header.writeBigUInt64LE(2n ** 60n, 40))).toThrow(/header says/);
    expect(claim((header) => header.writeUInt32LE(2 ** 32 - 1, 24))).toThrow(/contradict/);
    expect(claim((header) => header.writeUInt32LE(2 ** 32 - 1, 20))).toThrow(/contradict/);
    expect(claim((header) => header.writeUInt32LE(2, 8))).toThrow(/format 2/);
  });

  test('is an error that says so where there is no file', () => {
    expect(() => CodeIndex.open(at('missing'))).toThrow(/cannot open/);
    expect(() => CodeIndex.open(folder)).toThrow(/not a file/);
  });
});
