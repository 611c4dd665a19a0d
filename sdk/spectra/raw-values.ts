/** Arrays of numbers out of the bytes of a file, in either byte order, and cubes of any interleave into band-sequential order. */
import type { FrameData } from './frame.ts';

export type RawType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64';

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float16: Float16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export function bytesOfType(type: RawType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** An empty array for values of the type; 64-bit integers are held as float64, exact up to 2^53. */
export function arrayOfType(type: RawType, length: number): FrameData {
  return type === 'uint64' || type === 'int64' ? new Float64Array(length) : new ARRAYS[type](length);
}

/** The bytes as numbers: a copy, in this machine's byte order. The length must be a multiple of the type's size. */
export function decodeValues(bytes: Uint8Array, type: RawType, littleEndian: boolean): FrameData {
  const size = bytesOfType(type);
  const copy = new ArrayBuffer(bytes.length);
  const raw = Buffer.from(copy);
  raw.set(bytes);
  if (!littleEndian) {
    if (size === 2) raw.swap16();
    else if (size === 4) raw.swap32();
    else if (size === 8) raw.swap64();
  }
  const values = new ARRAYS[type](copy);
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values;
}

export type Interleave = 'bsq' | 'bil' | 'bip';

/**
 * Band-sequential [bands, height, width] from BIL [height, bands, width] or BIP [height, width, bands]; BSQ is given back as it
 * is.
 */
export function bandSequential<T extends FrameData>(
  values: T,
  interleave: Interleave,
  bands: number,
  height: number,
  width: number,
): T {
  if (interleave === 'bsq') return values;
  const result = values.slice() as T;
  const bandStep = interleave === 'bil' ? width : 1;
  const columnStep = interleave === 'bil' ? 1 : bands;
  let to = 0;
  for (let band = 0; band < bands; band++)
    for (let row = 0; row < height; row++) {
      let from = row * bands * width + band * bandStep;
      for (let column = 0; column < width; column++, from += columnStep) result[to++] = values[from];
    }
  return result;
}
