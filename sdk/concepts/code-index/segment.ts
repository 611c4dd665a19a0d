/**
 * Posting blocks of consecutive tiles, gathered in memory up to a budget, then laid by latent at the end of a spill file. The spilled
 * segments are read back side by side, each from front to back, and so give each latent's blocks in the order of the tiles.
 *
 * A spilled segment: for each latent the number of its blocks u32 and their bytes u32, 9 bytes a block (tile u32, bytes u16, rows u16, largest
 * level u8), then the blocks.
 */
import { mostBlockBytes, writeBlock } from './block.ts';
import { readWhole, writeWhole } from './pages.ts';
import type { Tile } from './tile.ts';

export const BLOCK_ENTRY_BYTES = 9;
/** Memory of a block's entry while it is gathered: the six arrays below and the order of the spill. */
const GATHERED_ENTRY_BYTES = 21;
/** Share of the budget for entries; blocks of ten rows fill it as fast as the rest. */
const ENTRY_SHARE = 0.4;
const SPILL_BUFFER_BYTES = 1 << 20;

export class Segment {
  #bytes: Uint8Array;
  #used = 0;
  #entries = 0;
  #latents: Uint32Array;
  #tiles: Uint32Array;
  #at: Uint32Array;
  #sizes: Uint16Array;
  #counts: Uint16Array;
  #largest: Uint8Array;
  readonly #n: number;

  /** @param memoryBytes that blocks and their entries take at most, where a single tile does not need more */
  constructor(n: number, memoryBytes: number) {
    this.#n = n;
    const entries = Math.max(1, Math.floor((ENTRY_SHARE * memoryBytes) / GATHERED_ENTRY_BYTES));
    this.#bytes = new Uint8Array(Math.ceil((1 - ENTRY_SHARE) * memoryBytes));
    this.#latents = new Uint32Array(entries);
    this.#tiles = new Uint32Array(entries);
    this.#at = new Uint32Array(entries);
    this.#sizes = new Uint16Array(entries);
    this.#counts = new Uint16Array(entries);
    this.#largest = new Uint8Array(entries);
  }

  get empty(): boolean {
    return this.#entries === 0;
  }

