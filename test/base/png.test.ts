import { crc32, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { formatPng } from '../../sdk/base/index.ts';

test('a PNG has checked chunks and gives its pixels back', () => {
  const width = 5;
  const height = 3;
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37) % 256);
  const png = formatPng(rgba, width, height);
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  expect([...(chunks.get('IHDR') ?? [])]).toEqual([0, 0, 0, width, 0, 0, 0, height, 8, 6, 0, 0, 0]);
  const lines = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const pixels = Array.from({ length: height }, (_, y) => [
    ...lines.subarray(y * (width * 4 + 1) + 1, (y + 1) * (width * 4 + 1)),
  ]).flat();
  expect(pixels).toEqual([...rgba]);
});

test('a wrong size is refused', () => {
  expect(() => formatPng(new Uint8Array(7), 2, 1)).toThrow('2 × 1');
});
