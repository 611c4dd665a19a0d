/** Lays the blocks of all segments latent by latent into the body: each latent's table of blocks, then its blocks. */
import { LATENT_ENTRY_BYTES } from './layout.ts';
import type { PageWriter } from './pages.ts';
import { BLOCK_ENTRY_BYTES, type SpilledSegment } from './segment.ts';
import { MAX_VARINT_BYTES, writeVarint } from './varint.ts';

/** Most bytes of one block's row in a table: tiles left out, bytes, rows, largest level. */
const TABLE_ROW_BYTES = 3 * MAX_VARINT_BYTES + 1;

/** Appends the postings of all n latents; gives the latents' part of the directory. */
export function mergeSegments(segments: readonly SpilledSegment[], n: number, body: PageWriter): Buffer {
  const directory = Buffer.alloc(n * LATENT_ENTRY_BYTES);
  const payloads = new Float64Array(segments.length);
  let table = new Uint8Array(1024);
  for (let latent = 0; latent < n; latent++) {
    let [blocks, rows, largest, blockBytes, end, nextTile] = [0, 0, 0, 0, 0, 0];
    for (let s = 0; s < segments.length; s++) {
      const head = segments[s].take(8);
      const count = head.readUInt32LE(0);
      payloads[s] = head.readUInt32LE(4);
      blocks += count;
      blockBytes += payloads[s];
      if (end + count * TABLE_ROW_BYTES > table.length) table = enlarged(table, 2 * (end + count * TABLE_ROW_BYTES));
      for (let i = 0; i < count; i++) {
        const entry = segments[s].take(BLOCK_ENTRY_BYTES);
        const tile = entry.readUInt32LE(0);
        const inBlock = entry.readUInt16LE(6);
        const level = entry[8];
        end = writeVarint(tile - nextTile, table, end);
        end = writeVarint(entry.readUInt16LE(4), table, end);
        end = writeVarint(inBlock, table, end);
        table[end++] = level;
        nextTile = tile + 1;
        rows += inBlock;
        if (level > largest) largest = level;
      }
    }
    const at = latent * LATENT_ENTRY_BYTES;
    directory.writeBigUInt64LE(BigInt(body.position), at);
    directory.writeBigUInt64LE(BigInt(blockBytes), at + 8);
    directory.writeUInt32LE(end, at + 16);
    directory.writeUInt32LE(blocks, at + 20);
    directory.writeUInt32LE(rows, at + 24);
    directory[at + 28] = largest;
    body.append(table.subarray(0, end));
    for (let s = 0; s < segments.length; s++)
      segments[s].takeInto(payloads[s], (piece) => {
        body.append(piece);
      });
  }
  return directory;
}

function enlarged(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(length);
  more.set(bytes);
  return more;
}
