/** What the store has to tell the ground besides frames: how far each stream was numbered, and what had to go unsent. */
import { RangeSet, type StreamRange } from '../link/index.ts';
import type { FrameKey, Tables } from './store-layout.ts';

/** Last sequence given in a stream of a boot: that many frames were produced. */
export interface Extent {
  readonly boot: number;
  /** Index of the stream in the dictionary. */
  readonly stream: number;
  readonly last: number;
}

/** Extents and drops, in memory and in the table `meta`. Changes belong into the caller's transaction. */
export class StoreLedger {
  readonly #meta: Tables['meta'];
  readonly #extents = new Map<number, Map<number, number>>();
  readonly #dropped = new Map<number, Map<number, RangeSet>>();

  constructor({ meta }: Tables) {
    this.#meta = meta;
  }

  /** Reads everything again from disk. */
  load(): void {
    this.#extents.clear();
    this.#dropped.clear();
    for (const { boot, stream, last } of readExtents(this.#meta)) {
      within(this.#extents, boot, () => new Map<number, number>()).set(stream, last);
    }
    for (const range of readDropped(this.#meta)) this.#droppedOf(range).add(range.first, range.last);
  }

  /** Gives the next sequence of a stream. */
  nextSequence(boot: number, stream: number): number {
    const streams = within(this.#extents, boot, () => new Map<number, number>());
    const sequence = (streams.get(stream) ?? 0) + 1;
    streams.set(stream, sequence);
    this.#meta.putSync(['extent', boot, stream], sequence);
    return sequence;
  }

  /** Remembers that a frame went unsent. */
  addDropped({ boot, stream, sequence }: FrameKey): void {
    const set = this.#droppedOf({ boot, stream });
    set.add(sequence);
    const { first, last } = set.rangeOf(sequence) ?? { first: sequence, last: sequence };
    this.#meta.putSync(['dropped', boot, stream, first], last);
    // the neighbour above has become part of this range
    if (last > sequence) this.#meta.removeSync(['dropped', boot, stream, sequence + 1]);
  }

  /** Last sequence given per boot and stream, newest boot first. */
  extents(limit: number): Extent[] {
    return [...this.#extents]
      .sort(([a], [b]) => b - a)
      .flatMap(([boot, streams]) => [...streams].map(([stream, last]) => ({ boot, stream, last })))
      .slice(0, limit);
  }

  /** Ranges that went unsent, those that touch `asked` first, then newest boot first. */
  dropped(limit: number, asked: readonly StreamRange[]): StreamRange[] {
    const first: StreamRange[] = [];
    const rest: StreamRange[] = [];
    for (const [boot, streams] of [...this.#dropped].sort(([a], [b]) => b - a)) {
      for (const [stream, set] of streams) {
        const wanted = asked.filter((range) => range.boot === boot && range.stream === stream);
        for (const range of set.ranges) {
          const touches = wanted.some((want) => want.first <= range.last && range.first <= want.last);
          (touches ? first : rest).push({ boot, stream, ...range });
        }
      }
    }
    return [...first, ...rest].slice(0, limit);
  }

  hasDropped({ boot, stream, first, last }: StreamRange): boolean {
    const set = this.#dropped.get(boot)?.get(stream);
    if (!set) return false;
    const missing = set.missing(first, last);
    return missing.length !== 1 || missing[0].first !== first || missing[0].last !== last;
  }

  /** Forgets a stream of a boot. */
  forget(boot: number, stream: number): void {
    this.#meta.removeSync(['extent', boot, stream]);
    for (const { first } of this.#dropped.get(boot)?.get(stream)?.ranges ?? []) {
      this.#meta.removeSync(['dropped', boot, stream, first]);
    }
    this.#extents.get(boot)?.delete(stream);
    this.#dropped.get(boot)?.delete(stream);
  }

  #droppedOf({ boot, stream }: { boot: number; stream: number }): RangeSet {
    return within(
      within(this.#dropped, boot, () => new Map<number, RangeSet>()),
      stream,
      () => new RangeSet(),
    );
  }
}

/** Last sequence given per boot and stream, from disk. */
export function readExtents(meta: Tables['meta']): Extent[] {
  return Array.from(meta.getRange({ start: ['extent'], end: ['extent', '\uffff'] }), ({ key, value }) => {
    const [, boot, stream] = key as [string, number, number];
    return { boot, stream, last: value as number };
  });
}

/** Ranges that went unsent, from disk. */
export function readDropped(meta: Tables['meta']): StreamRange[] {
  return Array.from(meta.getRange({ start: ['dropped'], end: ['dropped', '\uffff'] }), ({ key, value }) => {
    const [, boot, stream, first] = key as [string, number, number, number];
    return { boot, stream, first, last: value as number };
  });
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
