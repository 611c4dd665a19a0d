import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeNpy } from '../../../sdk/base/index.ts';
import { imagesOfRows } from '../../../sdk/concepts/row-files.ts';
import {
  describeFootprint,
  EmbeddingShards,
  footprintOf,
  heldOutRows,
  openShards,
  StreamedRows,
  surveyShards,
} from '../../../sdk/concepts/shards/index.ts';
import type { RowSource } from '../../../sdk/sae/index.ts';
import { newFolder } from './fixture.ts';

/** Shards in memory whose rows are (number, 1, 0 or 1), so that each row can be told; notes what is read. */
function numbered(shape: readonly (readonly number[])[], reads: number[] = []): EmbeddingShards {
  let firstRow = 0;
  const shards = shape.map((groups, i) => {
    const rows = groups.reduce((sum, one) => sum + one, 0);
    const start = firstRow;
    firstRow += rows;
    return {
      ...{ path: `${i}.parquet`, rows, d: 3, groups, firstRow: start },
      async *read(first: number, count: number) {
        for (let at = first; at < first + count; at += 5) {
          const block = Array.from({ length: Math.min(5, first + count - at) }, (_, k) => start + at + k);
          reads.push(...block);
          yield Float32Array.from(block.flatMap((row) => [row, 1, row % 2]));
        }
      },
    };
  });
  return new EmbeddingShards(shards, async () => {});
}

interface Case {
  readonly shape: readonly (readonly number[])[];
  readonly bufferRows: number;
  readonly share?: number;
  readonly seed?: number;
  readonly reads?: number[];
}

async function streamOf({ shape, bufferRows, share = 0, seed = 1, reads }: Case) {
  const shards = numbered(shape, reads);
  const isHeldOut = heldOutRows(share, seed);
  const survey = await surveyShards(shards, { isHeldOut, seed, sampleRows: 64, heldOutRows: 1000 });
  reads?.splice(0);
  return { shards, survey, isHeldOut, source: new StreamedRows(shards, survey, { seed, isHeldOut, bufferRows }) };
}

/** Row numbers that a source gives, batch by batch, from a row of an epoch on. */
async function order(source: RowSource, epoch: number, batch: number, from = 0): Promise<number[]> {
  const numbers: number[] = [];
  for (let first = from; first < source.rows; first += batch) {
    const count = Math.min(batch, source.rows - first);
    const { rows, load } = await source.batch(epoch, first, count);
    expect(rows).toBe(count);
    const input = new Float32Array(rows * 8);
    load(0, rows, input, 8);
    for (let i = 0; i < rows; i++) numbers.push(Math.abs(Math.round(input[i * 8] / source.scale + source.mean[0])));
  }
  return numbers;
}

