/**
 * The gap ledger: what has arrived of every stream of every boot, what must exist, and each hole between as an object that is open,
 * asked for, filled, or expired. A hole becomes a gap only once the craft has gone quiet: until then it is reordering.
 */
import { type Range, RangeSet } from '../link/index.ts';

/** State of a gap. Expired: the craft reported that it dropped the frames. */
export type GapState = 'open' | 'asked' | 'filled' | 'expired';

/** Frames of one stream and boot that were missing when the craft went quiet. */
export interface Gap extends Range {
  readonly id: number;
  readonly craft: string;
  readonly boot: number;
  readonly stream: string;
  readonly state: GapState;
  /** How many of them are still missing. */
  readonly missing: number;
  readonly openedMs: number;
  /** How often they were asked for. */
  readonly asks: number;
  readonly askedMs: number | null;
  readonly closedMs: number | null;
}

/** A stream of one boot of one craft. */
export interface StreamKey {
  readonly craft: string;
  readonly boot: number;
  readonly stream: string;
}

/** What the ledger knows of one stream of one boot. */
export class StreamLedger {
  readonly key: StreamKey;
  /** Sequences in the archive. */
  readonly arrived = new RangeSet();
  /** Sequences in the archive or reported dropped. */
  readonly settled = new RangeSet();
  /** Highest sequence that is known to exist. */
  expected = 0;
  /** Gaps that are open or asked. */
  unfinished: Gap[] = [];
  /** True when something came since the gaps were last looked at. */
  touched = false;

  constructor(key: StreamKey) {
    this.key = key;
  }

  /** Frames that must exist and are neither here nor dropped. */
  get missing(): number {
    return total(this.settled.missing(1, this.expected));
  }

  /** Frames reported dropped. */
  get expired(): number {
    return this.settled.size - this.arrived.size;
  }
}

/** The ledger of a mission. Changes go to the archive by `takeChanged`. */
export class GapLedger {
  readonly #streams = new Map<string, StreamLedger>();
  readonly #changed = new Map<number, Gap>();
  #nextId: number;

  /** Ids of new gaps begin at `nextId`. */
  constructor(nextId = 1) {
    this.#nextId = nextId;
  }

  /** Every stream, in order of first mention. */
  get streams(): Iterable<StreamLedger> {
    return this.#streams.values();
  }

  /** The ledger of a stream, made when new. */
  of(key: StreamKey): StreamLedger {
    const id = `${key.craft}/${key.boot}/${key.stream}`;
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = new StreamLedger({ craft: key.craft, boot: key.boot, stream: key.stream });
      this.#streams.set(id, stream);
    }
    return stream;
  }

  /** Whether a frame is in the archive. */
  has(key: StreamKey, sequence: number): boolean {
    return this.#streams.get(`${key.craft}/${key.boot}/${key.stream}`)?.arrived.has(sequence) ?? false;
  }

  /** Frames first … last are in the archive. */
  arrive(key: StreamKey, first: number, last: number = first): void {
    const stream = this.of(key);
    stream.arrived.add(first, last);
    stream.settled.add(first, last);
    stream.expected = Math.max(stream.expected, last);
    stream.touched = true;
  }

  /** The craft has given sequences up to `last`. */
  expect(key: StreamKey, last: number): void {
    if (last < 1) return;
    const stream = this.of(key);
    stream.expected = Math.max(stream.expected, last);
  }

  /** The craft dropped first … last unsent. */
  expire(key: StreamKey, first: number, last: number): void {
    const stream = this.of(key);
    stream.settled.add(first, last);
    stream.expected = Math.max(stream.expected, last);
    stream.touched = true;
  }

  /** Takes up a gap that an earlier run of the ground left unfinished. */
  resume(gap: Gap): void {
    const stream = this.of(gap);
    stream.unfinished.push(gap);
    stream.touched = true;
    this.#nextId = Math.max(this.#nextId, gap.id + 1);
  }

  /** Brings the unfinished gaps up to date with what has come. */
  settle(nowMs: number): void {
    for (const stream of this.#streams.values()) {
      if (!stream.touched) continue;
      stream.touched = false;
      const left: Gap[] = [];
      for (const gap of stream.unfinished) {
        const missing = total(stream.settled.missing(gap.first, gap.last));
        const filled = stream.arrived.missing(gap.first, gap.last).length === 0;
        if (missing === gap.missing) left.push(gap);
        else if (missing > 0) left.push(this.#note({ ...gap, missing }));
        else this.#note({ ...gap, missing, state: filled ? 'filled' : 'expired', closedMs: nowMs });
      }
      stream.unfinished = left;
    }
  }

  /** Declares the holes of a quiet craft as gaps. */
  declare(craft: string, nowMs: number): void {
    this.settle(nowMs);
    for (const stream of this.#streams.values()) {
      if (stream.key.craft !== craft) continue;
      const covered = new RangeSet();
      for (const { first, last } of stream.unfinished) covered.add(first, last);
      for (const hole of stream.settled.missing(1, stream.expected)) {
        for (const { first, last } of covered.missing(hole.first, hole.last)) {
          const gap: Gap = {
            ...{ id: this.#nextId++, ...stream.key, first, last, state: 'open', missing: last - first + 1 },
            ...{ openedMs: nowMs, asks: 0, askedMs: null, closedMs: null },
          };
          stream.unfinished.push(this.#note(gap));
        }
      }
    }
  }

  /** Marks gaps as asked for. */
  asked(gaps: readonly Gap[], nowMs: number): void {
    const ids = new Set(gaps.map(({ id }) => id));
    for (const stream of this.#streams.values()) {
      stream.unfinished = stream.unfinished.map((gap) =>
        ids.has(gap.id) ? this.#note({ ...gap, state: 'asked', asks: gap.asks + 1, askedMs: nowMs }) : gap,
      );
    }
  }

  /** Unfinished gaps of a craft, oldest boot first. */
  unfinished(craft: string): Gap[] {
    return [...this.#streams.values()]
      .filter(({ key }) => key.craft === craft)
      .flatMap((stream) => stream.unfinished)
      .sort((a, b) => a.boot - b.boot || a.id - b.id);
  }

  /** Gaps that changed since the last call, to be written with the next commit. */
  takeChanged(): Gap[] {
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  /** True when `takeChanged` would give something. */
  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  #note(gap: Gap): Gap {
    this.#changed.set(gap.id, gap);
    return gap;
  }
}

function total(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
