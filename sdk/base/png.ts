/** Writes PNG images (ISO/IEC 15948): 8-bit RGBA, no filter, deflate. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const RGBA = 6;
const BITS = 8;

/**
 * Bytes of a PNG image.
 * @param rgba [height, width, 4], 0 … 255
 */
export function formatPng(rgba: Uint8Array, width: number, height: number): Buffer {
  if (rgba.length !== width * height * 4 || width < 1 || height < 1)
    throw new RangeError(`${rgba.length} bytes are not an image of ${width} × ${height} RGBA pixels`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = BITS;
  header[9] = RGBA;
  const stride = width * 4;
  const lines = Buffer.alloc(height * (stride + 1)); // each line starts with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(rgba.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(body.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
