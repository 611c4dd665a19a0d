/**
 * Posting blocks: which rows of one tile show one latent, and how strongly. A tile is 4,096 rows that follow each other; every latent's
 * blocks lie on the same tiles, so that bounds of several concepts add up tile by tile (block-max pruning: Mallia, Suel, Tonellotto,
 * SIGIR 2024).
 *
 * Bytes of a block of `count` rows: below 512 rows the gaps between them, 1 or 2 bytes each (7 bits a byte, low first, the high bit says that
 * one follows; a gap counts the rows left out); from 512 rows a bitmap of the tile. Then a level a row. `count` stands in the block's table.
 */

export const TILE_ROWS = 4096;
const BITMAP_BYTES = TILE_ROWS / 8;

/** No block of so many rows is longer. */
export function mostBlockBytes(count: number): number {
  return count < BITMAP_BYTES ? 3 * count : BITMAP_BYTES + count;
}

/** Writes rows `from` … `from + count` − 1 of the arrays (offsets in the tile, ascending) at `at`; gives the end. */
export function writeBlock(
  offsets: Uint16Array,
  levels: Uint8Array,
  from: number,
  count: number,
  into: Uint8Array,
  at: number,
): number {
  let end = at;
  if (count < BITMAP_BYTES) {
    for (let i = from, next = 0; i < from + count; i++) {
      const gap = offsets[i] - next;
      next = offsets[i] + 1;
      if (gap < 128) into[end++] = gap;
      else {
        into[end++] = 128 | (gap & 127);
        into[end++] = gap >> 7;
      }
    }
  } else {
    end += BITMAP_BYTES;
    into.fill(0, at, end);
    for (let i = from; i < from + count; i++) into[at + (offsets[i] >> 3)] |= 1 << (offsets[i] & 7);
  }
  for (let i = from; i < from + count; i++) into[end++] = levels[i];
  return end;
}

/** Reads the offsets of a block of `count` rows into `offsets`; gives where its levels begin, or -1 where the bytes are no such block. */
export function readOffsets(bytes: Uint8Array, at: number, count: number, offsets: Uint16Array): number {
  if (count >= BITMAP_BYTES) return readBitmap(bytes, at, count, offsets);
  let next = at;
  let row = -1;
  for (let i = 0; i < count; i++) {
    let gap = bytes[next++];
    if (gap > 127) gap = (gap & 127) | (bytes[next++] << 7);
    row += gap + 1;
    offsets[i] = row;
  }
  return row < TILE_ROWS ? next : -1;
}

function readBitmap(bytes: Uint8Array, at: number, count: number, offsets: Uint16Array): number {
  let found = 0;
  for (let i = 0; i < BITMAP_BYTES; i += 4) {
    let word = bytes[at + i] | (bytes[at + i + 1] << 8) | (bytes[at + i + 2] << 16) | (bytes[at + i + 3] << 24);
    while (word !== 0) {
      offsets[found++] = 8 * i + 31 - Math.clz32(word & -word);
      word &= word - 1;
    }
  }
  return found === count ? at + BITMAP_BYTES : -1;
}
