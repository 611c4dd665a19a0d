/**
 * Builds a code index from codes that come row by row, in bounded memory: tiles of 4,096 rows become posting blocks, blocks gather in a
 * segment up to the budget, segments spill and are merged at the end. The same codes give the same bytes, whatever the budget.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { messageOf, NadirError } from '../../base/index.ts';
import { TILE_ROWS } from './block.ts';
import {
  formatHeader,
  HEADER_BYTES,
  littleEndian,
  MAX_LATENTS,
  MAX_ROWS,
  PAGE_BYTES,
  TILE_ENTRY_BYTES,
  tilesOf,
} from './layout.ts';
import { DEFAULT_LOWEST_OCTAVE, levelValues, requireOctave } from './levels.ts';
import { mergeSegments } from './merge.ts';
import { PageWriter, writeWhole } from './pages.ts';
import { Segment, SpilledSegment } from './segment.ts';
import { offsetOf, Tile } from './tile.ts';

const DEFAULT_MEMORY_BYTES = 128 * 2 ** 20;
/** Less would only make more segments than are worth their reads. */
const MIN_MEMORY_BYTES = 64 * 1024;
const LEAST_SPILL_READ = 16 * 1024;
/** Most active latents of a row. */
const MAX_ACTIVE = 65_535;

/** The code of one row: its active latents, in any order, each once, and their activations; those not above 0 are not active. */
export interface RowCode {
  readonly row: number;
  readonly latents: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export interface IndexOptions {
  /** Latents of the dictionary. */
  readonly n: number;
  /**
   * What gathered blocks take at most before they spill, bytes; 128 MiB unless given. Beside it the build holds some 20 bytes for each active
   * latent of 4,096 rows, 80 bytes a latent of the dictionary, and 16 bytes for each 4,096 rows.
   */
  readonly memoryBytes?: number;
  /** Activations are kept from 2^lowestOctave up over 16 octaves (levels.ts); -8 unless given. */
  readonly lowestOctave?: number;
}

export interface IndexSummary {
  readonly rows: number;
  readonly postings: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Activations that lay beyond the levels: many of them say that `lowestOctave` does not suit. */
  readonly saturated: number;
  readonly segments: number;
}

/** Builds the index of a stream of codes, rows ascending; a row left out has no concepts. The file appears whole or not at all. */
export async function writeCodeIndex(
  path: string,
  codes: AsyncIterable<RowCode> | Iterable<RowCode>,
  options: IndexOptions,
): Promise<IndexSummary> {
  const writer = new CodeIndexWriter(path, options);
  try {
    if (Symbol.iterator in codes) for (const { row, latents, values } of codes) writer.add(row, latents, values);
    else for await (const { row, latents, values } of codes) writer.add(row, latents, values);
    return writer.finish();
  } catch (thrown) {
    writer.abandon();
    throw thrown;
  }
}

/** The builder behind `writeCodeIndex`, for callers that hand over codes themselves; end it with `finish` or `abandon`. */
export class CodeIndexWriter {
  readonly #path: string;
  readonly #beside: string;
  readonly #n: number;
  readonly #lowestOctave: number;
  readonly #memoryBytes: number;
  readonly #values: Float32Array;
  readonly #file: number;
  readonly #spill: number;
  readonly #body: PageWriter;
  readonly #tile: Tile;
  readonly #segment: Segment;
  /** Ends of the spilled segments in the spill file. */
  readonly #spilled: number[] = [];
  #tiles = Buffer.alloc(64 * TILE_ENTRY_BYTES);
  #tileNumber = 0;
  #rows = 0;
  #postings = 0;
  #open = true;

  constructor(path: string, options: IndexOptions) {
    const { n, memoryBytes = DEFAULT_MEMORY_BYTES, lowestOctave = DEFAULT_LOWEST_OCTAVE } = options;
    if (!Number.isInteger(n) || n < 1 || n > MAX_LATENTS) {
      const remedy = `Give a whole number from 1 to ${MAX_LATENTS}`;
      throw new NadirError({ what: `a dictionary of ${n} latents`, where: path, remedy });
    }
    requireOctave(lowestOctave);
    this.#path = path;
    this.#beside = `${path}.${process.pid}.partial`;
    this.#n = n;
    this.#lowestOctave = lowestOctave;
    this.#memoryBytes = Math.max(MIN_MEMORY_BYTES, memoryBytes);
    this.#values = levelValues(lowestOctave);
    this.#tile = new Tile(n, lowestOctave);
    this.#segment = new Segment(n, this.#memoryBytes);
    [this.#file, this.#spill] = this.#writing(() => {
      mkdirSync(dirname(path), { recursive: true });
      const file = openSync(this.#beside, 'w');
      const spillPath = `${this.#beside}-segments`;
      const spill = openSync(spillPath, 'w+');
      // it lives as long as it is open, so that nothing of it is left whatever happens
      rmSync(spillPath);
      return [file, spill];
    });
    this.#body = new PageWriter(this.#file);
  }

