/**
 * The ground half of the custody protocol: verify, drop what is there already, order, commit, and only then acknowledge. One loop does
 * it all, so that nothing is ever acknowledged, asked for or announced beside a commit that is still under way.
 */
import { messageOf, type Progress } from '../base/index.ts';
import type { ArchiveWriter, Batch, FrameKey } from './archive.ts';
import type { Craft } from './craft.ts';
import { type Custody, heldRanges, missingRanges, rangesOf } from './custody.ts';
import type { Gap } from './ledger.ts';
import { birthKey, craftOf, expectAll, type Recalled } from './recall.ts';
import { type Sorted, sortMessages } from './sort.ts';
import type { Source } from './source.ts';
import { droppedOf, extentsOf, type ReceivedFrame } from './verify.ts';

/** Rhythm of the protocol. */
export interface Timing {
  /** Between two beacons to a craft whose link is up. */
  readonly beaconMs: number;
  /** How long a craft must be quiet before what is missing counts as a gap, and the least time between two requests. */
  readonly quietMs: number;
}

/** How the protocol is paced by default. */
export const TIMING: Timing = { beaconMs: 1000, quietMs: 400 };

/** The first beacon after a birth says what the archive holds, and one of so many after it: the uplink is narrow. */
const BEACONS_PER_SUMMARY = 15;
const BATCH = { limit: 256, lingerMs: 20, waitMs: 50 };
/** A gap is asked for again after quietMs · 2^asks, up to this many doublings. */
const MOST_DOUBLINGS = 4;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

/** A frame that the archive holds. */
export interface ArchivedFrame extends ReceivedFrame {
  /** Its row in the archive. */
  readonly row: number;
}

/** What ingest works with. */
export interface IngestParts {
  readonly mission: string;
  readonly source: Source;
  readonly archive: ArchiveWriter;
  readonly custody: Custody;
  readonly state: Recalled;
  readonly timing: Timing;
  /** Names a run of the ground on one connection, larger than any before. */
  readonly nextSession: () => Promise<number>;
  /** Told of what a craft says it has accepted. */
  readonly onCounter: (accepted: number) => Promise<void>;
  readonly onFrames: (frames: readonly ArchivedFrame[]) => void;
  readonly progress: Progress;
}

