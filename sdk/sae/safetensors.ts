/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header of names, types, shapes and byte
 * ranges, then the values. Sizes are bounded, names checked to be single and ranges to tile the data, before anything is made of them.
 */
import { z } from 'zod';
import { NadirError, type NdArray, type NumericArray } from '../base/index.ts';

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
/** Longest header that is written padded to this, so that values start aligned. */
const ALIGNMENT = 8;

const TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Tensors by name and the file's own notes. */
export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, NdArray>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Parses a safetensors file; `where` names it in errors. BF16 comes as float32. */
export function parseSafeTensors(bytes: Uint8Array, where: string): SafeTensors {
  const fail = (what: string, cause?: unknown) =>
    new NadirError({ what, where, remedy: 'Write the file again; it may be truncated', cause });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 8) throw fail('not a safetensors file: shorter than its header length');
  const claimed = buffer.readBigUInt64LE(0);
  const headerBytes = Number(claimed);
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > buffer.length)
    throw fail(`not a whole safetensors file: header of ${claimed} bytes in a file of ${buffer.length}`);
  const header = headerOf(buffer.subarray(8, 8 + headerBytes), fail);
  const data = buffer.subarray(8 + headerBytes);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => entryOf(name, value, data.length, fail));
  // only once no two share bytes is anything copied: a small file could else claim the same bytes a million times
  let used = 0;
  for (const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== used)
      throw fail(`its tensors overlap or leave gaps: ${name} starts at byte ${start} and not ${used}`);
    used = end;
  }
  if (used !== data.length) throw fail(`its tensors take ${used} of ${data.length} bytes`);
  const tensors = new Map<string, NdArray>(
    entries.map(({ name, dtype, shape, start, end }) => [
      name,
      { shape, data: valuesOf(data.subarray(start, end), dtype) },
    ]),
  );
  const metadata = z.record(z.string(), z.string()).safeParse(header.__metadata__ ?? {});
  if (!metadata.success) throw fail('the safetensors metadata is not a table of text');
  return { tensors, metadata: metadata.data };
}

/** Bytes of a safetensors file: names in the order given, values little-endian. The same content gives the same bytes. */
export function formatSafeTensors(
  tensors: Readonly<Record<string, NdArray<Float32Array>>>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  const values: Buffer[] = [];
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (shape.reduce((product, length) => product * length, 1) !== data.length)
      throw new RangeError(`tensor ${name} [${shape}] does not hold ${data.length} values`);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
    values.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / ALIGNMENT) * ALIGNMENT, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...values]);
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of the values, counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

/** One tensor's line of the header, its size checked against its bytes and those of the file. */
function entryOf(name: string, value: unknown, dataBytes: number, fail: (what: string) => NadirError): Entry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw fail(`tensor ${name} of the safetensors header is not understood (${[...path, message].join(' ')})`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [start, end] = data_offsets;
  const count = shape.reduce((product, length) => product * length, 1);
  const size = dtype === 'BF16' ? 2 : TYPES[dtype as keyof typeof TYPES]?.BYTES_PER_ELEMENT;
  if (size === undefined)
    throw fail(`tensor ${name} has type ${dtype}, which is not read (${Object.keys(TYPES).join(', ')} and BF16 are)`);
  if (!Number.isSafeInteger(count) || end > dataBytes || end - start !== count * size)
    throw fail(`tensor ${name} [${shape}] of ${dtype} does not fit bytes ${start} to ${end} of ${dataBytes}`);
  return { name, dtype, shape, start, end };
}

/** The header as an object in which every name stands once. */
function headerOf(bytes: Buffer, fail: (what: string, cause?: unknown) => NadirError): Record<string, unknown> {
  let text: string;
  let header: Record<string, unknown>;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw fail('the safetensors header is not a JSON object', cause);
  }
  const twice = repeatedName(text);
  if (twice !== undefined) throw fail(`the safetensors header names tensor ${twice} twice`);
  return header;
}

/** The first name that valid JSON of an object gives twice: JSON.parse would keep the last and say nothing. */
function repeatedName(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let nameIsNext = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const from = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      if (depth === 1 && nameIsNext) {
        const name: unknown = JSON.parse(json.slice(from, at + 1));
        if (seen.has(String(name))) return String(name);
        seen.add(String(name));
      }
      nameIsNext = false;
    } else if (character === '{' || character === '[') {
      depth++;
      nameIsNext = depth === 1;
    } else if (character === '}' || character === ']') depth--;
    else if (character === ',') nameIsNext = depth === 1;
  }
  return undefined;
}

function valuesOf(bytes: Buffer, dtype: string): NumericArray {
  const copy = new Uint8Array(bytes).buffer;
  if (dtype !== 'BF16') return new TYPES[dtype as keyof typeof TYPES](copy);
  // bfloat16 is the upper half of a float32
  const halves = new Uint16Array(copy);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}
