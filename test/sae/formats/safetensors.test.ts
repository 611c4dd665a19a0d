import { describe, expect, test } from 'vitest';
import { formatSafeTensors, parseSafeTensors } from '../../../sdk/sae/index.ts';

/** A file of one tensor a type, each holding 1 and 2. */
function everyType(): Buffer {
  const values: Record<string, ArrayBufferView> = {
    F64: Float64Array.of(1, 2),
    F32: Float32Array.of(1, 2),
    F16: Float16Array.of(1, 2),
    BF16: Uint16Array.of(0x3f80, 0x4000),
    I64: BigInt64Array.of(1n, 2n),
    U64: BigUint64Array.of(1n, 2n),
    I32: Int32Array.of(1, 2),
    U32: Uint32Array.of(1, 2),
    I16: Int16Array.of(1, 2),
    U16: Uint16Array.of(1, 2),
    I8: Int8Array.of(1, 2),
    U8: Uint8Array.of(1, 2),
    BOOL: Uint8Array.of(1, 2),
  };
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [dtype, { byteLength }] of Object.entries(values)) {
    header[dtype] = { dtype, shape: [2], data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const bytes = Object.values(values).map((view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength));
  return file(JSON.stringify(header), Buffer.concat(bytes));
}

function file(header: string, values: Buffer): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, values]);
}

describe('safetensors from outside', () => {
  test('hold numbers of every type', () => {
    const { tensors } = parseSafeTensors(everyType(), 'x');
    expect(tensors.size).toBe(13);
    for (const [dtype, { data }] of tensors) expect(Array.from(data, Number), dtype).toEqual([1, 2]);
  });

  test('may hold tensors in another order than their names', () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    const { tensors } = parseSafeTensors(file(header, Buffer.from([7, 9])), 'x');
    expect([tensors.get('a')?.data[0], tensors.get('b')?.data[0]]).toEqual([7, 9]);
  });

  test('that claim the same bytes many times are refused before anything is copied', () => {
    const megabyte = 2 ** 20;
    const entry = JSON.stringify({ dtype: 'U8', shape: [megabyte], data_offsets: [0, megabyte] });
    const names = Array.from({ length: 5000 }, (_, i) => `"t${i}":${entry}`);
    const bytes = file(`{${names.join(',')}}`, Buffer.alloc(megabyte));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => parseSafeTensors(bytes, 'x')).toThrow(/overlap or leave gaps: t1 starts at byte 0 and not 1048576/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * megabyte);
  });

  test.each([
    ['names with quotes and escapes', '{"a\\"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 'a"b'],
    ['the name of a part of an entry', '{"dtype":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 'dtype'],
    ['space between parts', '{ "a" : { "dtype":"U8", "shape":[1], "data_offsets":[0,1] } }   ', 'a'],
  ])('may have %s', (_, header, name) => {
    expect([...parseSafeTensors(file(header, Buffer.alloc(1)), 'x').tensors.keys()]).toEqual([name]);
  });

  test('are not written with a shape that their values do not fill', () => {
    expect(() => formatSafeTensors({ a: { shape: [2, 2], data: new Float32Array(3) } })).toThrow(
      /tensor a \[2,2\] does not hold 3 values/,
    );
  });
});
