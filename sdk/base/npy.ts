/** NumPy's .npy format, versions 1 to 3 (numpy.lib.format): sizes are bounded before anything is allocated. */
import { readFile, stat } from 'node:fs/promises';
import { NadirError } from './error.ts';
import { writeFileAtomic } from './files.ts';

export type NumericArray =
  | Float64Array
  | Float32Array
  | Float16Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An array of numbers in C order; booleans come as Uint8Array. */
export interface NdArray<T extends NumericArray = NumericArray> {
  readonly shape: readonly number[];
  readonly data: T;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Longest header that is read; numpy's own is 128 bytes. */
const MAX_HEADER_BYTES = 65536;
/** Node reads no more than this into one buffer. */
const MAX_READ_BYTES = 2 ** 31 - 1;
/** Largest array that is read. */
const MAX_BYTES = MAX_READ_BYTES;

const TYPES: Record<string, { new (buffer: ArrayBuffer): NumericArray; BYTES_PER_ELEMENT: number }> = {
  f8: Float64Array,
  f4: Float32Array,
  f2: Float16Array,
  i1: Int8Array,
  u1: Uint8Array,
  b1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
};

/** Reads an .npy file. Errors name the file and the remedy. */
export async function readNpy(path: string): Promise<NdArray> {
  return parseNpy(await readBounded(path, MAX_BYTES), path);
}

/** Reads a whole file after checking that it is a file of at most `maxBytes`. */
export async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  let size: number;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new NadirError({ what: 'not a file', where: path, remedy: 'Give the path of a file' });
    size = info.size;
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    throw new NadirError({
      what: 'cannot read file',
      where: path,
      remedy: 'Check that it exists and is readable',
      cause,
    });
  }
  const most = Math.min(maxBytes, MAX_READ_BYTES);
  if (size > most) {
    throw new NadirError({
      what: `file of ${size} bytes is larger than the ${most} allowed`,
      where: path,
      remedy: 'Split it or check that it is the right file',
    });
  }
  return readFile(path);
}

/** Parses the bytes of an .npy file. `where` names them in errors. Fortran order is turned into C order. */
export function parseNpy(bytes: Uint8Array, where: string): NdArray {
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: 'Write the file again with numpy.save; it may be truncated' });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < NPY_PREFIX_BYTES) throw fail('not an .npy file');
  const start = npyHeaderEnd(buffer, fail);
  if (start > buffer.length) throw fail('.npy header is cut off');
  const { type, bigEndian, fortranOrder, shape } = parseNpyHeader(buffer.subarray(0, start), fail);
  const ArrayType = TYPES[type];
  if (!ArrayType) throw fail(`.npy type '${type}' is not supported`);
  const count = shape.reduce((product, length) => product * length, 1);
  const byteLength = count * ArrayType.BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(count) || byteLength > MAX_BYTES) throw fail(`.npy shape (${shape}) is too large`);
  const found = buffer.length - start;
  if (found < byteLength)
    throw fail(`.npy data is cut off: shape (${shape}) needs ${byteLength} bytes, found ${found}`);
  if (found > byteLength) throw fail(`.npy file has ${found - byteLength} bytes too many`);
  const copy = new ArrayBuffer(byteLength);
  const raw = Buffer.from(copy);
  buffer.copy(raw, 0, start);
  if (bigEndian) swapBytes(raw, ArrayType.BYTES_PER_ELEMENT);
  const data = new ArrayType(copy);
  return { shape, data: fortranOrder ? toCOrder(data, shape) : data };
}

/** What an .npy header says. */
export interface NpyHeader {
  /** Kind and bytes of a value, such as f4; of kinds that are no numbers, too. */
  readonly type: string;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Bytes that tell where a header ends. */
export const NPY_PREFIX_BYTES = 12;

/** Where the header ends and the values begin, by an .npy's first NPY_PREFIX_BYTES bytes. `fail` makes the error of what is wrong. */
export function npyHeaderEnd(prefix: Buffer, fail: (what: string) => NadirError): number {
  if (!prefix.subarray(0, 6).equals(MAGIC)) throw fail('not an .npy file');
  const major = prefix[6];
  if (major < 1 || major > 3) throw fail(`unknown .npy version ${major}`);
  const length = major === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > MAX_HEADER_BYTES) throw fail('.npy header is cut off');
  return (major === 1 ? 10 : 12) + length;
}

