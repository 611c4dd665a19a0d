/**
 * The ground's half of custody on the way up: beacons, acknowledgements, requests to send again, and commands, each signed, bound to
 * its craft's topic and numbered. Any of them may be lost: beacons say again what the archive holds.
 */
import type { KeyObject } from 'node:crypto';
import {
  DICTIONARY,
  encodeUplink,
  type FieldValues,
  flattenRanges,
  RangeSet,
  type StreamRange,
  streamIndex,
  topicOf,
} from '../link/index.ts';
import type { UplinkCounter } from './counter.ts';
import type { Gap, GapLedger } from './ledger.ts';
import type { Source } from './source.ts';

/** Ranges of one message: keeps each far below the largest payload. */
const MOST_RANGES = 512;

/** Sends signed messages to the crafts of a mission, in the order of their counters. */
export class Custody {
  readonly #mission: string;
  readonly #key: KeyObject;
  readonly #counter: UplinkCounter;
  readonly #source: Source;
  #last: Promise<unknown> = Promise.resolve();

  constructor(mission: string, key: KeyObject, counter: UplinkCounter, source: Source) {
    this.#mission = mission;
    this.#key = key;
    this.#counter = counter;
    this.#source = source;
  }

  /** Signs and sends one command. Resolves to its counter, or undefined when no broker took it. */
  send(craft: string, command: string, args: FieldValues): Promise<number | undefined> {
    const sent = this.#last.then(async () => {
      if (!this.#source.connected) return undefined;
      const topic = topicOf({ mission: this.#mission, craft }, 'command');
      const counter = await this.#counter.next();
      const bytes = encodeUplink(DICTIONARY, topic, { counter, command, args }, this.#key);
      return this.#source.publish(topic, bytes) ? counter : undefined;
    });
    this.#last = sent.catch(() => {}); // a failure is the caller's; the next message still goes
    return sent;
  }

  /** Says that the ground listens and what of these boots it holds for good. `session` names this run on this connection. */
  async beacon(craft: string, session: number, held: readonly StreamRange[]): Promise<void> {
    await this.send(craft, 'beacon', { session, ranges: flattenRanges(held.slice(0, MOST_RANGES)) });
    await this.#sendRanges(craft, 'acknowledge', held.slice(MOST_RANGES));
  }

  /** Acknowledges frames that the archive has committed. */
  acknowledge(craft: string, ranges: readonly StreamRange[]): Promise<void> {
    return this.#sendRanges(craft, 'acknowledge', ranges);
  }

  /** Asks for missing frames. One message, however long the list: the rest is asked for later. False when it did not leave. */
  async resend(craft: string, ranges: readonly StreamRange[]): Promise<boolean> {
    const flat = flattenRanges(ranges.slice(0, MOST_RANGES));
    return (await this.send(craft, 'resend', { ranges: flat })) !== undefined;
  }

  async #sendRanges(craft: string, command: string, ranges: readonly StreamRange[]): Promise<void> {
    for (let i = 0; i < ranges.length; i += MOST_RANGES) {
      await this.send(craft, command, { ranges: flattenRanges(ranges.slice(i, i + MOST_RANGES)) });
    }
  }
}

/** Frames as ranges, per boot and stream. */
export function rangesOf(frames: Iterable<{ boot: number; stream: string; sequence: number }>): StreamRange[] {
  const sets = new Map<string, { boot: number; stream: number; set: RangeSet }>();
  for (const { boot, stream, sequence } of frames) {
    const id = `${boot}/${stream}`;
    let entry = sets.get(id);
    if (!entry) {
      entry = { boot, stream: streamIndex(DICTIONARY, stream), set: new RangeSet() };
      sets.set(id, entry);
    }
    entry.set.add(sequence);
  }
  return [...sets.values()].flatMap(({ boot, stream, set }) => set.ranges.map((range) => ({ boot, stream, ...range })));
}

/** What the archive holds of some boots of a craft. */
export function heldRanges(ledger: GapLedger, craft: string, boots: ReadonlySet<number>): StreamRange[] {
  const held: StreamRange[] = [];
  for (const { key, arrived } of ledger.streams) {
    if (key.craft !== craft || !boots.has(key.boot)) continue;
    const stream = streamIndex(DICTIONARY, key.stream);
    for (const range of arrived.ranges) held.push({ boot: key.boot, stream, ...range });
  }
  return held;
}

/** The frames that are still missing of some gaps, and the gaps they belong to, as many as one message holds. */
export function missingRanges(ledger: GapLedger, gaps: readonly Gap[]): { ranges: StreamRange[]; gaps: Gap[] } {
  const ranges: StreamRange[] = [];
  const covered: Gap[] = [];
  for (const gap of gaps) {
    if (ranges.length >= MOST_RANGES) break;
    const stream = streamIndex(DICTIONARY, gap.stream);
    const holes = ledger.of(gap).settled.missing(gap.first, gap.last);
    for (const hole of holes) ranges.push({ boot: gap.boot, stream, first: hole.first, last: hole.last });
    covered.push(gap);
  }
  return { ranges: ranges.slice(0, MOST_RANGES), gaps: covered };
}
