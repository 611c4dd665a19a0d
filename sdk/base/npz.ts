/** NumPy's .npz format: a zip of .npy members, stored or deflated (PKWARE APPNOTE 6.3). No zip64, no encryption. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { NadirError } from './error.ts';
import { writeFileAtomic } from './files.ts';
import { formatNpy, type NdArray, parseNpy, readBounded } from './npy.ts';

const MAX_FILE_BYTES = 2 ** 32 - 1;
/** Most bytes that one byte of a deflate stream can stand for. */
const DEFLATE_RATIO = 1032;
/** Largest member after inflating: 2 GiB. */
const MAX_MEMBER_BYTES = 2 ** 31 - 1;
const END_RECORD = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** Reads every array of an .npz file, keyed by its name without ".npy". */
export async function readNpz(path: string): Promise<Map<string, NdArray>> {
  return parseNpz(await readBounded(path, MAX_FILE_BYTES), path);
}

/** Parses the bytes of an .npz file. `where` names them in errors. */
export function parseNpz(bytes: Uint8Array, where: string): Map<string, NdArray> {
  const arrays = new Map<string, NdArray>();
  for (const [name, member] of readZip(bytes, where)) {
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), parseNpy(member(), `${where} member ${name}`));
  }
  return arrays;
}

/**
 * Members of a zip by name, in the archive's order, each inflated and CRC-checked only when called. A member that claims more than
 * `maxBytesOf` its name is refused before anything is inflated.
 */
export function readZip(
  bytes: Uint8Array,
  where: string,
  maxBytesOf: (name: string) => number = () => MAX_MEMBER_BYTES,
): Map<string, () => Buffer> {
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: 'Copy or write the file again; it may be truncated or damaged' });
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = zip.length < 22 ? -1 : findEnd(zip);
  if (end < 0) throw fail('not a whole zip archive: its directory is missing');
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  const members = new Map<string, () => Buffer>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== CENTRAL) throw fail('zip directory is damaged');
    const method = zip.readUInt16LE(at + 10);
    const crc = zip.readUInt32LE(at + 16);
    const packed = zip.readUInt32LE(at + 20);
    const size = zip.readUInt32LE(at + 24);
    const nameBytes = zip.readUInt16LE(at + 28);
    const skip = nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    at += 46 + skip;
    if (size > maxBytesOf(name)) throw fail(`zip member ${name} claims ${size} bytes`);
    members.set(name, () => {
      if (local + 30 > zip.length || zip.readUInt32LE(local) !== LOCAL) throw fail(`zip member ${name} is damaged`);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      if (start + packed > zip.length) throw fail(`zip member ${name} is cut off`);
      const raw = zip.subarray(start, start + packed);
      let content: Buffer;
      try {
        if (method === 0) content = raw;
        else if (method === 8) {
          // in one piece: many small chunks are garbage that nothing else frees; no header can ask for more than deflate's greatest ratio
          const chunkSize = Math.min(size, DEFLATE_RATIO * packed) + 64;
          content = inflateRawSync(raw, { maxOutputLength: Math.max(1, size), chunkSize });
        } else throw fail(`zip member ${name} uses compression method ${method}`);
      } catch (cause) {
        if (cause instanceof NadirError) throw cause;
        throw fail(`zip member ${name} does not inflate`);
      }
      if (content.length !== size || crc32(content) !== crc) throw fail(`zip member ${name} fails its checksum`);
      return content;
    });
  }
  return members;
}

/** Bytes of an .npz file: same arrays, same bytes. */
export function formatNpz(arrays: Readonly<Record<string, NdArray>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const name = Buffer.from(`${key}.npy`);
    const content = formatNpy(array);
    const packed = deflateRawSync(content);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(0x00210000, 6); // 1980-01-01 00:00, so that the bytes depend on nothing but the arrays
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([uint32(LOCAL), shared, name, packed]);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(CENTRAL, 0);
    entry.writeUInt16LE(20, 4);
    shared.copy(entry, 6);
    entry.writeUInt32LE(offset, 42);
    locals.push(local);
    central.push(entry, name);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_RECORD, 0);
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** Writes an .npz file; it appears whole or not at all. */
export async function writeNpz(path: string, arrays: Readonly<Record<string, NdArray>>): Promise<void> {
  await writeFileAtomic(path, formatNpz(arrays));
}

function findEnd(zip: Buffer): number {
  const lowest = Math.max(0, zip.length - 22 - 65535);
  for (let at = zip.length - 22; at >= lowest; at--) if (zip.readUInt32LE(at) === END_RECORD) return at;
  return -1;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
