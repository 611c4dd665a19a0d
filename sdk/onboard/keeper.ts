/**
 * Keeps the mode, and stands between the runtime and its store: what cannot be stored makes the runtime degraded until something can,
 * and a mode is never entered without an event that says why.
 */

import { messageOf } from '../base/index.ts';
import { LinkError } from '../link/index.ts';
import type { Log } from './log.ts';
import type { Mode } from './options.ts';
import { type FrameStore, type StoreChange, StoreTakenError } from './store.ts';
import type { Severity, Telemetry } from './telemetry.ts';

export interface KeeperEffects {
  /** Something new may wait to be sent. */
  committed(): void;
  /** Another runtime has the store: this one has to end. */
  taken(error: StoreTakenError): void;
}

export class Keeper {
  readonly #store: FrameStore;
  readonly #telemetry: Telemetry;
  readonly #log: Log;
  readonly #effects: KeeperEffects;
  #mode: Mode = 'boot';
  #reason = 'starting';
  /** Mode to go back to when the store can be written again. */
  #before: { readonly mode: Mode; readonly reason: string } | undefined;

  constructor(store: FrameStore, telemetry: Telemetry, log: Log, effects: KeeperEffects) {
    this.#store = store;
    this.#telemetry = telemetry;
    this.#log = log;
    this.#effects = effects;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Enters a mode. While the store is down it is entered when the store is back. */
  enter(mode: Mode, reason: string, severity: Severity): void {
    if (mode === this.#mode || mode === this.#before?.mode) return;
    if (this.#before) this.#before = { mode, reason };
    else this.#set(mode, reason, severity);
  }

  /** True when all of a change is in the store. Throws a LinkError for a frame that does not follow the dictionary. */
  commit(change: StoreChange): boolean {
    try {
      const { evicted } = this.#store.commit(change);
      if (evicted > 0) this.#log('warning', 'store full: frames evicted', { evicted });
    } catch (thrown) {
      if (thrown instanceof LinkError) throw thrown;
      this.storeFailed(thrown);
      return false;
    }
    if (this.#before) {
      const { mode } = this.#before;
      this.#before = undefined;
      this.#set(mode, 'the store can be written again', 'info');
    }
    this.#effects.committed();
    return true;
  }

  /** The store could not be read or written. */
  storeFailed(thrown: unknown): void {
    if (thrown instanceof StoreTakenError) this.#effects.taken(thrown);
    else if (!this.#before) {
      this.#before = { mode: this.#mode, reason: this.#reason };
      this.#mode = 'degraded';
      this.#reason = messageOf(thrown);
      this.#log('error', 'mode degraded', { reason: this.#reason });
    }
  }

  #set(mode: Mode, reason: string, severity: Severity): void {
    this.#mode = mode;
    this.#reason = reason;
    this.#log(severity, `mode ${mode}`, { reason });
    this.commit({ frames: [this.#telemetry.event(severity, `mode-${mode}`, reason)] });
  }
}
