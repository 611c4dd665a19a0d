/**
 * Rows of the array `embeddings`, or of the only array of two axes, in an .npz (a zip, PKWARE APPNOTE 6.3, with zip64 as numpy writes it). A
 * stored member is read where it lies. A deflated one has no places to start at: it is inflated whole, and so only up to a stated size.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { npyHeaderEnd, npyShape, parseNpy, readBounded, readZip, toFloat32 } from '../../base/index.ts';
import { openNpyAt } from './npy-shard.ts';
import type { OpenFiles } from './open-files.ts';
import { type ShardReader, shardError } from './shard-reader.ts';
import { readDirectory, type ZipMember } from './zip-directory.ts';

/** Largest deflated .npz that is read, inflated and not: one at a time is held in memory. */
const MAX_INFLATED_BYTES = 64 * 2 ** 20;
/** Of a deflated member, enough to inflate the header of. */
const PEEK_BYTES = 1024;
const KEY = 'embeddings.npy';
const DAMAGED = 'Copy or write the file again; it may be truncated or damaged';

/** Embeddings of a deflated shard. */
interface Inflated {
  readonly data: Float32Array;
  readonly rows: number;
  readonly d: number;
}

/** The deflated shard that was last read, so that all of them together take the memory of one. */
export interface InflatedSlot {
  path?: string;
  held?: Inflated | undefined;
}

export async function openNpzShard(path: string, files: OpenFiles, slot: InflatedSlot): Promise<ShardReader> {
  const members = (await readDirectory(path, files)).filter(({ name }) => name.endsWith('.npy'));
  const member = members.find(({ name }) => name === KEY) ?? (await onlyTable(path, members, files));
  const where = `${path} member ${member.name}`;
  if (member.method === 0) {
    return openNpyAt({ path, where, offset: await dataStart(path, member, files), bytes: member.bytes }, files);
  }
  const size = await files.sizeOf(path);
  if (Math.max(size, member.bytes) > MAX_INFLATED_BYTES) {
    const what = `compressed embeddings of ${member.bytes} bytes can only be inflated whole`;
    const remedy = `Write them with numpy.savez or as .npy, or in shards below ${MAX_INFLATED_BYTES} bytes`;
    throw shardError(what, where, remedy);
  }
  const held = async () => {
    if (slot.path !== path || !slot.held) {
      slot.held = undefined; // let the other shard go before this one comes
      slot.held = await inflate(path, member.name);
      slot.path = path;
    }
    return slot.held;
  };
  const { rows, d } = await held();
  return {
    // the file, what it inflates to, and that as float32, which is twice float16's size
    ...{ rows, d, groups: [rows], readingBytes: 4 * MAX_INFLATED_BYTES },
    async *read(first, count) {
      const { data } = await held();
      yield data.subarray(first * d, (first + count) * d);
    },
  };
}

/** The member that has two axes, where it is the only one. */
async function onlyTable(path: string, members: readonly ZipMember[], files: OpenFiles): Promise<ZipMember> {
  const tables: ZipMember[] = [];
  for (const member of members) if ((await axesOf(path, member, files)) === 2) tables.push(member);
  if (tables.length === 1) return tables[0];
  const what = tables.length === 0 ? 'no array of two axes' : `${tables.length} arrays of two axes`;
  throw shardError(what, path, 'Name the array of embeddings "embeddings"');
}

/** Axes of a member, of which no more than the header is read; undefined where it is no array. */
async function axesOf(path: string, member: ZipMember, files: OpenFiles): Promise<number | undefined> {
  const start = await dataStart(path, member, files);
  const raw = Buffer.alloc(Math.min(PEEK_BYTES, member.packedBytes));
  await files.fill(path, raw, start);
  try {
    const head = member.method === 8 ? inflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }) : raw;
    return npyShape(
      head.subarray(
        0,
        npyHeaderEnd(head, (what) => shardError(what, path, DAMAGED)),
      ),
    )?.length;
  } catch {
    return undefined;
  }
}

async function inflate(path: string, name: string): Promise<Inflated> {
  const member = readZip(await readBounded(path, MAX_INFLATED_BYTES), path, () => MAX_INFLATED_BYTES).get(name);
  const where = `${path} member ${name}`;
  if (member === undefined) throw shardError('member is gone', where, DAMAGED);
  const array = parseNpy(member(), where);
  const { shape, data } = array;
  if (shape.length !== 2 || shape[0] < 1 || shape[1] < 1) {
    throw shardError(`embeddings of shape (${shape.join(', ')})`, where, 'Give an array of shape [rows, d]');
  }
  if (!(data instanceof Float16Array || data instanceof Float32Array || data instanceof Float64Array)) {
    throw shardError('embeddings that are not floating-point', where, 'Give float16, float32 or float64');
  }
  return { data: toFloat32(array), rows: shape[0], d: shape[1] };
}

/** Where a member's bytes begin, by its local header. */
async function dataStart(path: string, member: ZipMember, files: OpenFiles): Promise<number> {
  const local = Buffer.alloc(30);
  await files.fill(path, local, member.localHeader);
  if (local.readUInt32LE(0) !== 0x04034b50) throw shardError(`zip member ${member.name} is damaged`, path, DAMAGED);
  const start = member.localHeader + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + member.packedBytes > (await files.sizeOf(path))) {
    throw shardError(`zip member ${member.name} is cut off`, path, DAMAGED);
  }
  return start;
}
