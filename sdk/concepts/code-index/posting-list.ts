/** The postings of one latent: its table of blocks in memory, the blocks read when a tile is looked at. */
import { readOffsets, TILE_ROWS } from './block.ts';
import type { CodeIndex } from './code-index.ts';
import { damaged } from './layout.ts';
import { PageWindow } from './pages.ts';
import { VarintReader } from './varint.ts';

export class PostingList {
  /** Blocks, one a tile that shows the latent. */
  readonly blocks: number;
  /** Tile of each block, ascending. */
  readonly tiles: Uint32Array;
  /** Largest level of each block. */
  readonly largest: Uint8Array;
  /** Rows of each block. */
  readonly counts: Uint16Array;
  readonly #path: string;
  readonly #latent: number;
  readonly #sizes: Uint16Array;
  readonly #at: Float64Array;
  readonly #blockOf: Int32Array;
  readonly #window: PageWindow;

  constructor(index: CodeIndex, latent: number) {
    const entry = index.latentEntry(latent);
    this.#path = index.path;
    this.#latent = latent;
    this.blocks = entry.blocks;
    this.tiles = new Uint32Array(entry.blocks);
    this.largest = new Uint8Array(entry.blocks);
    this.counts = new Uint16Array(entry.blocks);
    this.#sizes = new Uint16Array(entry.blocks);
    this.#at = new Float64Array(entry.blocks);
    this.#blockOf = new Int32Array(index.tiles).fill(-1);
    const start = entry.at + entry.tableBytes;
    this.#window = new PageWindow(index.pages, start + entry.blockBytes);
    const table = new VarintReader(index.pages.bytes(entry.at, entry.tableBytes));
    let at = start;
    for (let block = 0, next = 0; block < entry.blocks; block++) {
      const tile = next + table.varint();
      const size = table.varint();
      const count = table.varint();
      const largest = table.byte();
      if (!(tile < index.tiles && count > 0 && count <= TILE_ROWS && size > count && size < 65_536 && largest > 0))
        throw this.#damaged();
      this.tiles[block] = tile;
      this.largest[block] = largest;
      this.counts[block] = count;
      this.#sizes[block] = size;
      this.#at[block] = at;
      this.#blockOf[tile] = block;
      next = tile + 1;
      at += size;
    }
    if (table.at !== entry.tableBytes || at !== start + entry.blockBytes) throw this.#damaged();
  }

  /** The block of a tile, or -1. */
  blockOf(tile: number): number {
    return this.#blockOf[tile];
  }

  /** What `read` read last; the levels of its rows begin where `read` said. */
  get bytes(): Uint8Array {
    return this.#window.buffer;
  }

  /** Reads the offsets of a block's rows; gives where in `bytes` their levels begin. `ahead`: the blocks behind it come next. */
  read(block: number, offsets: Uint16Array, ahead: boolean): number {
    const size = this.#sizes[block];
    const from = this.#window.locate(this.#at[block], size, ahead);
    const levelsAt = readOffsets(this.#window.buffer, from, this.counts[block], offsets);
    if (levelsAt + this.counts[block] !== from + size) throw this.#damaged();
    return levelsAt;
  }

  #damaged() {
    return damaged(`the postings of latent ${this.#latent}`, this.#path);
  }
}
