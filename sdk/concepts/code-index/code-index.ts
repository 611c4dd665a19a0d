/** An index of codes, open for queries: its directory in memory, everything else read from the file when it is asked for. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { messageOf, NadirError } from '../../base/index.ts';
import type { SparseCode } from '../../sae/encode.ts';
import { TILE_ROWS } from './block.ts';
import {
  damaged,
  directoryBytes,
  HEADER_BYTES,
  type IndexHeader,
  LATENT_ENTRY_BYTES,
  PAGE_BYTES,
  pagesOf,
  parseHeader,
  TILE_ENTRY_BYTES,
  tilesOf,
} from './layout.ts';
import { levelValues } from './levels.ts';
import { PageReader, readWhole } from './pages.ts';
import { VarintReader } from './varint.ts';

/** Where a latent's postings lie. */
export interface LatentEntry {
  readonly at: number;
  readonly tableBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
  /** Rows that show it. */
  readonly rows: number;
  readonly largestLevel: number;
}

/** Where the codes of a tile lie; no bytes where none of its rows shows anything. */
export interface TileEntry {
  readonly at: number;
  readonly bytes: number;
  readonly rows: number;
  /** Smallest norm of its codes that are not empty. */
  readonly minNorm: number;
}

export class CodeIndex {
  readonly path: string;
  /** Latents of the dictionary. */
  readonly n: number;
  readonly rows: number;
  readonly tiles: number;
  /** Active latents of all rows. */
  readonly postings: number;
  /** Activation of each level [256]. */
  readonly values: Float32Array;
  readonly pages: PageReader;
  readonly #file: number;
  readonly #directory: Buffer;

  private constructor(path: string, file: number, header: IndexHeader, pages: PageReader) {
    this.path = path;
    this.#file = file;
    this.n = header.n;
    this.rows = header.rows;
    this.tiles = tilesOf(header.rows);
    this.postings = header.postings;
    this.values = levelValues(header.lowestOctave);
    this.pages = pages;
    this.#directory = pages.bytes(header.directoryAt, directoryBytes(header.n, header.rows));
  }

  /** Opens an index; close it after use. Throws NadirError where the file is none or damaged. */
  static open(path: string): CodeIndex {
    const file = openFile(path);
    try {
      const fileBytes = fstatSync(file).size;
      const head = Buffer.alloc(HEADER_BYTES);
      const header = parseHeader(head.subarray(0, readWhole(file, head, 0)), fileBytes, path);
      const crcBytes = Buffer.alloc(4 * pagesOf(header.bodyBytes));
      readWhole(file, crcBytes, HEADER_BYTES + header.bodyBytes);
      if (crc32(crcBytes) !== header.pagesCrc) throw damaged('the list of page checksums fails its own', path);
      const crcs = Uint32Array.from({ length: crcBytes.length / 4 }, (_, page) => crcBytes.readUInt32LE(4 * page));
      return new CodeIndex(path, file, header, new PageReader(file, path, header.bodyBytes, crcs));
    } catch (thrown) {
      closeSync(file);
      throw thrown;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  /** In how many rows a latent is active, and its largest activation (0 where it is in none). */
  latent(latent: number): { readonly rows: number; readonly largest: number } {
    const { rows, largestLevel } = this.latentEntry(latent);
    return { rows, largest: this.values[largestLevel] };
  }

  /** The code of a row as it was quantised: strongest first, ties by latent. */
  code(row: number): SparseCode {
    if (!Number.isInteger(row) || row < 0 || row >= this.rows) {
      const remedy = this.rows === 0 ? 'The index is empty' : `Give a row from 0 to ${this.rows - 1}`;
      throw new NadirError({ what: `no row ${row}`, where: this.path, remedy, exitCode: 2 });
    }
    const active = this.#active(row).sort((a, b) => b.level - a.level || a.latent - b.latent);
    return {
      latents: Uint32Array.from(active, ({ latent }) => latent),
      values: Float32Array.from(active, ({ level }) => this.values[level]),
    };
  }

  latentEntry(latent: number): LatentEntry {
    if (!Number.isInteger(latent) || latent < 0 || latent >= this.n) {
      const remedy = `Give latents from 0 to ${this.n - 1}`;
      throw new NadirError({ what: `no latent ${latent}`, where: this.path, remedy, exitCode: 2 });
    }
    const at = latent * LATENT_ENTRY_BYTES;
    const entry = {
      at: Number(this.#directory.readBigUInt64LE(at)),
      blockBytes: Number(this.#directory.readBigUInt64LE(at + 8)),
      tableBytes: this.#directory.readUInt32LE(at + 16),
      blocks: this.#directory.readUInt32LE(at + 20),
      rows: this.#directory.readUInt32LE(at + 24),
      largestLevel: this.#directory[at + 28],
    };
    this.pages.requireInside(entry.at, entry.tableBytes + entry.blockBytes);
    if (entry.blocks > this.tiles) throw damaged(`latent ${latent} has more blocks than there are tiles`, this.path);
    return entry;
  }

  tileEntry(tile: number): TileEntry {
    const at = this.n * LATENT_ENTRY_BYTES + tile * TILE_ENTRY_BYTES;
    const entry = {
      at: Number(this.#directory.readBigUInt64LE(at)),
      bytes: this.#directory.readUInt32LE(at + 8),
      minNorm: this.#directory.readFloatLE(at + 12),
      rows: Math.min(TILE_ROWS, this.rows - tile * TILE_ROWS),
    };
    if (entry.bytes > 0 && entry.bytes < 8 * entry.rows + 4) throw damaged(`tile ${tile} is too short`, this.path);
    this.pages.requireInside(entry.at, entry.bytes);
    return entry;
  }

  #active(row: number): { latent: number; level: number }[] {
    const tile = this.tileEntry(Math.floor(row / TILE_ROWS));
    if (tile.bytes === 0) return [];
    const codes = 8 * tile.rows + 4;
    const place = this.pages.bytes(tile.at + 4 * tile.rows + 4 * (row % TILE_ROWS), 8);
    const [start, end] = [place.readUInt32LE(0), place.readUInt32LE(4)];
    if (start > end || codes + end > tile.bytes || end - start > 64 * PAGE_BYTES)
      throw damaged(`the code of row ${row}`, this.path);
    const reader = new VarintReader(this.pages.bytes(tile.at + codes + start, end - start));
    const active: { latent: number; level: number }[] = [];
    for (let next = 0; reader.at < end - start; ) {
      const latent = next + reader.varint();
      const level = reader.byte();
      if (!(latent < this.n && level > 0)) throw damaged(`the code of row ${row}`, this.path);
      active.push({ latent, level });
      next = latent + 1;
    }
    return active;
  }
}

function openFile(path: string): number {
  try {
    const file = openSync(path, 'r');
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch (cause) {
    const remedy = 'Check that it exists and is readable';
    throw new NadirError({ what: `cannot open (${messageOf(cause)})`, where: path, remedy, cause });
  }
  throw new NadirError({ what: 'not a file', where: path, remedy: 'Give the file of a code index' });
}