/** The loop. Its counts are those of the archive after the last commit. */
export class Ingest {
  readonly #parts: IngestParts;
  readonly #totals: { duplicatesDropped: number; quarantined: number; receivedBytes: number };
  #bytes: number;
  #connection = 0;
  #session = 0;
  #stopping = false;
  #endPause: (() => void) | undefined;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.#totals = { ...parts.state.totals };
    this.#bytes = parts.state.bytes;
  }

  /** Counts of what was dropped, refused and received, over restarts. */
  get totals(): Recalled['totals'] {
    return this.#totals;
  }

  /** Bytes of the archived frames. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ends the loop after the batch it is at; one that does not commit is left to the craft, which still has it. */
  stop(): void {
    this.#stopping = true;
    this.#endPause?.();
  }

  /** Runs until stopped. */
  async run(): Promise<void> {
    const { mission, source, state, progress } = this.#parts;
    while (!this.#stopping) {
      const messages = await source.next(BATCH);
      await this.#meetConnection();
      const sorted = sortMessages(mission, messages, state, progress);
      state.ledger.settle(Date.now());
      if (!(await this.#commit(sorted))) return;
      await this.#follow(sorted);
      source.ack(messages.length);
      await this.#tick(Date.now());
    }
  }

  /** A new connection is a new session: what was on its way over the old one may be lost, and no link is known to be up. */
  async #meetConnection(): Promise<void> {
    const { source, state, nextSession } = this.#parts;
    if (source.connection === this.#connection) return;
    this.#connection = source.connection;
    this.#session = (await this.#retrying(nextSession)) ?? this.#session;
    for (const craft of state.crafts.values()) craft.forgetLink();
  }

  /** Commits a batch, again and again until it is durable. False when stopped before. */
  async #commit(sorted: Sorted): Promise<boolean> {
    const { archive, state, progress } = this.#parts;
    const totals = {
      duplicatesDropped: sorted.again.length,
      quarantined: sorted.refused.length,
      receivedBytes: sorted.bytes,
    };
    const gaps: Gap[] = state.ledger.takeChanged();
    if (sorted.count === 0 && gaps.length === 0) return true;
    const batch: Batch = { frames: sorted.fresh, births: sorted.newBirths, refused: sorted.refused, gaps, totals };
    const firstRow = archive.nextRow;
    for (let failures = 0; ; failures++) {
      try {
        if (failures > 0 && (await this.#isThere(batch, firstRow))) break;
        await archive.commit(batch);
        break;
      } catch (thrown) {
        const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
        progress.log(
          `ground: the archive did not commit ${batch.frames.length} frames: ${messageOf(thrown)}. Nothing was acknowledged; trying again in ${waitMs} ms, check free disk and permissions`,
        );
        await this.#pause(waitMs);
        if (this.#stopping) return false;
      }
    }
    this.#totals.duplicatesDropped += totals.duplicatesDropped;
    this.#totals.quarantined += totals.quarantined;
    this.#totals.receivedBytes += totals.receivedBytes;
    const rows = sorted.fresh.map((received, i) => ({ ...received, row: firstRow + i }));
    for (const { craft, frame, bytes } of rows) {
      this.#bytes += bytes.length;
      state.ledger.arrive({ craft, boot: frame.boot, stream: frame.stream }, frame.sequence);
    }
    if (rows.length > 0) this.#parts.onFrames(rows);
    return true;
  }

  /** Whether a commit that reported a failure did happen: a batch is whole or absent, so one frame tells. */
  async #isThere(batch: Batch, firstRow: number): Promise<boolean> {
    if (batch.frames.length === 0) return false;
    return (await this.#parts.archive.framesFrom(firstRow)).length > 0;
  }

  /** What follows from a batch that is durable. */
  async #follow(sorted: Sorted): Promise<void> {
    const { state, custody, onCounter } = this.#parts;
    const nowMs = Date.now();
    for (const { craft: name, frame } of sorted.births) {
      const craft = craftOf(state.crafts, name);
      const extents = extentsOf(frame.values);
      const session = Number(frame.values.session);
      state.births.add(birthKey(name, frame));
      expectAll(state.ledger, name, extents, droppedOf(frame.values));
      craft.lastHeardMs = nowMs;
      craft.lastBusyMs = nowMs;
      if (frame.values.link === 'up') {
        craft.birth('up', frame.boot, session, extents);
        craft.upSinceMs = nowMs;
        await this.#retrying(() => onCounter(Number(frame.values.commandCounter)));
        await this.#beacon(craft, nowMs);
      } else if (craft.birth('lost', frame.boot, session, extents)) {
        state.ledger.declare(name, nowMs); // the pass is over: what is missing now stays missing until the next
      }
    }
    const acknowledged = new Map<string, FrameKey[]>();
    for (const { craft: name, frame } of [...sorted.fresh, ...sorted.again]) {
      const craft = craftOf(state.crafts, name);
      craft.lastHeardMs = nowMs;
      craft.knows(frame.boot);
      if (craft.link === 'unknown') craft.link = 'up'; // a ground that joined in the middle: it sends, so it is there
      if (frame.stream !== 'health') craft.lastBusyMs = nowMs;
      expectAll(state.ledger, name, extentsOf(frame.values), []);
      const keys = acknowledged.get(name) ?? [];
      keys.push({ craft: name, boot: frame.boot, stream: frame.stream, sequence: frame.sequence });
      acknowledged.set(name, keys);
    }
    for (const [name, keys] of acknowledged) await this.#retrying(() => custody.acknowledge(name, rangesOf(keys)));
  }

  /** Beacons and requests that are due. */
  async #tick(nowMs: number): Promise<void> {
    const { state, source, timing } = this.#parts;
    if (!source.connected) return;
    for (const craft of state.crafts.values()) {
      if (craft.link !== 'up') continue;
      if (nowMs - craft.lastBeaconMs >= timing.beaconMs) await this.#beacon(craft, nowMs);
      const quiet = nowMs - craft.lastBusyMs >= timing.quietMs;
      if (quiet && nowMs - craft.lastAskMs >= timing.quietMs) await this.#ask(craft, nowMs);
    }
  }

  async #beacon(craft: Craft, nowMs: number): Promise<void> {
    const { custody, state } = this.#parts;
    const held = craft.beacons++ % BEACONS_PER_SUMMARY === 0 ? heldRanges(state.ledger, craft.name, craft.boots) : [];
    craft.lastBeaconMs = nowMs;
    await this.#retrying(() => custody.beacon(craft.name, this.#session, held));
  }

  /** Asks a quiet craft for what is missing, less and less often for the same gap. */
  async #ask(craft: Craft, nowMs: number): Promise<void> {
    const { state, custody, timing } = this.#parts;
    state.ledger.declare(craft.name, nowMs);
    const due = state.ledger.unfinished(craft.name).filter(({ boot, asks, askedMs }) => {
      const waitMs = timing.quietMs * 2 ** Math.min(asks, MOST_DOUBLINGS);
      return craft.boots.has(boot) && (askedMs === null || askedMs < craft.upSinceMs || nowMs - askedMs >= waitMs);
    });
    if (due.length === 0) return;
    const { ranges, gaps } = missingRanges(state.ledger, due);
    craft.lastAskMs = nowMs;
    if (await this.#retrying(() => custody.resend(craft.name, ranges))) state.ledger.asked(gaps, nowMs);
  }

  /** Does what needs the uplink counter's file, again and again until that can be written. Undefined when stopped before. */
  async #retrying<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (thrown) {
        const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
        this.#parts.progress.log(
          `ground: the uplink counter cannot be written: ${messageOf(thrown)}. Nothing goes up; trying again in ${waitMs} ms, check free disk and permissions`,
        );
        await this.#pause(waitMs);
        if (this.#stopping) return undefined;
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
