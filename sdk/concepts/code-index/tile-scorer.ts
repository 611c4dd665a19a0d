/** Scores the rows of one tile at a time: each concept's postings in turn, added to a row of sums. Allocates nothing per posting. */
import { TILE_ROWS } from './block.ts';
import type { CodeIndex, TileEntry } from './code-index.ts';
import { PageWindow } from './pages.ts';
import type { PostingList } from './posting-list.ts';
import type { CheckedTerm, Score } from './query.ts';
import type { TopHits } from './top-hits.ts';

/** Mark of a row that has a concept that hits must lack: no count of concepts reaches it. */
const LACKING = 65_535;

/** A term made ready. */
export interface OpenTerm {
  readonly must: CheckedTerm['must'];
  readonly weight: number;
  /** weight · activation by level [256]. */
  readonly gains: Float64Array;
  readonly lists: readonly PostingList[];
}

export class TileScorer {
  readonly #index: CodeIndex;
  readonly #terms: readonly OpenTerm[];
  readonly #score: Score;
  /** Concepts that a hit must have; without any, one of positive weight stands for them. */
  readonly #needed: number;
  readonly #anyPositive: boolean;
  readonly #length: number;
  readonly #norms: PageWindow;
  readonly #sums = new Float64Array(TILE_ROWS);
  /** Required concepts that a row has so far. */
  readonly #marks = new Uint16Array(TILE_ROWS);
  readonly #candidates = new Uint16Array(TILE_ROWS);
  // rows that have the term at hand, and what it adds to each
  readonly #offsets = new Uint16Array(TILE_ROWS);
  readonly #gains = new Float64Array(TILE_ROWS);
  // for terms of several latents: the sum of a row's activations
  readonly #plane = new Float64Array(TILE_ROWS);
  readonly #merged = new Uint16Array(TILE_ROWS);

  /** @param length of the weights as a vector, for the cosine */
  constructor(index: CodeIndex, terms: readonly OpenTerm[], score: Score, length: number) {
    this.#index = index;
    this.#terms = terms;
    this.#score = score;
    const had = terms.filter(({ must }) => must === 'have').length;
    this.#anyPositive = had === 0;
    this.#needed = Math.max(1, had);
    this.#length = length;
    this.#norms = new PageWindow(index.pages, index.pages.bodyBytes);
  }

