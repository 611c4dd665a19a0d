/**
 * Image file directories of TIFF 6.0 and BigTIFF: tags and their values, each range checked against the file before it is read.
 */
import { NadirError } from '../base/index.ts';

/** Most directories in a file: a page a band. */
const MAX_DIRECTORIES = 4096;
const MAX_ENTRIES = 4096;
/** Most values of one tag: offsets of the tiles of the largest frame. */
const MAX_TAG_VALUES = 2 ** 22;

/** Bytes of the tag types that are read: numbers without sign or fraction, and text. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the values are. */
  readonly at: number;
}

/** One page of a TIFF. */
export class TiffDirectory {
  /** File and page, for errors. */
  readonly where: string;
  readonly #file: TiffFile;
  readonly #entries: ReadonlyMap<number, Entry>;

  constructor(file: TiffFile, entries: ReadonlyMap<number, Entry>, where: string) {
    this.#file = file;
    this.#entries = entries;
    this.where = where;
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** Whole numbers of a tag; undefined where it is missing. */
  numbers(tag: number): number[] | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    const size = SIZES[entry.type];
    if (size === undefined || entry.type === 2)
      throw this.#file.fail(`tag ${tag} has type ${entry.type} where a whole number is expected`, this.where);
    if (entry.count > MAX_TAG_VALUES) throw this.#file.fail(`tag ${tag} claims ${entry.count} values`, this.where);
    this.#file.need(entry.at, entry.count * size, `tag ${tag} of ${this.where}`);
    return Array.from({ length: entry.count }, (_, i) => this.#file.unsigned(entry.at + i * size, size));
  }

  /** One whole number of a tag, or `fallback` where it is missing. */
  number(tag: number, fallback?: number): number {
    const value = this.numbers(tag)?.[0] ?? fallback;
    if (value === undefined) throw this.#file.fail(`tag ${tag} is missing`, this.where);
    return value;
  }

  /** Text of a tag without its end mark; undefined where it is missing. */
  text(tag: number): string | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    if (entry.type !== 2) throw this.#file.fail(`tag ${tag} has type ${entry.type} where text is expected`, this.where);
    this.#file.need(entry.at, entry.count, `tag ${tag} of ${this.where}`);
    return this.#file.bytes.toString('latin1', entry.at, entry.at + entry.count).split('\0')[0];
  }
}

/** The bytes of a TIFF and what its first bytes say of them. */
export class TiffFile {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
  readonly where: string;
  readonly #big: boolean;

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.where = where;
    const order = this.bytes.toString('latin1', 0, 2);
    this.littleEndian = order === 'II';
    if (order !== 'II' && order !== 'MM') throw this.fail('not a TIFF', `${where} byte 0`);
    this.need(0, 8, 'the header');
    const version = this.unsigned(2, 2);
    this.#big = version === 43;
    if (version !== 42 && version !== 43) throw this.fail(`unknown TIFF version ${version}`, `${where} byte 2`);
    if (this.#big) {
      this.need(0, 16, 'the BigTIFF header');
      if (this.unsigned(4, 2) !== 8) throw this.fail('BigTIFF offsets are not of 8 bytes', `${where} byte 4`);
    }
  }

  fail(what: string, where: string): NadirError {
    return new NadirError({ what, where, remedy: 'Export the TIFF again; it may be cut off or damaged' });
  }

  /** Throws unless the file has these bytes. */
  need(at: number, length: number, part: string): void {
    if (at + length > this.bytes.length)
      throw this.fail(`${part} needs bytes ${at} … ${at + length} of a file of ${this.bytes.length}`, this.where);
  }

  unsigned(at: number, size: number): number {
    if (size === 8) return Number(this.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at));
    return this.littleEndian ? this.bytes.readUIntLE(at, size) : this.bytes.readUIntBE(at, size);
  }

  /** Every page, in the file's order. */
  directories(): TiffDirectory[] {
    const word = this.#big ? 8 : 4;
    const entryBytes = this.#big ? 20 : 12;
    const countBytes = this.#big ? 8 : 2;
    const found: TiffDirectory[] = [];
    const seen = new Set<number>();
    let at = this.unsigned(this.#big ? 8 : 4, word);
    while (at !== 0) {
      const where = `${this.where} page ${found.length + 1}`;
      if (seen.has(at)) throw this.fail('the pages go round in a circle', where);
      if (found.length >= MAX_DIRECTORIES) throw this.fail(`more than ${MAX_DIRECTORIES} pages`, where);
      seen.add(at);
      this.need(at, countBytes, where);
      const count = this.unsigned(at, countBytes);
      if (count > MAX_ENTRIES) throw this.fail(`${count} tags are too many`, where);
      this.need(at + countBytes, count * entryBytes + word, where);
      const entries = new Map<number, Entry>();
      for (let i = 0; i < count; i++) {
        const entry = at + countBytes + i * entryBytes;
        const type = this.unsigned(entry + 2, 2);
        const values = this.unsigned(entry + 4, word);
        const place = entry + 4 + word;
        const inside = values * (SIZES[type] ?? Number.POSITIVE_INFINITY) <= word;
        entries.set(this.unsigned(entry, 2), { type, count: values, at: inside ? place : this.unsigned(place, word) });
      }
      found.push(new TiffDirectory(this, entries, where));
      at = this.unsigned(at + countBytes + count * entryBytes, word);
    }
    if (found.length === 0) throw this.fail('the TIFF has no page', this.where);
    return found;
  }
}
