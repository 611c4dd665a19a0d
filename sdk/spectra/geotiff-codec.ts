/**
 * How the strips and tiles of a TIFF are packed (TIFF 6.0 sections 9, 13, 14; Technical Note 3), undone into a buffer of known
 * size.
 */
import { inflateSync } from 'node:zlib';

/** What one packed byte can become at most: a file that claims more is no picture. */
const MOST_RATIO: Readonly<Record<number, number>> = { 1: 1, 5: 4096, 8: 1040, 32773: 64, 32946: 1040 };

/** Bytes that `packed` bytes can hold at most, or undefined for a compression that is not read here. */
export function mostUnpacked(compression: number, packed: number): number | undefined {
  const ratio = MOST_RATIO[compression];
  return ratio === undefined ? undefined : packed * ratio;
}

/** Unpacks a strip or tile to exactly `size` bytes. Throws an Error that says why not; the caller names the place. */
export function unpack(packed: Buffer, compression: number, size: number): Buffer {
  let result: Buffer;
  if (compression === 1) result = packed;
  else if (compression === 5) result = unpackLzw(packed, size);
  else if (compression === 32773) result = unpackBits(packed, size);
  else result = inflateSync(packed, { maxOutputLength: Math.max(size, 1) });
  if (result.length < size) throw new Error(`${result.length} bytes where ${size} are needed`);
  return result.subarray(0, size);
}

function unpackBits(packed: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size);
  let to = 0;
  for (let at = 0; at < packed.length && to < size; ) {
    const code = packed.readInt8(at++);
    if (code >= 0) {
      const end = Math.min(at + code + 1, packed.length);
      to += packed.copy(result, to, at, end);
      at = end;
    } else if (code !== -128 && at < packed.length) {
      const end = Math.min(to + 1 - code, size);
      result.fill(packed[at++], to, end);
      to = end;
    }
  }
  return result.subarray(0, to);
}

const CLEAR = 256;
const END = 257;

/** TIFF's LZW: codes of 9 to 12 bits, most significant bit first, widened one code early. */
function unpackLzw(packed: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size);
  // a code's string is what was written at `starts[code]`, `lengths[code]` long: no copies of strings are kept
  const starts = new Int32Array(4096);
  const lengths = new Int32Array(4096);
  let next = 258;
  let bits = 9;
  let held = 0;
  let heldBits = 0;
  let to = 0;
  let before = -1;
  for (let at = 0; to < size; ) {
    while (heldBits < bits && at < packed.length) {
      held = ((held << 8) | packed[at++]) & 0xfffff;
      heldBits += 8;
    }
    if (heldBits < bits) break;
    const code = (held >>> (heldBits - bits)) & ((1 << bits) - 1);
    heldBits -= bits;
    if (code === END) break;
    if (code === CLEAR) {
      next = 258;
      bits = 9;
      before = -1;
      continue;
    }
    const start = to;
    if (code < 256) result[to++] = code;
    else {
      if (before < 0 || code > next || code >= 4096) throw new Error('an LZW code is out of range');
      // the string not yet known is the one before and its first byte again: copying byte by byte over its end gives just that
      const from = code === next ? before : starts[code];
      const length = code === next ? start - before + 1 : lengths[code];
      for (let i = 0; i < length && to < size; i++) result[to++] = result[from + i];
    }
    if (before >= 0 && next < 4096) {
      starts[next] = before;
      lengths[next] = start - before + 1;
      next++;
    }
    before = start;
    if (next + 1 >= 1 << bits && bits < 12) bits++;
  }
  return result.subarray(0, to);
}

/**
 * Undoes horizontal differencing (predictor 2) in place over rows of `width` pixels of `samples` interleaved values, in the
 * file's byte order.
 */
export function undoDifferences(
  row: Buffer,
  width: number,
  samples: number,
  bytes: number,
  littleEndian: boolean,
): void {
  const step = samples * bytes;
  for (let at = step; at < width * step; at += bytes) {
    if (bytes === 1) row[at] = row[at] + row[at - step];
    else if (bytes === 8) {
      const sum = BigInt.asUintN(64, read64(row, at, littleEndian) + read64(row, at - step, littleEndian));
      if (littleEndian) row.writeBigUInt64LE(sum, at);
      else row.writeBigUInt64BE(sum, at);
    } else if (littleEndian) {
      const sum = row.readUIntLE(at, bytes) + row.readUIntLE(at - step, bytes);
      row.writeUIntLE(sum % 2 ** (8 * bytes), at, bytes);
    } else {
      const sum = row.readUIntBE(at, bytes) + row.readUIntBE(at - step, bytes);
      row.writeUIntBE(sum % 2 ** (8 * bytes), at, bytes);
    }
  }
}

function read64(row: Buffer, at: number, littleEndian: boolean): bigint {
  return littleEndian ? row.readBigUInt64LE(at) : row.readBigUInt64BE(at);
}

/**
 * Undoes the floating-point predictor (predictor 3): byte-wise differences over byte planes, the most significant first. Gives
 * little-endian.
 */
export function undoFloatDifferences(row: Buffer, width: number, samples: number, bytes: number): void {
  const values = width * samples;
  for (let at = samples; at < values * bytes; at++) row[at] = row[at] + row[at - samples];
  const planes = Buffer.from(row.subarray(0, values * bytes));
  for (let value = 0; value < values; value++)
    for (let byte = 0; byte < bytes; byte++) row[value * bytes + byte] = planes[(bytes - 1 - byte) * values + value];
}
