/** Rows of an .npy array (numpy.lib.format, versions 1 to 3) read where they lie in a file, which may be larger than memory. */
import { halvesToFloats, NPY_PREFIX_BYTES, npyHeaderEnd, parseNpyHeader } from '../../base/index.ts';
import type { OpenFiles } from './open-files.ts';
import { type ShardReader, shardError } from './shard-reader.ts';

const REMEDY = 'Write the shard again with numpy.save; it may be truncated';
/** Bytes of a file that are read at once, at least a row's. */
const PIECE_BYTES = 1 << 20;

/** Where an array lies: the whole file, or a stored member of a zip. */
export interface NpyPlace {
  readonly path: string;
  /** Names the array in errors. */
  readonly where: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What an .npy header says of an array of embeddings. */
interface NpyLayout {
  readonly rows: number;
  readonly d: number;
  readonly type: 'f2' | 'f4' | 'f8';
  readonly bigEndian: boolean;
}

/** Opens a shard that is one .npy file. */
export async function openNpyShard(path: string, files: OpenFiles): Promise<ShardReader> {
  return openNpyAt({ path, where: path, offset: 0, bytes: await files.sizeOf(path) }, files);
}

/** Opens an .npy array that lies somewhere in a file. Its header and size are checked here, its values when they are read. */
export async function openNpyAt({ path, where, offset, bytes }: NpyPlace, files: OpenFiles): Promise<ShardReader> {
  const fail = (what: string) => shardError(what, where, REMEDY);
  const prefix = Buffer.alloc(NPY_PREFIX_BYTES);
  if (bytes < prefix.length) throw fail('not an .npy file');
  await files.fill(path, prefix, offset);
  const headerEnd = npyHeaderEnd(prefix, fail);
  if (headerEnd > bytes) throw fail('.npy header is cut off');
  const head = Buffer.alloc(headerEnd);
  await files.fill(path, head, offset);
  const layout = layoutOf(head, where);
  const { rows, d } = layout;
  const expected = rows * d * sizeOf(layout);
  const found = bytes - headerEnd;
  if (found < expected) {
    const what = `.npy data is cut off: shape (${rows}, ${d}) needs ${expected} bytes, found ${found}`;
    throw fail(what);
  }
  if (found > expected) throw fail(`.npy file has ${found - expected} bytes too many`);
  return {
    rows,
    d,
    read: (first, count) => readRows({ path, start: offset + headerEnd, layout, files }, first, count),
  };
}

function layoutOf(head: Buffer, where: string): NpyLayout {
  const { type, bigEndian, fortranOrder, shape } = parseNpyHeader(head, (what) => shardError(what, where, REMEDY));
  if (type !== 'f2' && type !== 'f4' && type !== 'f8') {
    throw shardError(`embeddings of type '${type}'`, where, 'Give float16, float32 or float64');
  }
  const [rows, d] = shape;
  const shaped = `embeddings of shape (${shape.join(', ')})`;
  if (shape.length !== 2) throw shardError(shaped, where, 'Give an array of shape [rows, d]');
  if (rows < 1 || d < 1) throw shardError(`${shaped} are none`, where, 'Leave empty shards out');
  if (!Number.isSafeInteger(rows * d * 8)) throw shardError(`${shaped} cannot be`, where, REMEDY);
  if (fortranOrder && rows > 1 && d > 1) {
    const remedy = 'Write it again with numpy.save(path, numpy.ascontiguousarray(embeddings))';
    throw shardError('embeddings in Fortran order, whose rows lie scattered', where, remedy);
  }
  return { rows, d, type, bigEndian };
}

function sizeOf({ type }: NpyLayout): number {
  return Number(type.slice(1));
}

/** An array's layout and where its first value lies. */
interface NpyRows {
  readonly path: string;
  readonly start: number;
  readonly layout: NpyLayout;
  readonly files: OpenFiles;
}

async function* readRows({ path, start, layout, files }: NpyRows, first: number, count: number) {
  const { d, bigEndian, type } = layout;
  const rowBytes = d * sizeOf(layout);
  const blockRows = Math.min(count, Math.max(1, Math.floor(PIECE_BYTES / rowBytes)));
  const raw = Buffer.from(new ArrayBuffer(blockRows * rowBytes));
  const block = type === 'f4' ? new Float32Array(raw.buffer) : new Float32Array(blockRows * d);
  for (let row = 0; row < count; row += blockRows) {
    const rows = Math.min(blockRows, count - row);
    const bytes = raw.subarray(0, rows * rowBytes);
    await files.fill(path, bytes, start + (first + row) * rowBytes);
    if (type === 'f2') {
      if (bigEndian) bytes.swap16();
      halvesToFloats(new Uint16Array(raw.buffer, 0, rows * d), block);
    } else if (type === 'f8') {
      if (bigEndian) bytes.swap64();
      block.set(new Float64Array(raw.buffer, 0, rows * d));
    } else if (bigEndian) bytes.swap32();
    yield block.subarray(0, rows * d);
  }
}