/** Parses a whole header. `fail` makes the error of what is wrong. */
export function parseNpyHeader(head: Buffer, fail: (what: string) => NadirError): NpyHeader {
  const text = head.toString('latin1');
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z])(\d+)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = npyShape(head);
  if (!descr || !order || !shape) throw fail('.npy header is not understood (numeric arrays only)');
  return { type: `${descr[2]}${descr[3]}`, bigEndian: descr[1] === '>', fortranOrder: order[1] === 'True', shape };
}

/** Shape by a header, or undefined where it has none. */
export function npyShape(head: Buffer): number[] | undefined {
  const text = /'shape':\s*\(([\d,\s]*)\)/.exec(head.toString('latin1'))?.[1];
  return text?.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
}

/** Bytes of an .npy file, version 1, C order. */
export function formatNpy(array: NdArray): Buffer {
  const count = array.shape.reduce((product, length) => product * length, 1);
  if (count !== array.data.length)
    throw new RangeError(`shape (${array.shape}) does not hold ${array.data.length} values`);
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const text = `{'descr': '${descriptor(array.data)}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  MAGIC.copy(head);
  head[6] = 1;
  head.writeUInt16LE(padded.length, 8);
  const body = Buffer.from(array.data.buffer, array.data.byteOffset, array.data.byteLength);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), body]);
}

/** Writes an .npy file; it appears whole or not at all. */
export async function writeNpy(path: string, array: NdArray): Promise<void> {
  await writeFileAtomic(path, formatNpy(array));
}

/** The values as Float32Array (a copy unless they are already). */
export function toFloat32(array: NdArray): Float32Array {
  if (array.data instanceof Float32Array) return array.data;
  if (array.data instanceof Float16Array) {
    const { buffer, byteOffset, length } = array.data;
    return halvesToFloats(new Uint16Array(buffer, byteOffset, length), new Float32Array(length));
  }
  return Float32Array.from(array.data as ArrayLike<number>, Number);
}

/** Every float16 as float32, by its bits: several times faster than converting one by one. */
let floatOfHalf: Float32Array | undefined;

/** Float16 values by their bits as float32, into and out of `into`. */
export function halvesToFloats(halves: Uint16Array, into: Float32Array): Float32Array {
  floatOfHalf ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer));
  for (let i = 0; i < halves.length; i++) into[i] = floatOfHalf[halves[i]];
  return into;
}

/** The values as Float64Array (a copy unless they are already). */
export function toFloat64(array: NdArray): Float64Array {
  if (array.data instanceof Float64Array) return array.data;
  return Float64Array.from(array.data as ArrayLike<number>, Number);
}

function descriptor(data: NumericArray): string {
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const kind = data instanceof Float64Array || data instanceof Float32Array || data instanceof Float16Array ? 'f' : '';
  const unsigned =
    data instanceof Uint8Array ||
    data instanceof Uint16Array ||
    data instanceof Uint32Array ||
    data instanceof BigUint64Array;
  return `${order}${kind || (unsigned ? 'u' : 'i')}${data.BYTES_PER_ELEMENT}`;
}

function swapBytes(raw: Buffer, size: number): void {
  if (size === 2) raw.swap16();
  else if (size === 4) raw.swap32();
  else if (size === 8) raw.swap64();
}

function toCOrder<T extends NumericArray>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  const index = new Array<number>(shape.length).fill(0);
  for (let c = 0; c < data.length; c++) {
    let offset = 0;
    let stride = 1;
    for (let axis = 0; axis < shape.length; axis++) {
      offset += index[axis] * stride;
      stride *= shape[axis];
    }
    result[c] = data[offset];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