  /** Whether the blocks of a sorted tile surely fit in. */
  hasRoom(tile: Tile): boolean {
    const entries = Math.min(this.#n, tile.postings);
    return this.#used + mostTileBytes(tile) <= this.#bytes.length && this.#entries + entries <= this.#latents.length;
  }

  /** Takes the blocks of a sorted tile; an empty segment makes room for it where the budget has none. */
  add(tileNumber: number, tile: Tile): void {
    if (this.empty && !this.hasRoom(tile)) this.#enlarge(tile);
    const { starts, offsets, levels } = tile;
    for (let latent = 0; latent < this.#n; latent++) {
      const from = starts[latent];
      const count = starts[latent + 1] - from;
      if (count === 0) continue;
      const entry = this.#entries++;
      const end = writeBlock(offsets, levels, from, count, this.#bytes, this.#used);
      let largest = 0;
      for (let i = from; i < from + count; i++) if (levels[i] > largest) largest = levels[i];
      this.#latents[entry] = latent;
      this.#tiles[entry] = tileNumber;
      this.#at[entry] = this.#used;
      this.#sizes[entry] = end - this.#used;
      this.#counts[entry] = count;
      this.#largest[entry] = largest;
      this.#used = end;
    }
  }

  /** Writes the segment by latent at a place of the spill file, and is empty again; gives where it ends. */
  spill(file: number, position: number): number {
    const firsts = new Uint32Array(this.#n + 1);
    for (let i = 0; i < this.#entries; i++) firsts[this.#latents[i] + 1]++;
    for (let latent = 0; latent < this.#n; latent++) firsts[latent + 1] += firsts[latent];
    const order = new Uint32Array(this.#entries);
    const next = firsts.slice(0, this.#n);
    for (let i = 0; i < this.#entries; i++) order[next[this.#latents[i]]++] = i;
    const out = new SpillBuffer(file, position);
    for (let latent = 0; latent < this.#n; latent++) {
      const mine = order.subarray(firsts[latent], firsts[latent + 1]);
      let bytes = 0;
      for (let i = 0; i < mine.length; i++) bytes += this.#sizes[mine[i]];
      const head = out.room(8);
      out.view.setUint32(head, mine.length, true);
      out.view.setUint32(head + 4, bytes, true);
      for (let i = 0; i < mine.length; i++) {
        const at = out.room(BLOCK_ENTRY_BYTES);
        out.view.setUint32(at, this.#tiles[mine[i]], true);
        out.view.setUint16(at + 4, this.#sizes[mine[i]], true);
        out.view.setUint16(at + 6, this.#counts[mine[i]], true);
        out.view.setUint8(at + 8, this.#largest[mine[i]]);
      }
      for (let i = 0; i < mine.length; i++) {
        const from = this.#at[mine[i]];
        const size = this.#sizes[mine[i]];
        out.bytes.set(this.#bytes.subarray(from, from + size), out.room(size));
      }
    }
    this.#used = 0;
    this.#entries = 0;
    return out.finish();
  }

  #enlarge(tile: Tile): void {
    const entries = Math.max(this.#latents.length, Math.min(this.#n, tile.postings));
    this.#bytes = new Uint8Array(Math.max(this.#bytes.length, mostTileBytes(tile)));
    this.#latents = new Uint32Array(entries);
    this.#tiles = new Uint32Array(entries);
    this.#at = new Uint32Array(entries);
    this.#sizes = new Uint16Array(entries);
    this.#counts = new Uint16Array(entries);
    this.#largest = new Uint8Array(entries);
  }
}

/** Longest that the blocks of a tile can be: three bytes a row, which no bitmap exceeds. */
function mostTileBytes(tile: Tile): number {
  return mostBlockBytes(1) * tile.postings;
}

/** Collects small writes to the spill file. */
class SpillBuffer {
  readonly bytes = new Uint8Array(SPILL_BUFFER_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly #file: number;
  #position: number;
  #filled = 0;

  constructor(file: number, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Place for so many bytes, which the caller fills before the next call. */
  room(length: number): number {
    if (this.#filled + length > this.bytes.length) this.#flush();
    this.#filled += length;
    return this.#filled - length;
  }

  finish(): number {
    this.#flush();
    return this.#position;
  }

  #flush(): void {
    writeWhole(this.#file, this.bytes.subarray(0, this.#filled), this.#position);
    this.#position += this.#filled;
    this.#filled = 0;
  }
}

/** Reads one spilled segment from front to back. */
export class SpilledSegment {
  readonly #file: number;
  readonly #end: number;
  #position: number;
  #buffer: Buffer;
  #from = 0;
  #to = 0;

  constructor(file: number, start: number, end: number, bufferBytes: number) {
    this.#file = file;
    this.#position = start;
    this.#end = end;
    this.#buffer = Buffer.allocUnsafe(bufferBytes);
  }

  /** The next bytes, valid until the next call. */
  take(length: number): Buffer {
    if (this.#to - this.#from < length) this.#fill(length);
    this.#from += length;
    return this.#buffer.subarray(this.#from - length, this.#from);
  }

  /** Hands over the next bytes in pieces that fit the buffer. */
  takeInto(length: number, sink: (piece: Uint8Array) => void): void {
    for (let left = length; left > 0; ) {
      const count = Math.min(left, this.#buffer.length);
      sink(this.take(count));
      left -= count;
    }
  }

  #fill(length: number): void {
    const kept = this.#buffer.subarray(this.#from, this.#to);
    if (length > this.#buffer.length) this.#buffer = Buffer.concat([kept], length);
    else this.#buffer.copyWithin(0, this.#from, this.#to);
    const wanted = Math.min(this.#buffer.length - kept.length, this.#end - this.#position);
    const read = readWhole(this.#file, this.#buffer.subarray(kept.length, kept.length + wanted), this.#position);
    this.#position += read;
    this.#from = 0;
    this.#to = kept.length + read;
    if (this.#to < length) throw new Error('the spilled segment is shorter than what was written');
  }
}
