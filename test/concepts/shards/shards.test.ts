import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNpy, NadirError } from '../../../sdk/base/index.ts';
import { readEmbeddings } from '../../../sdk/concepts/index.ts';
import { EmbeddingShards, openShards, surveyShards } from '../../../sdk/concepts/shards/index.ts';
import { bytesOf, D, FORMS, newFolder, put, ROWS, readAll, readOnce, VALUES } from './fixture.ts';

const folder = newFolder();
const ONE_LINE = /^[^\n]+$/;

/** What is wrong with a shard: one error of ours in one line, or undefined. */
async function faultOf(name: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    await readOnce(put(folder, name, bytes));
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(NadirError);
    expect((thrown as NadirError).message).toMatch(ONE_LINE);
    return (thrown as NadirError).message;
  }
}

describe('embeddings written by NumPy and PyArrow', () => {
  test.each(FORMS)('read alike, whole and from any row on: %s', async (name) => {
    const shards = await openShards(put(folder, name));
    expect([shards.rows, shards.d]).toEqual([ROWS, D]);
    for (const maxRows of [ROWS, 9, 1]) expect(await readAll(shards, maxRows)).toEqual(VALUES);
    for (const [first, count] of [
      [0, 1],
      [6, 9],
      [19, 23],
      [ROWS - 1, 1],
    ]) {
      const read: number[] = [];
      const piece = { shard: 0, first, count, firstRow: first };
      for await (const block of shards.read(piece)) read.push(...block);
      expect(read).toEqual([...VALUES.subarray(first * D, (first + count) * D)]);
    }
    await shards.close();
  });

  test('survey to the same figures, whatever they are written as', async () => {
    const surveys = [];
    for (const name of FORMS) {
      const shards = await openShards(put(folder, name));
      const options = { isHeldOut: (row: number) => row % 5 === 0, seed: 1, sampleRows: 20, heldOutRows: 4 };
      surveys.push(await surveyShards(shards, options));
      await shards.close();
    }
    const [first] = surveys;
    for (const survey of surveys) expect(survey).toEqual(first);
    expect(first.kept).toBe(ROWS - Math.ceil(ROWS / 5));
    const kept = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 5 !== 0);
    for (let j = 0; j < D; j++) {
      const mean = kept.reduce((sum, row) => sum + VALUES[row * D + j], 0) / kept.length;
      expect(first.mean[j]).toBeCloseTo(mean, 6);
    }
    const rowOf = (one: Float32Array) =>
      Array.from({ length: ROWS }, (_, row) => row).find((row) =>
        one.every((value, j) => value === VALUES[row * D + j]),
      ) ?? Number.NaN;
    const rowsOf = (data: Float32Array) =>
      Array.from({ length: data.length / D }, (_, i) => rowOf(data.subarray(i * D, (i + 1) * D)));
    const [sampled, heldOut] = [rowsOf(first.sample), rowsOf(first.heldOut)];
    expect(new Set(sampled).size).toBe(20);
    expect(sampled.every((row) => row % 5 !== 0)).toBe(true);
    expect(new Set(heldOut).size).toBe(4);
    expect(heldOut.every((row) => row % 5 === 0)).toBe(true);
  });

  test('are one table as a folder, in the order of names, and as a list', async () => {
    const mixed = newFolder();
    const [c, a, b] = [
      put(mixed, 'c.npy', bytesOf('float16.npy')),
      put(mixed, 'a.parquet', bytesOf('halves.parquet')),
      put(mixed, 'b.npz', bytesOf('compressed.npz')),
    ];
    for (const other of ['files.txt', '_SUCCESS.parquet', '.hidden.npy', 'notes.json'])
      put(mixed, other, Buffer.from('?'));
    const three = Float32Array.of(...VALUES, ...VALUES, ...VALUES);
    expect(await readOnce(mixed)).toEqual(three);
    expect(await readOnce(mixed, 4)).toEqual(three);
    expect(await readOnce([c, a, b])).toEqual(three);
    const table = await readEmbeddings(mixed, D);
    expect([table.rows, table.d, table.data]).toEqual([3 * ROWS, D, three]);
    await expect(openShards([mixed, c])).rejects.toThrow(/shard is given twice: .*c\.npy/);
  });

  test('have paths that hold what elsewhere are patterns', async () => {
    const odd = newFolder();
    put(odd, 'a.parquet', bytesOf('plain.parquet'));
    expect(await readOnce(put(odd, "it's [a]*?.parquet", bytesOf('lists.parquet')))).toEqual(VALUES);
  });
});

