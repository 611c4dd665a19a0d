/** Keeps a connection to the broker: one session after another, with back-off and jitter between them, MQTT 5 or 3.1.1. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';
import { LinkSession, type SessionOptions } from './session.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;

/** What differs from one session to the next is made by `next`, with the session's number. */
export interface ReconnectOptions {
  next(session: number): Omit<SessionOptions, 'protocolVersion'>;
  readonly log: Log;
}

export class Reconnector {
  readonly #options: ReconnectOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #session: LinkSession | undefined;
  #number = 0;

  constructor(options: ReconnectOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Number of the connection that is up or being tried, from 1. */
  get number(): number {
    return this.#number;
  }

  get heard(): boolean {
    return this.#session?.heard ?? false;
  }

  hear(): void {
    this.#session?.hear();
  }

  pump(): void {
    this.#session?.pump();
  }

  publishBirth(): void {
    this.#session?.publishBirth();
  }

  /** Ends the connection, leaving `last` as the retained birth, and tries no more. */
  async close(last: Buffer): Promise<void> {
    this.#stopping.abort();
    await this.#session?.close(last);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, next } = this.#options;
    let protocolVersion: 4 | 5 = 5;
    let waitMs = FIRST_WAIT_MS;
    while (!this.#stopping.signal.aborted) {
      this.#number++;
      this.#session = new LinkSession({ ...next(this.#number), protocolVersion });
      const { heard, wrongVersion, reason } = await this.#session.ended;
      if (wrongVersion) {
        protocolVersion = protocolVersion === 5 ? 4 : 5;
        log('info', 'the broker speaks another MQTT version', { next: protocolVersion });
        if (protocolVersion === 4) continue;
      } else log('info', 'link down', { session: this.#number, heard, reason });
      if (heard) waitMs = FIRST_WAIT_MS;
      await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal: this.#stopping.signal }).catch(() => {});
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }
}
