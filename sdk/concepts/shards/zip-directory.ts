/** The directory of a zip archive that is not read whole (PKWARE APPNOTE 6.3, sections 4.3.12 to 4.3.16; zip64 by 4.5.3). */
import type { OpenFiles } from './open-files.ts';
import { shardError } from './shard-reader.ts';

export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Byte offset of the member's local header. */
  readonly localHeader: number;
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
/** A field that says "see the zip64 record". */
const IN_ZIP64 = 0xffffffff;
/** Largest directory that is read: far beyond that of an .npz. */
const MAX_DIRECTORY_BYTES = 16 * 2 ** 20;

/** Members in the archive's order; what they claim is checked against the file's size. */
export async function readDirectory(path: string, files: OpenFiles): Promise<ZipMember[]> {
  const fail = (what: string) => shardError(what, path, 'Copy or write the file again; it may be truncated or damaged');
  const size = await files.sizeOf(path);
  const tail = Buffer.alloc(Math.min(size, END_BYTES + 65535));
  await files.fill(path, tail, size - tail.length);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw fail('not a whole zip archive: its directory is missing');
  let count = tail.readUInt16LE(end + 10);
  let length = tail.readUInt32LE(end + 12);
  let start = tail.readUInt32LE(end + 16);
  const locator = end - LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64) {
    const at = Number(tail.readBigUInt64LE(locator + 8));
    const end64 = Buffer.alloc(56);
    if (at + end64.length > size) throw fail('zip directory is damaged');
    await files.fill(path, end64, at);
    if (end64.readUInt32LE(0) !== END_64) throw fail('zip directory is damaged');
    count = Number(end64.readBigUInt64LE(32));
    length = Number(end64.readBigUInt64LE(40));
    start = Number(end64.readBigUInt64LE(48));
  }
  if (start + length > size || length > MAX_DIRECTORY_BYTES) throw fail('zip directory is damaged');
  const directory = Buffer.alloc(length);
  await files.fill(path, directory, start);
  const members: ZipMember[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > length || directory.readUInt32LE(at) !== CENTRAL) throw fail('zip directory is damaged');
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    if (extraEnd > length) throw fail('zip directory is damaged');
    const name = directory.toString('utf8', at + 46, nameEnd);
    const large = zip64Fields(directory.subarray(nameEnd, extraEnd));
    const field = (offset: number) => {
      const value = directory.readUInt32LE(at + offset);
      return value === IN_ZIP64 ? large.shift() : value;
    };
    // in this order the zip64 record has those that it has
    const [bytes, packedBytes, localHeader] = [field(24), field(20), field(42)];
    const method = directory.readUInt16LE(at + 10);
    if (bytes === undefined || packedBytes === undefined || localHeader === undefined || localHeader + 30 > size) {
      throw fail(`zip member ${name} is damaged`);
    }
    if (method !== 0 && method !== 8) throw fail(`zip member ${name} uses compression method ${method}`);
    if ((directory.readUInt16LE(at + 8) & 1) === 1) throw fail(`zip member ${name} is encrypted`);
    if (packedBytes > size || (method === 0 && bytes !== packedBytes)) throw fail(`zip member ${name} is damaged`);
    members.push({ name, method, packedBytes, bytes, localHeader });
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** The 64-bit values of the zip64 record (id 1) among a member's extra fields. */
function zip64Fields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    if (extra.readUInt16LE(at) === 1) {
      return Array.from({ length: (end - at - 4) >> 3 }, (_, i) => Number(extra.readBigUInt64LE(at + 4 + 8 * i)));
    }
    at = end;
  }
  return [];
}
