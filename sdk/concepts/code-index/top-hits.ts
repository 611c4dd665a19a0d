/** The best hits so far: a heap with the worst on top. Higher scores are better, then lower rows. */

export interface CodeHit {
  readonly row: number;
  readonly score: number;
}

export class TopHits {
  readonly #scores: Float64Array;
  readonly #rows: Float64Array;
  #count = 0;

  constructor(limit: number) {
    this.#scores = new Float64Array(limit);
    this.#rows = new Float64Array(limit);
  }

  /** No hit below this score gets in any more. */
  get threshold(): number {
    return this.#count < this.#scores.length ? Number.NEGATIVE_INFINITY : this.#scores[0];
  }

  /** Whether a hit would get in. */
  admits(score: number, row: number): boolean {
    if (this.#count < this.#scores.length) return true;
    return score > this.#scores[0] || (score === this.#scores[0] && row < this.#rows[0]);
  }

  offer(score: number, row: number): void {
    if (!this.admits(score, row)) return;
    if (this.#count < this.#scores.length) this.#rise(this.#count++, score, row);
    else this.#sink(score, row);
  }

  /** All hits, best first. */
  sorted(): CodeHit[] {
    const hits = Array.from({ length: this.#count }, (_, i) => ({ row: this.#rows[i], score: this.#scores[i] }));
    return hits.sort((a, b) => b.score - a.score || a.row - b.row);
  }

  #rise(from: number, score: number, row: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#worse(score, row, this.#scores[parent], this.#rows[parent])) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#scores[at] = score;
    this.#rows[at] = row;
  }

  /** Puts a hit in the place of the worst. */
  #sink(score: number, row: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      const other = child + 1;
      if (
        other < this.#count &&
        this.#worse(this.#scores[other], this.#rows[other], this.#scores[child], this.#rows[child])
      )
        child = other;
      if (!this.#worse(this.#scores[child], this.#rows[child], score, row)) break;
      this.#move(child, at);
      at = child;
    }
    this.#scores[at] = score;
    this.#rows[at] = row;
  }

  #move(from: number, to: number): void {
    this.#scores[to] = this.#scores[from];
    this.#rows[to] = this.#rows[from];
  }

  #worse(score: number, row: number, otherScore: number, otherRow: number): boolean {
    return score < otherScore || (score === otherScore && row > otherRow);
  }
}