  /** Offers every hit of a tile. `ahead`: the tiles behind it come next. */
  score(tile: number, top: TopHits, ahead: boolean): void {
    const [sums, marks, candidates] = [this.#sums, this.#marks, this.#candidates];
    sums.fill(this.#score === 'weakest' ? Number.POSITIVE_INFINITY : 0);
    marks.fill(0);
    let had = 0;
    let found = 0;
    for (const term of this.#terms) {
      const { must, weight } = term;
      const count = this.#gather(term, tile, ahead);
      if (must === 'lack') this.#exclude(count);
      else if (must === 'have') {
        found = this.#score === 'weakest' ? this.#weaken(count, had) : this.#require(count, had);
        had++;
      } else if (this.#anyPositive && weight > 0) found = this.#admit(count, found);
      else this.#add(count);
    }
    const first = tile * TILE_ROWS;
    const needed = this.#needed;
    if (this.#score === 'cosine') this.#offerCosines(tile, found, top);
    else {
      let threshold = top.threshold;
      for (let i = 0; i < found; i++) {
        const offset = candidates[i];
        if (marks[offset] !== needed || sums[offset] < threshold) continue;
        top.offer(sums[offset], first + offset);
        threshold = top.threshold;
      }
    }
  }

  /** Score of a sum by the norm of a row's code, or of the smallest norm of a tile. */
  cosine(sum: number, norm: number): number {
    return sum / (norm * this.#length);
  }

  #offerCosines(tile: number, found: number, top: TopHits): void {
    const entry: TileEntry = this.#index.tileEntry(tile);
    const from = this.#norms.locate(entry.at, 4 * entry.rows, false);
    const { buffer } = this.#norms;
    const norms = new DataView(buffer.buffer, buffer.byteOffset + from, 4 * entry.rows);
    for (let i = 0; i < found; i++) {
      const offset = this.#candidates[i];
      if (this.#marks[offset] !== this.#needed) continue;
      const score = this.cosine(this.#sums[offset], norms.getFloat32(4 * offset, true));
      top.offer(score, tile * TILE_ROWS + offset);
    }
  }

  /** Rows of the tile that have a concept, and what it adds to each; gives how many. */
  #gather({ lists, gains: byLevel, weight }: OpenTerm, tile: number, ahead: boolean): number {
    if (lists.length > 1) return this.#merge(lists, weight, tile, ahead);
    const [list] = lists;
    const block = list.blockOf(tile);
    if (block < 0) return 0;
    const levelsAt = list.read(block, this.#offsets, ahead);
    const { bytes } = list;
    const gains = this.#gains;
    const count = list.counts[block];
    for (let i = 0; i < count; i++) gains[i] = byLevel[bytes[levelsAt + i]];
    return count;
  }

  #merge(lists: readonly PostingList[], weight: number, tile: number, ahead: boolean): number {
    const [offsets, plane, merged, gains] = [this.#offsets, this.#plane, this.#merged, this.#gains];
    const { values } = this.#index;
    let found = 0;
    for (const list of lists) {
      const block = list.blockOf(tile);
      if (block < 0) continue;
      const levelsAt = list.read(block, offsets, ahead);
      const { bytes } = list;
      for (let i = 0; i < list.counts[block]; i++) {
        const offset = offsets[i];
        if (plane[offset] === 0) merged[found++] = offset;
        plane[offset] += values[bytes[levelsAt + i]];
      }
    }
    for (let i = 0; i < found; i++) {
      const offset = merged[i];
      gains[i] = weight * plane[offset];
      offsets[i] = offset;
      plane[offset] = 0;
    }
    return found;
  }

  /** Adds a required concept to the rows that had all before it; those are the candidates. */
  #require(count: number, had: number): number {
    const [offsets, gains, sums, marks] = [this.#offsets, this.#gains, this.#sums, this.#marks];
    const candidates = this.#candidates;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i];
      if (marks[offset] !== had) continue;
      marks[offset] = had + 1;
      sums[offset] += gains[i];
      candidates[found++] = offset;
    }
    return found;
  }

  /** As `#require`, for the weakest concept. */
  #weaken(count: number, had: number): number {
    const [offsets, gains, sums, marks] = [this.#offsets, this.#gains, this.#sums, this.#marks];
    const candidates = this.#candidates;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i];
      if (marks[offset] !== had) continue;
      marks[offset] = had + 1;
      sums[offset] = Math.min(sums[offset], gains[i]);
      candidates[found++] = offset;
    }
    return found;
  }

  /** Adds a concept, any of which makes a row a candidate. */
  #admit(count: number, candidatesSoFar: number): number {
    const [offsets, gains, sums, marks] = [this.#offsets, this.#gains, this.#sums, this.#marks];
    const candidates = this.#candidates;
    let found = candidatesSoFar;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i];
      sums[offset] += gains[i];
      if (marks[offset] !== 0) continue;
      marks[offset] = 1;
      candidates[found++] = offset;
    }
    return found;
  }

  /** Adds a concept that makes no row a candidate. */
  #add(count: number): void {
    const [offsets, gains, sums] = [this.#offsets, this.#gains, this.#sums];
    for (let i = 0; i < count; i++) sums[offsets[i]] += gains[i];
  }

  #exclude(count: number): void {
    const [offsets, marks] = [this.#offsets, this.#marks];
    for (let i = 0; i < count; i++) marks[offsets[i]] = LACKING;
  }
}