  /** Takes the next code. Rows ascend; NaN, infinite activations and latents beyond the dictionary are refused. */
  add(row: number, latents: ArrayLike<number>, values: ArrayLike<number>): void {
    this.#check(row, latents, values);
    const tileNumber = Math.floor(row / TILE_ROWS);
    while (this.#tileNumber < tileNumber) this.#closeTile(TILE_ROWS);
    this.#tile.add(offsetOf(row), latents, values);
    this.#rows = row + 1;
  }

  /** Merges the segments and puts the file in its place. */
  finish(): IndexSummary {
    const rows = this.#rows;
    if (this.#tileNumber < tilesOf(rows)) this.#closeTile(rows - this.#tileNumber * TILE_ROWS);
    return this.#writing(() => {
      this.#spillSegment();
      const latents = mergeSegments(this.#spilledSegments(), this.#n, this.#body);
      const directoryAt = this.#body.position;
      this.#body.append(latents);
      this.#body.append(this.#tiles.subarray(0, tilesOf(rows) * TILE_ENTRY_BYTES));
      const bodyBytes = this.#body.position;
      const pageCrcs = littleEndian(this.#body.finish());
      const [n, lowestOctave, postings] = [this.#n, this.#lowestOctave, this.#postings];
      const header = { n, rows, lowestOctave, postings, bodyBytes, directoryAt, pagesCrc: crc32(pageCrcs) };
      writeWhole(this.#file, pageCrcs, HEADER_BYTES + bodyBytes);
      writeWhole(this.#file, formatHeader(header), 0);
      fsyncSync(this.#file);
      this.#close();
      renameSync(this.#beside, this.#path);
      return {
        rows,
        postings,
        bytes: HEADER_BYTES + bodyBytes + pageCrcs.length,
        saturated: this.#tile.saturated,
        segments: this.#spilled.length,
      };
    });
  }

  /** Ends without a file. */
  abandon(): void {
    this.#close();
    rmSync(this.#beside, { force: true });
  }

  #check(row: number, latents: ArrayLike<number>, values: ArrayLike<number>): void {
    const fail = (what: string, remedy: string) => new NadirError({ what, where: `row ${row}, ${this.#path}`, remedy });
    if (!Number.isInteger(row) || row >= MAX_ROWS)
      throw fail('not a row number', `Count rows from 0 to ${MAX_ROWS - 1}`);
    if (row < this.#rows) throw fail(`it comes after row ${this.#rows - 1}`, 'Give rows in ascending order, each once');
    if (latents.length !== values.length || latents.length > MAX_ACTIVE)
      throw fail(`${latents.length} latents with ${values.length} activations`, `Give as many, at most ${MAX_ACTIVE}`);
    for (let i = 0; i < latents.length; i++) {
      if (!(Math.abs(values[i]) < Infinity))
        throw fail(`activation ${values[i]}`, 'Look for NaN or infinity in the data');
      if (!(latents[i] >= 0 && latents[i] < this.#n))
        throw fail(`latent ${latents[i]} of ${this.#n}`, 'Give the codes of the dictionary that the index is for');
    }
  }

  /** Turns the gathered codes into the tile's part of the body and its posting blocks. */
  #closeTile(rows: number): void {
    const tile = this.#tile;
    const entry = this.#tileNumber * TILE_ENTRY_BYTES;
    if (entry === this.#tiles.length) this.#tiles = Buffer.concat([this.#tiles], 2 * entry);
    if (tile.postings > 0) {
      const first = this.#tileNumber * TILE_ROWS;
      tile.sort((offset) => `row ${first + offset}, ${this.#path}`);
      const codes = tile.codesByRow(rows, this.#values);
      this.#writing(() => {
        if (!this.#segment.hasRoom(tile)) this.#spillSegment();
        this.#tiles.writeBigUInt64LE(BigInt(this.#body.position), entry);
        this.#body.append(codes.bytes);
      });
      this.#tiles.writeUInt32LE(codes.bytes.length, entry + 8);
      this.#tiles.writeFloatLE(codes.minNorm, entry + 12);
      this.#segment.add(this.#tileNumber, tile);
      this.#postings += tile.postings;
      tile.clear();
    }
    this.#tileNumber++;
  }

  #spillSegment(): void {
    if (!this.#segment.empty) this.#spilled.push(this.#segment.spill(this.#spill, this.#spilled.at(-1) ?? 0));
  }

  #spilledSegments(): SpilledSegment[] {
    const share = Math.floor(this.#memoryBytes / Math.max(1, this.#spilled.length));
    const bufferBytes = Math.max(LEAST_SPILL_READ, Math.min(32 * PAGE_BYTES, share));
    return this.#spilled.map(
      (end, i) => new SpilledSegment(this.#spill, i === 0 ? 0 : this.#spilled[i - 1], end, bufferBytes),
    );
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
    closeSync(this.#spill);
  }

  #writing<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (cause instanceof NadirError) throw cause;
      const remedy = 'Check that the folder is writable and the disk not full, or choose another place';
      throw new NadirError({ what: `cannot write (${messageOf(cause)})`, where: this.#path, remedy, cause });
    }
  }
}
