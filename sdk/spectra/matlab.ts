/**
 * MATLAB's MAT-file version 5 (MathWorks, "MAT-File Format", 2024): numeric arrays, compressed or not, in either byte order.
 * Cells, structs, text and sparse arrays are passed over. Values are decoded only when asked for.
 */
import { constants, inflateSync } from 'node:zlib';
import { messageOf, NadirError } from '../base/index.ts';
import type { FrameData } from './frame.ts';
import { arrayOfType, bytesOfType, decodeValues, type RawType } from './raw-values.ts';

const HEADER_BYTES = 128;
const MAX_VARIABLES = 4096;
const MAX_DIMENSIONS = 8;
/** Largest variable once inflated: 2 GiB. */
const MAX_VARIABLE_BYTES = 2 ** 31 - 1;
/** Deflate makes at most 1032 bytes of one. */
const MOST_RATIO = 1040;
/** Packed bytes that are enough to see a variable's name, class and size. */
const PEEK_BYTES = 1024;

const MI_MATRIX = 14;
const MI_COMPRESSED = 15;
/** Storage types of the format, by number. */
const STORAGE: Readonly<Record<number, RawType>> = {
  1: 'int8',
  2: 'uint8',
  3: 'int16',
  4: 'uint16',
  5: 'int32',
  6: 'uint32',
  7: 'float32',
  9: 'float64',
  12: 'int64',
  13: 'uint64',
};
/** Numeric classes of arrays, by number; a class may be stored in a smaller type. */
const CLASSES: Readonly<Record<number, RawType>> = {
  6: 'float64',
  7: 'float32',
  8: 'int8',
  9: 'uint8',
  10: 'int16',
  11: 'uint16',
  12: 'int32',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
};

/** A numeric array of a MAT-file. */
export interface MatVariable {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: RawType;
  /** Values in MATLAB's order: the first index runs fastest. */
  values(): FrameData;
}

/** Whether these are the first bytes of a MAT-file of version 5, or of 7.3 (which is HDF5 and refused). */
export function isMat(bytes: Uint8Array): boolean {
  const order = Buffer.from(bytes.subarray(126, 128)).toString('latin1');
  return bytes.length >= HEADER_BYTES && (order === 'IM' || order === 'MI') && !isHdf5(bytes.subarray(0, 8));
}

export function isHdf5(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 8)).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'));
}

/** Numeric arrays of a MAT-file, in its order; `where` names the file in errors. */
export function parseMat(bytes: Uint8Array, where: string): MatVariable[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADER_BYTES) throw damaged(`${file.length} bytes are too few for a MAT-file`, `${where} byte 0`);
  const littleEndian = file.toString('latin1', 126, 128) === 'IM';
  const version = littleEndian ? file.readUInt16LE(124) : file.readUInt16BE(124);
  if (version === 0x0200)
    throw new NadirError({
      what: 'a MAT-file of version 7.3 is HDF5, which is not read',
      where: `${where} byte 124`,
      remedy: "Save it again in MATLAB with save(file, 'cube', 'wavelengths', '-v7')",
    });
  if (version !== 0x0100) throw damaged(`unknown MAT-file version ${version}`, `${where} byte 124`);
  const found: MatVariable[] = [];
  for (let at = HEADER_BYTES; at < file.length; ) {
    if (found.length >= MAX_VARIABLES) throw damaged(`more than ${MAX_VARIABLES} variables`, `${where} byte ${at}`);
    const reader = new Elements(file, littleEndian, where);
    const element = reader.element(at);
    if (element.type === MI_MATRIX) {
      const body = file.subarray(element.at, element.at + element.length);
      const variable = variableOf(body, littleEndian, `${where} byte ${at}`, () => body);
      if (variable !== undefined) found.push(variable);
    } else if (element.type === MI_COMPRESSED) {
      const variable = compressed(
        file.subarray(element.at, element.at + element.length),
        littleEndian,
        `${where} byte ${at}`,
      );
      if (variable !== undefined) found.push(variable);
    } else throw damaged(`an element of type ${element.type} where a variable is expected`, `${where} byte ${at}`);
    at = element.type === MI_COMPRESSED ? element.at + element.length : element.next;
  }
  return found;
}

