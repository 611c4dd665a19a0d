/**
 * The file of a code index, version 1, little-endian:
 *
 *     header (96 bytes, its own CRC at the end)
 *     body, in pages of 32 KiB: the codes by row, tile after tile; the postings by latent, each its table of blocks, then its blocks; the directory
 *     CRC-32 of each page
 *
 * Directory: for each latent 32 bytes (place of its postings u64, bytes of blocks u64, bytes of table u32, blocks u32, rows u32, largest level
 * u8, 3 × 0); then for each tile 16 bytes (place of its codes u64, bytes u32, smallest norm of a code that is not empty f32).
 * Places count from the start of the body. The sizes in the header are held against the file's own before anything is allocated.
 */
import { crc32 } from 'node:zlib';
import { NadirError } from '../../base/index.ts';
import { TILE_ROWS } from './block.ts';
import { isOctave } from './levels.ts';

export const PAGE_BYTES = 32_768;
export const HEADER_BYTES = 96;
export const LATENT_ENTRY_BYTES = 32;
export const TILE_ENTRY_BYTES = 16;
/** Largest dictionary: its directory then takes 512 MiB. */
export const MAX_LATENTS = 2 ** 24;
/** Row numbers are 32-bit, and so is their count. */
export const MAX_ROWS = 2 ** 32 - 1;

const MAGIC = Buffer.from('NADIRCIX', 'latin1');
const FORMAT_VERSION = 1;

export interface IndexHeader {
  /** Latents of the dictionary. */
  readonly n: number;
  readonly rows: number;
  readonly lowestOctave: number;
  readonly postings: number;
  readonly bodyBytes: number;
  readonly directoryAt: number;
  /** CRC-32 of the CRCs of the pages. */
  readonly pagesCrc: number;
}

export function tilesOf(rows: number): number {
  return Math.ceil(rows / TILE_ROWS);
}

export function pagesOf(bodyBytes: number): number {
  return Math.ceil(bodyBytes / PAGE_BYTES);
}

export function directoryBytes(n: number, rows: number): number {
  return n * LATENT_ENTRY_BYTES + tilesOf(rows) * TILE_ENTRY_BYTES;
}

export function formatHeader(header: IndexHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeUInt32LE(PAGE_BYTES, 12);
  bytes.writeUInt32LE(TILE_ROWS, 16);
  bytes.writeUInt32LE(header.n, 20);
  bytes.writeUInt32LE(header.rows, 24);
  bytes.writeInt32LE(header.lowestOctave, 28);
  bytes.writeBigUInt64LE(BigInt(header.postings), 32);
  bytes.writeBigUInt64LE(BigInt(header.bodyBytes), 40);
  bytes.writeBigUInt64LE(BigInt(header.directoryAt), 48);
  bytes.writeUInt32LE(header.pagesCrc, 56);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return bytes;
}

/** Parses a header of a file of `fileBytes`. Throws NadirError where it is none or its sizes don't fit the file. */
export function parseHeader(bytes: Buffer, fileBytes: number, where: string): IndexHeader {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new NadirError({ what: 'not a code index', where, remedy: 'Give a file that the index builder wrote' });
  const version = bytes.readUInt32LE(8);
  if (version !== FORMAT_VERSION) {
    const remedy = `Build the index again; this version reads format ${FORMAT_VERSION}`;
    throw new NadirError({ what: `a code index of format ${version}`, where, remedy });
  }
  if (crc32(bytes.subarray(0, HEADER_BYTES - 4)) !== bytes.readUInt32LE(HEADER_BYTES - 4))
    throw damaged('the header fails its checksum', where);
  const header = {
    n: bytes.readUInt32LE(20),
    rows: bytes.readUInt32LE(24),
    lowestOctave: bytes.readInt32LE(28),
    postings: Number(bytes.readBigUInt64LE(32)),
    bodyBytes: Number(bytes.readBigUInt64LE(40)),
    directoryAt: Number(bytes.readBigUInt64LE(48)),
    pagesCrc: bytes.readUInt32LE(56),
  };
  const { n, rows, bodyBytes, directoryAt } = header;
  const whole = HEADER_BYTES + bodyBytes + 4 * pagesOf(bodyBytes);
  if (fileBytes !== whole) throw damaged(`${fileBytes} bytes where its header says ${whole}`, where);
  const fits = bytes.readUInt32LE(12) === PAGE_BYTES && bytes.readUInt32LE(16) === TILE_ROWS && n <= MAX_LATENTS;
  if (!fits || !isOctave(header.lowestOctave) || directoryAt + directoryBytes(n, rows) !== bodyBytes)
    throw damaged('the sizes in its header contradict each other', where);
  return header;
}

export function damaged(what: string, where: string): NadirError {
  return new NadirError({
    what: `damaged code index (${what})`,
    where,
    remedy: 'Build the index again or copy it again',
  });
}

/** Bytes of 32-bit integers as the file has them. */
export function littleEndian(values: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeUInt32LE(values[i], 4 * i);
  return bytes;
}
