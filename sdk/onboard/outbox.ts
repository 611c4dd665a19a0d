/**
 * Decides which stored frame goes next: by lane (stream priority, then layer), oldest first, each once until something says that it
 * did not arrive. Only the store deletes; what is sent, in flight or refused is known here, in memory, and forgotten at a reboot.
 */
import type { StreamRange } from '../link/index.ts';
import type { FrameStore } from './store.ts';
import type { FrameKey, Lane } from './store-layout.ts';

/** A frame refused this often is left out until the ground asks for it. */
const MOST_REFUSALS = 3;
/** Keys read ahead of a lane's cursor. */
const READ_AHEAD = 64;

/** A frame on its way out. */
export interface Outgoing {
  readonly key: FrameKey;
  readonly bytes: Buffer;
}

/** How far a lane has been sent. */
interface LaneState {
  /** Last key that was handed out in its turn; what lies before it was sent at least once. */
  cursor: FrameKey | undefined;
  /** Keys after the cursor, read ahead. */
  ahead: FrameKey[];
  /** Ranges to be sent again, before the cursor goes on. */
  again: StreamRange[];
}

export class Outbox {
  readonly #store: FrameStore;
  readonly #onDamaged: (key: FrameKey) => void;
  readonly #lanes = new Map<string, LaneState>();
  readonly #inFlight = new Map<string, FrameKey>();
  readonly #refusals = new Map<string, number>();
  readonly #quarantined = new Map<string, FrameKey>();
  #sentFrames = 0;
  #sentBytes = 0;

  /** `onDamaged` is told of a frame whose CRC fails in the store, once; it has to take it out of the store. */
  constructor(store: FrameStore, onDamaged: (key: FrameKey) => void) {
    this.#store = store;
    this.#onDamaged = onDamaged;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Frames and bytes handed out since this boot, each time counted. */
  get sent(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#sentFrames, bytes: this.#sentBytes };
  }

  /** Frames that were refused too often and wait for the ground to ask. */
  get quarantined(): readonly FrameKey[] {
    return [...this.#quarantined.values()];
  }

  /** The next frame to send, now in flight, or undefined when all is sent. */
  next(): Outgoing | undefined {
    for (const lane of this.#store.lanes()) {
      for (let key = this.#nextKey(lane); key !== undefined; key = this.#nextKey(lane)) {
        const bytes = this.#store.read(key);
        if (bytes === 'damaged') this.#onDamaged(key);
        if (typeof bytes === 'string') continue;
        this.#inFlight.set(nameOf(key), key);
        this.#sentFrames++;
        this.#sentBytes += bytes.length;
        return { key, bytes };
      }
    }
    return undefined;
  }

  /** The broker took a frame. It stays in the store until the ground has it. */
  taken(key: FrameKey): void {
    this.#inFlight.delete(nameOf(key));
    this.#refusals.delete(nameOf(key));
  }

  /** The broker refused a frame. True when it is left out from now on. */
  refused(key: FrameKey): boolean {
    this.#inFlight.delete(nameOf(key));
    if (this.#blame(key)) return true;
    this.#sendAgain(key, { ...key, first: key.sequence, last: key.sequence });
    return false;
  }

  /**
   * The connection ended: everything in flight counts as unsent. A broker that ends a session over one frame does so in order, so the
   * oldest in flight has the blame; returns it when it is left out from now on.
   */
  closed(): FrameKey | undefined {
    const [suspect, ...others] = this.#inFlight.values();
    this.#inFlight.clear();
    for (const key of others) this.#sendAgain(key, { ...key, first: key.sequence, last: key.sequence });
    return suspect !== undefined && this.refused(suspect) ? suspect : undefined;
  }

  /** The ground misses ranges. Those of them that have not had their turn yet keep their place. */
  resend(ranges: readonly StreamRange[]): void {
    for (const range of ranges) {
      for (const [name, key] of this.#quarantined) {
        if (key.boot === range.boot && key.stream === range.stream && isWithin(key.sequence, range)) this.#pardon(name);
      }
      for (const lane of this.#store.lanes()) if (lane.stream === range.stream) this.#sendAgain(lane, range);
    }
  }

  /** Everything that is not acknowledged counts as unsent, but for what is in flight. */
  forgetSent(): void {
    this.#lanes.clear();
    for (const name of this.#quarantined.keys()) this.#pardon(name);
  }

  #nextKey(lane: Lane): FrameKey | undefined {
    const state = this.#stateOf(lane);
    const { again } = state;
    while (again.length > 0) {
      const [key] = this.#store.keysWithin(lane, again[0], 1);
      if (key === undefined || !hadItsTurn(key, state.cursor)) again.shift();
      else {
        again[0] = { ...again[0], first: key.sequence + 1 };
        if (again[0].first > again[0].last) again.shift();
        if (this.#maySend(key)) return key;
      }
    }
    for (;;) {
      if (state.ahead.length === 0) state.ahead = this.#store.keysAfter(lane, state.cursor, READ_AHEAD);
      const key = state.ahead.shift();
      if (key === undefined) return undefined;
      state.cursor = key;
      if (this.#maySend(key)) return key;
    }
  }

  #maySend(key: FrameKey): boolean {
    return !this.#inFlight.has(nameOf(key)) && !this.#quarantined.has(nameOf(key));
  }

  #sendAgain(lane: Lane, { boot, stream, first, last }: StreamRange): void {
    this.#stateOf(lane).again.push({ boot, stream, first, last });
  }

  #stateOf({ rank, stream }: Lane): LaneState {
    const name = `${rank}:${stream}`;
    const state = this.#lanes.get(name) ?? { cursor: undefined, ahead: [], again: [] };
    this.#lanes.set(name, state);
    return state;
  }

  #blame(key: FrameKey): boolean {
    const refusals = (this.#refusals.get(nameOf(key)) ?? 0) + 1;
    this.#refusals.set(nameOf(key), refusals);
    if (refusals < MOST_REFUSALS) return false;
    this.#quarantined.set(nameOf(key), key);
    return true;
  }

  /** One more try for a frame that was left out. */
  #pardon(name: string): void {
    this.#quarantined.delete(name);
    this.#refusals.set(name, MOST_REFUSALS - 1);
  }
}

function nameOf({ stream, boot, sequence }: FrameKey): string {
  return `${stream}:${boot}:${sequence}`;
}

function isWithin(sequence: number, { first, last }: StreamRange): boolean {
  return first <= sequence && sequence <= last;
}

/** True for a key up to the cursor of its lane. */
function hadItsTurn({ boot, sequence }: FrameKey, cursor: FrameKey | undefined): boolean {
  return cursor !== undefined && (boot < cursor.boot || (boot === cursor.boot && sequence <= cursor.sequence));
}
