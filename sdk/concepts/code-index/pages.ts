/** The body of an index file, in pages that each have a CRC-32: written once from front to back, read by the page. */
import { readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { damaged, HEADER_BYTES, PAGE_BYTES, pagesOf } from './layout.ts';

const BUFFERED_PAGES = 32;
/** What a window reads at once where the next blocks will be wanted too. */
const WINDOW_PAGES = 4;

/** Writes the body behind the place of the header. */
export class PageWriter {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFERED_PAGES * PAGE_BYTES);
  #filled = 0;
  #written = 0;
  #crcs = new Uint32Array(1024);
  #pages = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** Bytes of the body so far: where the next ones go. */
  get position(): number {
    return this.#written + this.#filled;
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, this.#buffer.length - this.#filled);
      this.#buffer.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#buffer.length) this.#flush();
    }
  }

  /** Writes what is left and gives the CRC of each page. */
  finish(): Uint32Array {
    this.#flush();
    return this.#crcs.subarray(0, this.#pages);
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    for (let from = 0; from < bytes.length; from += PAGE_BYTES) {
      if (this.#pages === this.#crcs.length) {
        const more = new Uint32Array(2 * this.#pages);
        more.set(this.#crcs);
        this.#crcs = more;
      }
      this.#crcs[this.#pages++] = crc32(bytes.subarray(from, from + PAGE_BYTES));
    }
    writeWhole(this.#file, bytes, HEADER_BYTES + this.#written);
    this.#written += bytes.length;
    this.#filled = 0;
  }
}

/** Reads pages of the body; each is held against its CRC before any byte of it is used. */
export class PageReader {
  readonly path: string;
  readonly bodyBytes: number;
  readonly #file: number;
  readonly #crcs: Uint32Array;

  /** @param crcs of each page */
  constructor(file: number, path: string, bodyBytes: number, crcs: Uint32Array) {
    this.#file = file;
    this.path = path;
    this.bodyBytes = bodyBytes;
    this.#crcs = crcs;
  }

  /** The bytes [at, at + length) of the body, from pages read for them alone. */
  bytes(at: number, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0);
    this.requireInside(at, length);
    const first = Math.floor(at / PAGE_BYTES);
    const pages = pagesOf(at + length) - first;
    const buffer = Buffer.allocUnsafe(pages * PAGE_BYTES);
    this.readPages(first, pages, buffer);
    return buffer.subarray(at - first * PAGE_BYTES, at - first * PAGE_BYTES + length);
  }

  /** Reads `pages` pages into the front of a buffer; gives the bytes read: fewer where the body ends. */
  readPages(first: number, pages: number, into: Buffer): number {
    const start = first * PAGE_BYTES;
    const length = Math.min(pages * PAGE_BYTES, this.bodyBytes - start);
    if (readWhole(this.#file, into.subarray(0, length), HEADER_BYTES + start) !== length)
      throw damaged('it became shorter while it was read', this.path);
    for (let from = 0, page = first; from < length; from += PAGE_BYTES, page++) {
      if (crc32(into.subarray(from, Math.min(from + PAGE_BYTES, length))) !== this.#crcs[page])
        throw damaged(`page ${page} fails its checksum`, this.path);
    }
    return length;
  }

  requireInside(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.bodyBytes)) throw damaged('a place beyond its end', this.path);
  }
}

/** A stretch of the body that is kept for reads near each other: one posting list, or the codes of one tile. */
export class PageWindow {
  readonly #pages: PageReader;
  readonly #end: number;
  #from = 0;
  #to = 0;
  /** What was read last; `locate` says where in it. */
  buffer = Buffer.allocUnsafeSlow(0);

  /** @param end of the bytes that are asked for: nothing is read ahead past their last page */
  constructor(pages: PageReader, end: number) {
    this.#pages = pages;
    this.#end = end;
  }

  /** Where in `buffer` the bytes [at, at + length) lie; reads them where they are not there, and those behind them if `ahead`. */
  locate(at: number, length: number, ahead: boolean): number {
    if (at < this.#from || at + length > this.#to) this.#read(at, length, ahead);
    return at - this.#from;
  }

  #read(at: number, length: number, ahead: boolean): void {
    this.#pages.requireInside(at, length);
    const first = Math.floor(at / PAGE_BYTES);
    const needed = pagesOf(at + length) - first;
    const pages = ahead ? Math.max(needed, Math.min(WINDOW_PAGES, pagesOf(this.#end) - first)) : needed;
    if (this.buffer.length < pages * PAGE_BYTES) this.buffer = Buffer.allocUnsafeSlow(pages * PAGE_BYTES);
    // nothing stands in the window while a read may fail half-way
    this.#to = 0;
    this.#from = first * PAGE_BYTES;
    this.#to = this.#from + this.#pages.readPages(first, pages, this.buffer);
  }
}

/** Reads until the buffer is full or the file ends; gives the bytes read. */
export function readWhole(file: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const count = readSync(file, into, done, into.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

export function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}
