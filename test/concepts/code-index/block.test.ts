import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostBlockBytes, readOffsets, TILE_ROWS, writeBlock } from '../../../sdk/concepts/code-index/block.ts';
import { VarintReader, writeVarint } from '../../../sdk/concepts/code-index/varint.ts';

/** Rows of a tile that show a latent: any set, from one row to all of them. */
const offsets = fc
  .tuple(fc.integer({ min: 1, max: TILE_ROWS }), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
  .map(([count, seed]) => {
    const all = Array.from({ length: TILE_ROWS }, (_, row) => row);
    let state = seed;
    for (let i = 0; i < count; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const other = i + (state % (TILE_ROWS - i));
      [all[i], all[other]] = [all[other], all[i]];
    }
    return all.slice(0, count).sort((a, b) => a - b);
  });

describe('a posting block', () => {
  test('gives back the rows and levels that went in, in no more bytes than said', () => {
    fc.assert(
      fc.property(offsets, fc.integer({ min: 0, max: 9 }), (rows, before) => {
        const levels = Uint8Array.from(rows, (row) => 1 + (row % 255));
        const bytes = new Uint8Array(before + mostBlockBytes(rows.length) + 5).fill(255);
        const end = writeBlock(Uint16Array.from(rows), levels, 0, rows.length, bytes, before);
        expect(end - before).toBeLessThanOrEqual(mostBlockBytes(rows.length));
        const read = new Uint16Array(TILE_ROWS);
        const levelsAt = readOffsets(bytes, before, rows.length, read);
        expect(levelsAt + rows.length).toBe(end);
        expect(Array.from(read.subarray(0, rows.length))).toEqual(rows);
        expect(bytes.subarray(levelsAt, end)).toEqual(levels);
        expect(Array.from(bytes.subarray(0, before)).every((byte) => byte === 255)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('of any bytes is read within its tile or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6000 }), fc.integer({ min: 1, max: TILE_ROWS }), (bytes, count) => {
        const read = new Uint16Array(TILE_ROWS);
        const levelsAt = readOffsets(bytes, 0, count, read);
        expect(levelsAt).toBeGreaterThanOrEqual(-1);
        if (levelsAt >= 0 && levelsAt <= bytes.length) expect(Math.max(...read)).toBeLessThan(TILE_ROWS);
      }),
    );
  });
});

test('a varint gives back any 32-bit number, and NaN where it is cut off or too long', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })), (values) => {
      const bytes = new Uint8Array(5 * values.length);
      let end = 0;
      for (const value of values) end = writeVarint(value, bytes, end);
      const reader = new VarintReader(bytes.subarray(0, end));
      expect(values.map(() => reader.varint())).toEqual(values);
      expect(reader.varint()).toBeNaN();
    }),
  );
  expect(new VarintReader(Uint8Array.of(128)).varint()).toBeNaN();
  expect(new VarintReader(new Uint8Array(9).fill(255)).varint()).toBeNaN();
});
