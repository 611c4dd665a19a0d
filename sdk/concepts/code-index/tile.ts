/** The codes of one tile while they are gathered: in by row, out by latent (the posting blocks) and by row with ascending latents. */
import { NadirError } from '../../base/index.ts';
import { TILE_ROWS } from './block.ts';
import { LEVELS, unboundedLevel } from './levels.ts';
import { MAX_VARINT_BYTES, writeVarint } from './varint.ts';

/** Postings that a tile has room for at first. */
const FIRST_CAPACITY = 64 * 1024;

export class Tile {
  /** Activations that lay beyond the levels and were held to the first or the last. */
  saturated = 0;
  /** Active latents of all rows so far. */
  postings = 0;
  /** Where each latent's postings begin in `offsets` and `levels`, after `sort`; [n + 1]. */
  readonly starts: Uint32Array;
  /** Rows in the tile, by latent, ascending in each. */
  offsets = new Uint16Array(FIRST_CAPACITY);
  levels = new Uint8Array(FIRST_CAPACITY);
  readonly #n: number;
  readonly #lowestOctave: number;
  // as they came: by row
  #givenLatents = new Uint32Array(FIRST_CAPACITY);
  #givenOffsets = new Uint16Array(FIRST_CAPACITY);
  #givenLevels = new Uint8Array(FIRST_CAPACITY);
  readonly #next: Uint32Array;

  constructor(n: number, lowestOctave: number) {
    this.#n = n;
    this.#lowestOctave = lowestOctave;
    this.starts = new Uint32Array(n + 1);
    this.#next = new Uint32Array(n);
  }

  /** Takes the code of a row (its offset in the tile). Activations that are not above 0 are none. */
  add(offset: number, latents: ArrayLike<number>, values: ArrayLike<number>): void {
    if (this.postings + latents.length > this.#givenLatents.length) this.#grow(this.postings + latents.length);
    for (let i = 0; i < latents.length; i++) {
      const value = values[i];
      if (value <= 0) continue;
      let level = unboundedLevel(value, this.#lowestOctave);
      if (level < 1 || level >= LEVELS) {
        this.saturated++;
        level = level < 1 ? 1 : LEVELS - 1;
      }
      const at = this.postings++;
      this.#givenLatents[at] = latents[i];
      this.#givenOffsets[at] = offset;
      this.#givenLevels[at] = level;
    }
  }

  /** Orders the postings by latent, then row (a counting sort). `where` names the row in the error for a latent that it names twice. */
  sort(where: (offset: number) => string): void {
    const { starts, offsets, levels } = this;
    const [latents, given] = [this.#givenLatents, this.#givenOffsets];
    starts.fill(0);
    for (let i = 0; i < this.postings; i++) starts[latents[i] + 1]++;
    for (let latent = 0; latent < this.#n; latent++) starts[latent + 1] += starts[latent];
    const next = this.#next;
    next.set(starts.subarray(0, this.#n));
    for (let i = 0; i < this.postings; i++) {
      const latent = latents[i];
      const at = next[latent]++;
      if (at > starts[latent] && offsets[at - 1] === given[i]) {
        const remedy = 'Give each latent of a row once';
        throw new NadirError({ what: `latent ${latent} stands twice`, where: where(given[i]), remedy });
      }
      offsets[at] = given[i];
      levels[at] = this.#givenLevels[i];
    }
  }

  /**
   * After `sort`: the codes by row, as the file has them: norms f32 [rows], starts u32 [rows + 1], then each row's latents ascending, a
   * gap (varint; latents left out) and a level each. The bytes stay the caller's.
   */
  codesByRow(rows: number, values: Float32Array): { bytes: Uint8Array; minNorm: number } {
    // back from latents to rows; what was given is no longer needed, so its arrays hold the result
    const [byRowLatent, byRowLevel] = [this.#givenLatents, this.#givenLevels];
    const ends = new Uint32Array(rows + 1);
    for (let i = 0; i < this.postings; i++) ends[this.offsets[i]]++;
    for (let row = 0, sum = 0; row < rows; row++) {
      const count = ends[row];
      ends[row] = sum;
      sum += count;
    }
    for (let latent = 0; latent < this.#n; latent++) {
      for (let i = this.starts[latent]; i < this.starts[latent + 1]; i++) {
        const at = ends[this.offsets[i]]++;
        byRowLatent[at] = latent;
        byRowLevel[at] = this.levels[i];
      }
    }
    const head = 8 * rows + 4;
    const bytes = new Uint8Array(head + this.postings * (MAX_VARINT_BYTES + 1));
    const view = new DataView(bytes.buffer);
    let end = head;
    let minNorm = Number.POSITIVE_INFINITY;
    for (let row = 0, i = 0; row < rows; row++) {
      view.setUint32(4 * rows + 4 * row, end - head, true);
      let square = 0;
      for (let next = 0; i < ends[row]; i++) {
        end = writeVarint(byRowLatent[i] - next, bytes, end);
        next = byRowLatent[i] + 1;
        bytes[end++] = byRowLevel[i];
        square += values[byRowLevel[i]] ** 2;
      }
      const norm = Math.fround(Math.sqrt(square));
      view.setFloat32(4 * row, norm, true);
      if (norm > 0 && norm < minNorm) minNorm = norm;
    }
    view.setUint32(8 * rows, end - head, true);
    return { bytes: bytes.subarray(0, end), minNorm };
  }

  clear(): void {
    this.postings = 0;
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.ceil(1.5 * this.#givenLatents.length));
    const enlarge = <T extends Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T => {
      to.set(from.subarray(0, this.postings));
      return to;
    };
    this.#givenLatents = enlarge(this.#givenLatents, new Uint32Array(capacity));
    this.#givenOffsets = enlarge(this.#givenOffsets, new Uint16Array(capacity));
    this.#givenLevels = enlarge(this.#givenLevels, new Uint8Array(capacity));
    this.offsets = new Uint16Array(capacity);
    this.levels = new Uint8Array(capacity);
  }
}

/** Offset in the tile of a row. */
export function offsetOf(row: number): number {
  return row % TILE_ROWS;
}
