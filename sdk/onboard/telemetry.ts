/** The frames that the runtime makes of itself: births and wills, health, events, each within the dictionary's bounds. */
import { DICTIONARY, encodeFrame, type FieldValues, flattenRanges, type StreamRange } from '../link/index.ts';
import type { Clock } from './clock.ts';
import type { FrameDraft, FrameStore } from './store.ts';

/** A birth's lists hold 4096 numbers: triples and quadruples. */
const BIRTH_EXTENTS = 1365;
const BIRTH_DROPS = 1024;
/** Health comes often, so it repeats only the newest boots' extents. */
const HEALTH_EXTENTS = 64;
const EVENT_DETAIL = 512;

export type Severity = 'info' | 'warning' | 'error';

/** What a birth frame says besides what the store knows. */
export interface BirthFacts {
  readonly link: 'up' | 'lost';
  readonly session: number;
  readonly bundle: string;
  readonly slot: string;
  /** Ranges that the ground asked for: drops among them are told first. */
  readonly asked: readonly StreamRange[];
}

export class Telemetry {
  readonly #store: FrameStore;
  readonly #clock: Clock;
  readonly #isHeard: () => boolean;
  #births = 0;

  constructor(store: FrameStore, clock: Clock, isHeard: () => boolean) {
    this.#store = store;
    this.#clock = clock;
    this.#isHeard = isHeard;
  }

  /** A frame to be stored, with the present time. */
  draft(stream: string, values: FieldValues): FrameDraft {
    const { uncertaintyMs } = this.#clock;
    return { stream, values, timeMs: this.#clock.nowMs(), uncertaintyMs, stored: !this.#isHeard() };
  }

  event(severity: Severity, code: string, detail: string): FrameDraft {
    return this.draft('event', { severity, code, detail: detail.slice(0, EVENT_DETAIL) });
  }

  /** Bytes of a birth frame. It is not stored; its sequence counts the births of this boot. A will needs no lists. */
  birth({ link, session, bundle, slot, asked }: BirthFacts): Buffer {
    const store = this.#store;
    const lists = link === 'up';
    return encodeFrame(DICTIONARY, {
      stream: 'birth',
      boot: store.boot,
      sequence: ++this.#births,
      timeMs: this.#clock.nowMs(),
      uncertaintyMs: this.#clock.uncertaintyMs,
      stored: false,
      values: {
        link,
        session,
        resetReason: store.resetReason,
        bundle,
        slot,
        extents: lists ? flattenExtents(store.extents(BIRTH_EXTENTS)) : [],
        dropped: lists ? flattenRanges(store.dropped(BIRTH_DROPS, asked)) : [],
        commandCounter: store.commandCounter,
      },
    });
  }

  health(facts: {
    mode: string;
    uptimeSeconds: number;
    memoryLimitBytes: number;
    refusedCommands: number;
  }): FrameDraft {
    const { totals, waiting } = this.#store;
    return this.draft('health', {
      mode: facts.mode,
      uptime: facts.uptimeSeconds,
      rss: process.memoryUsage.rss(),
      memoryLimit: facts.memoryLimitBytes,
      storedFrames: waiting.frames,
      storedBytes: waiting.bytes,
      processed: totals.done + totals.failed,
      failed: totals.failed,
      dropped: totals.dropped,
      refusedCommands: facts.refusedCommands,
      extents: flattenExtents(this.#store.extents(HEALTH_EXTENTS)),
    });
  }
}

function flattenExtents(extents: readonly { boot: number; stream: number; last: number }[]): number[] {
  return extents.flatMap(({ boot, stream, last }) => [boot, stream, last]);
}
