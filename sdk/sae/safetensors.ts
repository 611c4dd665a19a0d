/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, a JSON header of names, types, shapes and byte
 * ranges, then the values. Sizes are bounded, and ranges checked to tile the data, before anything is made of them.
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
  const headerBytes = Number(buffer.readBigUInt64LE(0));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > buffer.length)
    throw fail(`not a whole safetensors file: header of ${headerBytes} bytes in a file of ${buffer.length}`);
  let header: Record<string, unknown>;
  try {
    header = z.record(z.string(), z.unknown()).parse(JSON.parse(buffer.toString('utf8', 8, 8 + headerBytes)));
  } catch (cause) {
    throw fail('the safetensors header is not a JSON object', cause);
  }
  const data = buffer.subarray(8 + headerBytes);
  const tensors = new Map<string, NdArray>();
  const ranges: (readonly [number, number])[] = [];
  let used = 0;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  for (const [name, value] of entries) {
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw fail(`tensor ${name} of the safetensors header is not understood`);
    const { dtype, shape, data_offsets } = parsed.data;
    const [start, end] = data_offsets;
    const count = shape.reduce((product, length) => product * length, 1);
    const size = dtype === 'BF16' ? 2 : TYPES[dtype as keyof typeof TYPES]?.BYTES_PER_ELEMENT;
    if (size === undefined) throw fail(`tensor ${name} has type ${dtype}, which is not read`);
    if (!Number.isSafeInteger(count) || end > data.length || end - start !== count * size)
      throw fail(`tensor ${name} [${shape}] of ${dtype} does not fit bytes ${start} to ${end} of ${data.length}`);
    used += end - start;
    ranges.push([start, end]);
    tensors.set(name, { shape, data: valuesOf(data.subarray(start, end), dtype, count) });
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (ranges.some(([start], i) => start !== (i === 0 ? 0 : ranges[i - 1][1])))
    throw fail('its tensors overlap or leave gaps');
  if (used !== data.length) throw fail(`its tensors take ${used} of ${data.length} bytes`);
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

function valuesOf(bytes: Buffer, dtype: string, count: number): NumericArray {
  const copy = new Uint8Array(bytes).buffer;
  if (dtype !== 'BF16') return new TYPES[dtype as keyof typeof TYPES](copy);
  // bfloat16 is the upper half of a float32
  const halves = new Uint16Array(copy);
  return new Float32Array(Uint32Array.from({ length: count }, (_, i) => halves[i] << 16).buffer);
}
