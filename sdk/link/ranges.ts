/** Sets of whole numbers as sorted, disjoint, closed ranges: what has arrived, what is missing, what may be deleted. */

/** first … last, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** A growing set of sequence numbers. */
export class RangeSet {
  #ranges: Range[] = [];

  /** The ranges, ascending, none touching another. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** How many numbers it holds. */
  get size(): number {
    return this.#ranges.reduce((total, { first, last }) => total + last - first + 1, 0);
  }

  /** Largest number, or 0 for an empty set. */
  get last(): number {
    return this.#ranges.at(-1)?.last ?? 0;
  }

  has(value: number): boolean {
    return this.rangeOf(value) !== undefined;
  }

  /** The range that holds a number, or undefined. */
  rangeOf(value: number): Range | undefined {
    const at = this.#firstEndingAtOrAfter(value);
    return at < this.#ranges.length && this.#ranges[at].first <= value ? this.#ranges[at] : undefined;
  }

  /** Adds first … last and returns how many of them are new. */
  add(first: number, last: number = first): number {
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first) {
      throw new RangeError(`not a range: ${first} to ${last}`);
    }
    const start = this.#firstEndingAtOrAfter(first - 1);
    let end = start;
    let low = first;
    let high = last;
    let known = 0;
    while (end < this.#ranges.length && this.#ranges[end].first <= last + 1) {
      const range = this.#ranges[end++];
      known += Math.max(0, Math.min(range.last, last) - Math.max(range.first, first) + 1);
      low = Math.min(low, range.first);
      high = Math.max(high, range.last);
    }
    this.#ranges.splice(start, end - start, { first: low, last: high });
    return last - first + 1 - known;
  }

  /** The ranges of `first … last` that are not in the set. */
  missing(first: number, last: number): Range[] {
    const gaps: Range[] = [];
    let next = first;
    for (let at = this.#firstEndingAtOrAfter(first); at < this.#ranges.length && this.#ranges[at].first <= last; at++) {
      if (this.#ranges[at].first > next) gaps.push({ first: next, last: this.#ranges[at].first - 1 });
      next = this.#ranges[at].last + 1;
    }
    if (next <= last) gaps.push({ first: next, last });
    return gaps;
  }

  #firstEndingAtOrAfter(value: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle].last < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Ranges of one stream of one boot, as acknowledgements carry them. */
export interface StreamRange extends Range {
  readonly boot: number;
  /** Index of the stream in the dictionary. */
  readonly stream: number;
}

/** Flat list for the wire: boot, stream index, first, last, and so on. */
export function flattenRanges(ranges: readonly StreamRange[]): number[] {
  return ranges.flatMap(({ boot, stream, first, last }) => [boot, stream, first, last]);
}

/** Ranges of a flat list, or undefined when it is not one. */
export function unflattenRanges(flat: readonly number[]): StreamRange[] | undefined {
  if (flat.length % 4 !== 0) return undefined;
  const ranges: StreamRange[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    const [boot, stream, first, last] = flat.slice(i, i + 4);
    if (boot < 1 || first < 1 || last < first) return undefined;
    ranges.push({ boot, stream, first, last });
  }
  return ranges;
}