const rising = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe('rows streamed through a shuffle buffer', () => {
  const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 4,
  });

  test('come once an epoch each, all but the held-out, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 0.2),
        async (shape, bufferRows, batch, share) => {
          const all = shape.flat().reduce((sum, one) => sum + one, 0);
          const kept = Array.from({ length: all }, (_, row) => row).filter((row) => !heldOutRows(share, 1)(row));
          fc.pre(kept.length > 2);
          const reads: number[] = [];
          const { source, survey } = await streamOf({ shape, bufferRows, share, reads });
          expect(source.rows).toBe(kept.length);
          expect(survey.heldOut.length / 3).toBe(all - kept.length);
          for (const epoch of [0, 1]) {
            expect(rising(await order(source, epoch, batch))).toEqual(kept);
            // no row is read twice
            const read = new Set(reads);
            expect(read.size).toBe(reads.splice(0).length);
            expect(kept.every((row) => read.has(row))).toBe(true);
          }
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  test('go on at any row with the order they would have had, after reading one window', async () => {
    const shape = [Array.from({ length: 30 }, () => 10), [40, 40], Array.from({ length: 12 }, () => 10)];
    const reads: number[] = [];
    const { source } = await streamOf({ shape, bufferRows: 80, reads });
    const whole = [await order(source, 0, 32), await order(source, 1, 32)];
    expect(whole[0]).not.toEqual(whole[1]);
    for (const [epoch, from] of [
      [0, 0],
      [1, 96],
      [0, 480],
      [1, 32],
    ]) {
      const fresh = (await streamOf({ shape, bufferRows: 80, reads })).source;
      reads.splice(0);
      await fresh.batch(epoch, from, 1);
      expect(reads.length).toBeLessThanOrEqual(80);
      expect(await order(fresh, epoch, 32, from)).toEqual(whole[epoch].slice(from));
      expect(await order(source, epoch, 32, from)).toEqual(whole[epoch].slice(from));
    }
  });

  test('are mixed over at least eight places of the data, and otherwise by another seed', async () => {
    const shape = [Array.from({ length: 100 }, () => 10)];
    const { source } = await streamOf({ shape, bufferRows: 160 });
    const numbers = await order(source, 0, 50);
    // neighbours of the order are not neighbours of the data: their mean distance is far from 1, near a third of a window's spread
    const distance =
      numbers.slice(1).reduce((sum, row, i) => sum + Math.abs(row - numbers[i]), 0) / (numbers.length - 1);
    expect(distance).toBeGreaterThan(150);
    for (let at = 0; at + 160 <= 960; at += 160)
      expect(new Set(numbers.slice(at, at + 160).map((row) => Math.floor(row / 20))).size).toBeGreaterThanOrEqual(8);
    const other = (await streamOf({ shape, bufferRows: 160, seed: 2 })).source;
    expect(await order(other, 0, 50)).not.toEqual(numbers);
    expect(other.fingerprint()).not.toBe(source.fingerprint());
    expect((await streamOf({ shape, bufferRows: 160 })).source.fingerprint()).toBe(source.fingerprint());
    expect((await streamOf({ shape, bufferRows: 150 })).source.fingerprint()).not.toBe(source.fingerprint());
  });

  test('have mean 0 and mean norm √d, as those in memory', async () => {
    const { source } = await streamOf({ shape: [[20, 20]], bufferRows: 10 });
    const d = 3;
    const sums = new Float64Array(d);
    let norms = 0;
    for (let first = 0; first < 40; first++) {
      const input = new Float32Array(d);
      (await source.batch(0, first, 1)).load(0, 1, input, d);
      input.forEach((value, j) => {
        sums[j] += value;
      });
      norms += Math.hypot(...input);
    }
    for (const sum of sums) expect(sum / 40).toBeCloseTo(0, 5);
    expect(norms / 40).toBeCloseTo(Math.sqrt(d), 5);
  });

  test('of equal embeddings cannot be scaled, which is said', async () => {
    const path = join(newFolder(), 'same.npy');
    await writeNpy(path, { shape: [9, 2], data: new Float32Array(18).fill(3) });
    const shards = await openShards(path);
    const isHeldOut = () => false;
    const survey = await surveyShards(shards, { isHeldOut, seed: 1, sampleRows: 4, heldOutRows: 0 });
    expect(() => new StreamedRows(shards, survey, { seed: 1, isHeldOut, bufferRows: 4 })).toThrow(/all rows are equal/);
    await shards.close();
  });
});

describe('held-out rows', () => {
  test('are the stated share of any stretch of rows, stay when rows are added, and keep images whole', async () => {
    const isHeldOut = heldOutRows(0.1, 5);
    for (const start of [0, 7777, 4_000_000_000]) {
      let count = 0;
      for (let row = start; row < start + 20_000; row++) if (isHeldOut(row)) count++;
      expect(Math.abs(count - 2000)).toBeLessThan(170); // four standard deviations
    }
    // 4 rows an image
    const folder = newFolder();
    writeFileSync(join(folder, 'files.txt'), Array.from({ length: 4000 }, (_, row) => `${row >> 2}.jpg\n`).join(''));
    expect(await imagesOfRows(folder, 3999)).toBeUndefined();
    expect(await imagesOfRows(join(folder, 'e.npy'), 4000)).toEqual(await imagesOfRows(folder, 4000));
    const isOut = heldOutRows(0.5, 5, await imagesOfRows(folder, 4000));
    const sides = Array.from({ length: 4000 }, (_, row) => isOut(row));
    expect(sides.every((side, row) => side === sides[row & ~3])).toBe(true);
    expect(Math.abs(sides.filter(Boolean).length - 2000)).toBeLessThan(260);
    expect(() => heldOutRows(1, 5)).toThrow(/share of 1/);
  });
});

describe('the stated footprint', () => {
  test('is never above the memory given, and leaves the buffer what is over', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 2048 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 16_384 }),
        fc.constantFrom(0, 320 * 2 ** 20),
        fc.integer({ min: 600, max: 8192 }),
        (d, expansion, batch, readingBytes, mib) => {
          const memory = mib * 2 ** 20;
          try {
            const footprint = footprintOf({ d, n: expansion * d, batch, readingBytes }, memory);
            expect(footprint.total).toBeLessThanOrEqual(memory);
            expect(4 * d * footprint.bufferRows).toBeLessThanOrEqual(footprint.buffer);
            expect(describeFootprint(footprint)).toMatch(/^at most \d+ MiB of memory: shuffle buffer/);
          } catch (thrown) {
            expect(String(thrown)).toMatch(/do not train in \d+ MiB: --memory\. Give at least \d+ MiB/);
            const least = Number(/at least (\d+) MiB/.exec(String(thrown))?.[1]);
            expect(least).toBeGreaterThan(mib);
            expect(
              footprintOf({ d, n: expansion * d, batch, readingBytes }, least * 2 ** 20).bufferRows,
            ).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});