function compressed(packed: Buffer, littleEndian: boolean, where: string): MatVariable | undefined {
  let head: Buffer;
  try {
    head = inflateSync(packed.subarray(0, PEEK_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw damaged(`a variable does not inflate (${messageOf(cause)})`, where);
  }
  if (head.length < 8) throw damaged('a compressed variable is empty', where);
  const type = littleEndian ? head.readUInt32LE(0) : head.readUInt32BE(0);
  const length = littleEndian ? head.readUInt32LE(4) : head.readUInt32BE(4);
  if (type !== MI_MATRIX) throw damaged(`a compressed element of type ${type} where a variable is expected`, where);
  if (length > MAX_VARIABLE_BYTES - 8 || length > packed.length * MOST_RATIO)
    throw damaged(`a variable claims ${length} bytes of ${packed.length} compressed ones`, where);
  return variableOf(head.subarray(8), littleEndian, where, () => {
    let body: Buffer;
    try {
      body = inflateSync(packed, { maxOutputLength: length + 8 });
    } catch (cause) {
      throw damaged(`a variable does not inflate (${messageOf(cause)})`, where);
    }
    if (body.length !== length + 8)
      throw damaged(`a variable has ${body.length - 8} bytes where ${length} are claimed`, where);
    return body.subarray(8);
  });
}

/** The variable whose matrix element begins with `head`; undefined for what is no numeric array. */
function variableOf(head: Buffer, littleEndian: boolean, where: string, whole: () => Buffer): MatVariable | undefined {
  // an empty matrix element stands for an empty array
  if (head.length === 0) return undefined;
  const reader = new Elements(head, littleEndian, where);
  const flags = reader.element(0, true);
  if (STORAGE[flags.type] !== 'uint32' || flags.length !== 8) throw damaged('array flags are missing', where);
  const flagWord = littleEndian ? head.readUInt32LE(flags.at) : head.readUInt32BE(flags.at);
  const type = CLASSES[flagWord & 0xff];
  if (type === undefined) return undefined;
  const sizes = reader.element(flags.next);
  if (STORAGE[sizes.type] !== 'int32' || sizes.length % 4 !== 0 || sizes.length > 4 * MAX_DIMENSIONS)
    throw damaged('the sizes of an array are missing or too many', where);
  const dimensions = Array.from(decodeValues(head.subarray(sizes.at, sizes.at + sizes.length), 'int32', littleEndian));
  const label = reader.element(sizes.next);
  const name = head.toString('latin1', label.at, label.at + label.length).slice(0, 64);
  const place = `${where} variable ${name}`;
  const count = dimensions.reduce((product, length) => product * length, 1);
  if (dimensions.length < 2 || dimensions.some((length) => length < 0) || !Number.isSafeInteger(count))
    throw damaged(`an array of ${dimensions.join(' × ')}`, place);
  const isComplex = (flagWord & 0x0800) !== 0;
  const values = (): FrameData => {
    if (isComplex)
      throw new NadirError({ what: 'the values are complex numbers', where: place, remedy: 'Save abs(cube) instead' });
    const body = whole();
    const part = new Elements(body, littleEndian, place).element(label.next);
    const storage = STORAGE[part.type];
    if (storage === undefined) throw damaged(`values of unknown storage type ${part.type}`, place);
    if (part.length !== count * bytesOfType(storage))
      throw damaged(`${part.length} bytes where ${dimensions.join(' × ')} values of ${storage} are claimed`, place);
    const stored = decodeValues(body.subarray(part.at, part.at + part.length), storage, littleEndian);
    if (storage === type) return stored;
    const result = arrayOfType(type, count);
    result.set(stored);
    return result;
  };
  return { name, dimensions, type, values };
}

interface Element {
  readonly type: number;
  readonly length: number;
  /** Where its data begin. */
  readonly at: number;
  /** Where the next element begins. */
  readonly next: number;
}

/** Walks over tagged elements; small ones (up to 4 bytes) have their data in the tag. */
class Elements {
  readonly #bytes: Buffer;
  readonly #littleEndian: boolean;
  readonly #where: string;

  constructor(bytes: Buffer, littleEndian: boolean, where: string) {
    this.#bytes = bytes;
    this.#littleEndian = littleEndian;
    this.#where = where;
  }

  element(at: number, ignoreSmall = false): Element {
    if (at + 8 > this.#bytes.length) throw damaged('an element is cut off', `${this.#where} byte ${at} of the part`);
    const word = this.#uint32(at);
    if (!ignoreSmall && word >>> 16 !== 0) {
      const length = word >>> 16;
      if (length > 4) throw damaged(`a small element claims ${length} bytes`, this.#where);
      return { type: word & 0xffff, length, at: at + 4, next: at + 8 };
    }
    const length = this.#uint32(at + 4);
    if (at + 8 + length > this.#bytes.length)
      throw damaged(`an element of ${length} bytes is cut off`, `${this.#where} byte ${at} of the part`);
    return { type: word, length, at: at + 8, next: at + 8 + Math.ceil(length / 8) * 8 };
  }

  #uint32(at: number): number {
    return this.#littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }
}

function damaged(what: string, where: string): NadirError {
  return new NadirError({
    what,
    where,
    remedy: "Save the file again with save(…, '-v7'); it may be cut off or damaged",
  });
}