describe('pieces of a table', () => {
  test('cover every row once, in order, keep to their size, and keep small row groups together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 50 }),
        (shape, maxRows) => {
          let firstRow = 0;
          const shards = shape.map((groups, i) => {
            const rows = groups.reduce((sum, one) => sum + one, 0);
            firstRow += rows;
            return { path: `${i}.parquet`, rows, d: 1, groups, firstRow: firstRow - rows, async *read() {} };
          });
          const pieces = new EmbeddingShards(shards, async () => {}).pieces(maxRows);
          let row = 0;
          for (const piece of pieces) {
            expect(piece.firstRow).toBe(row);
            expect(shards[piece.shard].firstRow + piece.first).toBe(row);
            expect(piece.count).toBeGreaterThan(0);
            expect(piece.count).toBeLessThanOrEqual(maxRows);
            row += piece.count;
          }
          expect(row).toBe(firstRow);
          const smallest = Math.max(...shape.flat());
          if (smallest <= maxRows / 2) expect(pieces.length).toBeLessThanOrEqual(shape.length + (2 * row) / maxRows);
        },
      ),
    );
  });
});

describe('a shard that is wrong', () => {
  test.each([
    ['null-row.parquet', /no embedding: .*null-row\.parquet, row 4/],
    ['null-value.parquet', /NaN is not a finite number: .*, row 2, column 2/],
    ['short-row.parquet', /embedding of length 2 where others have 6: .*, row 5/],
    ['strings.parquet', /no column of floats among file VARCHAR: .*strings\.parquet/],
    ['two-lists.parquet', /2 columns of lists: .*Name the one of embeddings "embedding"/],
    ['empty.parquet', /no rows: .*empty\.parquet/],
    ['nan.parquet', /NaN is not a finite number: .*nan\.parquet, row 3, column 3/],
    ['infinite-half.parquet', /-Infinity is not a finite number: .*, row 2, column 4/],
  ])('is told of with the place: %s', async (name, message) => {
    expect(await faultOf(name, bytesOf(name))).toMatch(message);
  });

  const halves = new Float16Array(12).fill(1);
  halves[7] = Number.POSITIVE_INFINITY;
  const header = (shape: string, data = Buffer.alloc(16)) => {
    const plain = formatNpy({ shape: [4], data: new Float32Array(4) });
    const text = plain
      .toString('latin1')
      .replace('(4,)', shape)
      .slice(0, plain.length - 16);
    const [start, end] = [text.slice(0, 10), text.slice(10).trimEnd()];
    return Buffer.concat([Buffer.from(`${start}${end.padEnd(plain.length - 27)}\n`, 'latin1'), data]);
  };
  test.each([
    [
      'infinite.npy',
      formatNpy({ shape: [4, 3], data: halves }),
      /Infinity is not a finite number: .*, row 2, column 1/,
    ],
    ['flat.npy', formatNpy({ shape: [4], data: new Float32Array(4) }), /embeddings of shape \(4\): .*\[rows, d\]/],
    ['whole.npy', formatNpy({ shape: [2, 2], data: new Int32Array(4) }), /embeddings of type 'i4'/],
    ['huge.npy', header('(1152921504606846976, 2)'), /shape \(1152921504606847000, 2\) cannot be/],
    ['long.npy', header('(2, 1)'), /8 bytes too many/],
    ['short.npy', header('(2, 9)'), /cut off: shape \(2, 9\) needs 72 bytes, found 16/],
    ['text.npy', Buffer.from('row,value\n1,2\n'), /not an \.npy file/],
    ['text.npz', Buffer.from('row,value\n1,2\n'), /not a whole zip archive/],
    ['text.parquet', Buffer.from('row,value\n1,2\n'), /cannot be read as Parquet/],
  ])('is told of with what was expected: %s', async (name, bytes, message) => {
    expect(await faultOf(name, bytes)).toMatch(message);
  });

  test('that claims more than its file holds is refused before anything is allocated', async () => {
    const bytes = bytesOf('named.npz');
    const directory = bytes.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    const claiming = Buffer.from(bytes);
    claiming.writeUInt32LE(0xffffffff, directory + 20); // says that a zip64 record has it, and there is none
    expect(await faultOf('claiming.npz', claiming)).toMatch(/zip member embeddings\.npy is damaged/);
    const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    const record = Buffer.alloc(56 + 20);
    record.write('PK\x06\x06', 0, 'latin1');
    record.writeBigUInt64LE(3n, 32);
    record.writeBigUInt64LE(2n ** 60n, 40);
    record.write('PK\x06\x07', 56, 'latin1');
    record.writeBigUInt64LE(BigInt(end), 64);
    const large = Buffer.concat([bytes.subarray(0, end), record, bytes.subarray(end)]);
    expect(await faultOf('large.npz', large)).toMatch(/zip directory is damaged/);
  });

  test('of another length than the others, or than the model, is named', async () => {
    const mixed = newFolder();
    put(mixed, 'a.npy', bytesOf('float32.npy'));
    const b = put(mixed, 'b.npy', formatNpy({ shape: [2, 3], data: new Float32Array(6) }));
    await expect(openShards(mixed)).rejects.toThrow(/length 3 where a\.npy has 6: .*b\.npy/);
    await expect(openShards(b, { d: 6 })).rejects.toThrow(/length 3 for a model of 6: .*b\.npy/);
  });

  test('that is none says what to give', async () => {
    const images = newFolder();
    put(images, 'scene.jpg', Buffer.from('?'));
    await expect(openShards(images)).rejects.toThrow(/images, not embeddings: .*nadir concepts embed/);
    await expect(openShards(join(images, 'scene.jpg'))).rejects.toThrow(/neither \.npy.*nadir concepts embed/);
    await expect(openShards(newFolder())).rejects.toThrow(/no shards in the folder/);
    await expect(openShards(join(images, 'missing'))).rejects.toThrow(/cannot read shards \(ENOENT/);
    await expect(openShards([])).rejects.toThrow(/no shards/);
  });

  test.each(['float16.npy', 'named.npz', 'compressed.npz'])('cut off anywhere gives one error: %s', async (name) => {
    const bytes = bytesOf(name);
    for (let length = 0; length < bytes.length; length++)
      expect(await faultOf(name, bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toBeDefined();
  });

  test('cut off anywhere gives one error: Parquet', async () => {
    const bytes = bytesOf('plain.parquet');
    const lengths = [
      0,
      1,
      3,
      4,
      7,
      8,
      11,
      12,
      ...Array.from({ length: 24 }, (_, i) => Math.floor((bytes.length * i) / 24)),
    ];
    for (const length of [...lengths, ...Array.from({ length: 12 }, (_, i) => bytes.length - 1 - i)])
      expect(await faultOf('cut.parquet', bytes.subarray(0, length)), `${length} bytes`).toBeDefined();
  });

  test.each([
    ['float32.npy', 128, 300],
    ['named.npz', 4000, 300],
    ['plain.parquet', 10_000, 60],
  ])('damaged anywhere gives one error or rows, never anything else: %s', async (name, within, runs) => {
    const bytes = bytesOf(name);
    const place = fc.integer({ min: 0, max: Math.min(within, bytes.length) - 1 });
    const changes = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of changed) damaged[at] = value;
        await faultOf(`damaged-${name}`, damaged);
      }),
      { numRuns: runs, seed: 7 },
    );
  });
});
