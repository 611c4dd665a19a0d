import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import {
  formatSafeTensors,
  parseSae,
  parseSafeTensors,
  readSae,
  type SaeWeights,
  writeSae,
} from '../../sdk/sae/index.ts';
import { randomSae } from './random-sae.ts';

/** A file by hand, as the format says: header length, header, values. */
function file(header: unknown, values = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, values]);
}

describe('safetensors', () => {
  test('written is read back, names, shapes and notes too', () => {
    const tensors = {
      a: { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 4) },
      b: { shape: [1], data: Float32Array.of(7) },
    };
    const bytes = formatSafeTensors(tensors, { made: 'here' });
    const read = parseSafeTensors(bytes, 'x');
    expect(Object.fromEntries(read.tensors)).toEqual(tensors);
    expect(read.metadata).toEqual({ made: 'here' });
    expect((bytes.readBigUInt64LE(0) + 8n) % 8n).toBe(0n);
  });

  test('of other types is read: float16, bfloat16, int64', () => {
    const values = Buffer.alloc(12);
    values.writeUInt16LE(0x3c00, 0); // 1 in float16
    values.writeUInt16LE(0x3fc0, 2); // 1.5 in bfloat16
    values.writeBigInt64LE(-5n, 4);
    const { tensors } = parseSafeTensors(
      file(
        {
          half: { dtype: 'F16', shape: [1], data_offsets: [0, 2] },
          brain: { dtype: 'BF16', shape: [1], data_offsets: [2, 4] },
          whole: { dtype: 'I64', shape: [], data_offsets: [4, 12] },
        },
        values,
      ),
      'x',
    );
    expect([...tensors.values()].map(({ data }) => Number(data[0]))).toEqual([1, 1.5, -5]);
  });

  test.each([
    ['an empty file', Buffer.alloc(0), /shorter than its header/],
    [
      'a header longer than the file',
      Buffer.concat([Buffer.from([255, 255, 0, 0, 0, 0, 0, 0]), Buffer.alloc(9)]),
      /header of 65535/,
    ],
    ['a header that is no JSON', file('{"a":'), /not a JSON object/],
    [
      'a huge shape',
      file({ a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }, Buffer.alloc(4)),
      /does not fit/,
    ],
    [
      'a range outside',
      file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, Buffer.alloc(4)),
      /does not fit/,
    ],
    [
      'two tensors on the same bytes',
      file(
        {
          a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        },
        Buffer.alloc(8),
      ),
      /overlap/,
    ],
    ['an unknown type', file({ a: { dtype: 'F4', shape: [1], data_offsets: [0, 1] } }, Buffer.alloc(1)), /type F4/],
    ['values that belong to no tensor', file({}, Buffer.alloc(4)), /take 0 of 4 bytes/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseSafeTensors(bytes, 'model.safetensors')).toThrow(message);
  });

  test('cut or damaged anywhere gives a clear error or a whole result, nothing else', () => {
    const whole = formatSafeTensors({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } }, { s: '1' });
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (cut, at, value) => {
        const bytes = Buffer.from(whole.subarray(0, cut));
        if (at < cut) bytes[at] = value;
        try {
          parseSafeTensors(bytes, 'f');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NadirError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a model file', () => {
  test('keeps every weight', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'nadir-sae-')), 'sae.safetensors');
    const sae = randomSae(5, 7, 1, true);
    await writeSae(path, sae);
    expect(await readSae(path)).toEqual(sae);
  });

  test('keeps thresholds and prefixes too, and refuses those that cannot be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nadir-sae-'));
    const sae: SaeWeights = {
      ...randomSae(5, 7, 1),
      ...{ activation: 'prefix', levels: [3], prefixes: [2, 7], threshold: new Float32Array(7).fill(0.25) },
    };
    await writeSae(join(folder, 'sae.safetensors'), sae);
    expect(await readSae(join(folder, 'sae.safetensors'))).toEqual(sae);
    const path = join(folder, 'other.safetensors');
    await writeSae(path, { ...sae, threshold: new Float32Array(7).fill(-1) });
    await expect(readSae(path)).rejects.toThrow(/not finite numbers from 0/);
    await writeSae(path, { ...sae, prefixes: [2, 6] });
    await expect(readSae(path)).rejects.toThrow(/prefixes 2,6 do not rise to 7/);
  });

  test('with weights that do not belong together is refused', () => {
    const tensors = {
      W_dec: { shape: [2, 3], data: new Float32Array(6) },
      W_enc: { shape: [3, 2], data: new Float32Array(6) },
    };
    const notes = { activation: 'msae', levels: '1,2', s: '1.5', nonNegative: 'false' };
    expect(() => parseSae(formatSafeTensors(tensors, notes), 'm')).toThrow(/tensor W_enc \[2,3\] is missing/);
    expect(() => parseSae(formatSafeTensors(tensors, { ...notes, s: '-1' }), 'm')).toThrow(/no valid s/);
  });
});
