/**
 * Protobuf messages to plain objects and back, by the table of onnx-schema.ts. Bytes come from outside: every length is checked against what
 * is left before anything is allocated, and both depth and number of messages are bounded.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FIELDS, type Field, isMessage, type MessageName } from './onnx-schema.ts';

const MAX_DEPTH = 64;
const MAX_MESSAGES = 4_000_000;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

type Value = unknown;
type Message = Record<string, Value>;

const TYPED_ARRAYS = {
  int64s: BigInt64Array,
  uint64s: BigUint64Array,
  floats: Float32Array,
  doubles: Float64Array,
} as const;

/** Parses one message. Unknown fields are skipped. Throws plain Errors: the caller names the file. */
export function readMessage(name: MessageName, bytes: Uint8Array): Message {
  return readFields(name, bytes, { depth: 0, left: MAX_MESSAGES });
}

function readFields(name: MessageName, bytes: Uint8Array, budget: { depth: number; left: number }): Message {
  if (++budget.depth > MAX_DEPTH) throw new Error(`messages are nested deeper than ${MAX_DEPTH}`);
  if (--budget.left < 0) throw new Error(`more than ${MAX_MESSAGES} messages`);
  const fields = FIELDS.get(name) ?? new Map<number, Field>();
  const reader = new BinaryReader(bytes);
  const message: Message = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wireType, number);
    else readField(reader, field, wireType, message, `${name}.${field.key}`, budget);
  }
  if (reader.pos > reader.len) throw new Error('message is cut off');
  for (const field of fields.values()) {
    const list = message[field.key];
    if (field.type in TYPED_ARRAYS && Array.isArray(list)) message[field.key] = typed(field, list);
  }
  budget.depth--;
  return message;
}

function readField(
  reader: BinaryReader,
  field: Field,
  wireType: WireType,
  message: Message,
  place: string,
  budget: { depth: number; left: number },
): void {
  const { key, type } = field;
  const many = field.repeated || type in TYPED_ARRAYS;
  if (many && wireType === WireType.LengthDelimited && elementWireType(type) !== WireType.LengthDelimited) {
    readPacked(reader, field, message);
    return;
  }
  if (wireType !== elementWireType(type)) throw new Error(`${place} has wire type ${wireType}`);
  const value = isMessage(type) ? readFields(type, reader.bytes(), budget) : readScalar(reader, type);
  if (many) listOf(message, key).push(value);
  else message[key] = value;
}

/** A list in the packed form: one length, then the elements. Floats and doubles are copied whole where they are the first of their field. */
function readPacked(reader: BinaryReader, field: Field, message: Message): void {
  const packed = reader.bytes();
  if ((field.type === 'floats' || field.type === 'doubles') && message[field.key] === undefined) {
    const ArrayType = TYPED_ARRAYS[field.type];
    if (packed.length % ArrayType.BYTES_PER_ELEMENT !== 0) throw new Error(`${field.key} ends within a number`);
    message[field.key] = new ArrayType(new Uint8Array(packed).buffer);
    return;
  }
  const list = listOf(message, field.key);
  const elements = new BinaryReader(packed);
  while (elements.pos < elements.len) list.push(readScalar(elements, field.type));
  if (elements.pos > elements.len) throw new Error('list of numbers is cut off');
}

/** The list gathered so far, as a plain array even where an earlier packed chunk made it a typed one. */
function listOf(message: Message, key: string): Value[] {
  const found = message[key];
  const list = Array.isArray(found) ? found : Array.from((found ?? []) as Iterable<Value>);
  message[key] = list;
  return list;
}

function typed(field: Field, list: Value[]): Value {
  if (field.type === 'int64s') return BigInt64Array.from(list as bigint[]);
  if (field.type === 'uint64s') return BigUint64Array.from(list as bigint[]);
  return field.type === 'doubles' ? Float64Array.from(list as number[]) : Float32Array.from(list as number[]);
}

function readScalar(reader: BinaryReader, type: Field['type']): Value {
  switch (type) {
    case 'int':
      return integer(BigInt(reader.int64()));
    case 'int64s':
      return BigInt(reader.int64());
    case 'uint64s':
      return BigInt(reader.uint64());
    case 'float':
    case 'floats':
      return reader.float();
    case 'doubles':
      return reader.double();
    case 'string':
      return reader.string(true);
    default:
      return reader.bytes();
  }
}

/** Exact, or the ends of int64, which exporters write for "to the end" and which 2^63 and -2^63 stand for. */
function integer(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) && value !== INT64_MAX && value !== INT64_MIN)
    throw new Error(`integer ${value} is beyond 2^53`);
  return number;
}

/**
 * Serialises one message: fields in the order of their numbers, so the same message gives the same bytes. Lists of numbers are packed,
 * which every protobuf parser takes.
 */
export function writeMessage(name: MessageName, message: object): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, name, message as Message);
  return writer.finish();
}

function writeFields(writer: BinaryWriter, name: MessageName, message: Message): void {
  for (const field of FIELDS.get(name)?.values() ?? []) {
    const value = message[field.key];
    if (value === undefined) continue;
    if (field.type in TYPED_ARRAYS || (field.repeated && field.type === 'int')) writePacked(writer, field, value);
    else if (field.repeated) for (const element of value as Iterable<Value>) writeOne(writer, field, element);
    else writeOne(writer, field, value);
  }
}

function writeOne(writer: BinaryWriter, { number, type }: Field, value: Value): void {
  writer.tag(number, elementWireType(type));
  if (isMessage(type)) {
    writer.fork();
    writeFields(writer, type, value as Message);
    writer.join();
  } else if (type === 'int') writeInteger(writer, value as number);
  else if (type === 'float') writer.float(value as number);
  else if (type === 'string') writer.string(value as string);
  else writer.bytes(value as Uint8Array);
}

function writePacked(writer: BinaryWriter, { number, type }: Field, value: Value): void {
  if ((value as ArrayLike<unknown>).length === 0) return;
  writer.tag(number, WireType.LengthDelimited);
  if (type === 'floats' || type === 'doubles') {
    const numbers = value as Float32Array | Float64Array;
    writer.bytes(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    return;
  }
  writer.fork();
  if (type === 'int64s') for (const element of value as BigInt64Array) writer.int64(element);
  else if (type === 'uint64s') for (const element of value as BigUint64Array) writer.uint64(element);
  else for (const element of value as readonly number[]) writeInteger(writer, element);
  writer.join();
}

function writeInteger(writer: BinaryWriter, value: number): void {
  if (value >= 0 && value <= 0xffffffff) writer.uint32(value);
  else writer.int64(value === 2 ** 63 ? INT64_MAX : BigInt(value));
}

function elementWireType(type: Field['type']): WireType {
  if (type === 'int' || type === 'int64s' || type === 'uint64s') return WireType.Varint;
  if (type === 'float' || type === 'floats') return WireType.Bit32;
  if (type === 'doubles') return WireType.Bit64;
  return WireType.LengthDelimited;
}
