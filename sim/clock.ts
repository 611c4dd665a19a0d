/**
 * The simulation's clock: a time of day that runs at a rate and can be moved, so that the hours between two passes take no time.
 * Processes that live in it (the board) are told by IPC, `{ clock: { timeMs, rate } }`, whenever it changes.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process in the simulation is told: the time at this moment, and simulated milliseconds a real one. */
export interface ClockMessage {
  readonly clock: { readonly timeMs: number; readonly rate: number };
}

/** Anything that takes messages, such as a child process with an IPC channel. */
export interface ClockFollower {
  send(message: ClockMessage): void;
}

export class SimulatedClock {
  readonly #realNow: () => number;
  readonly #followers = new Set<ClockFollower>();
  #rate: number;
  /** Simulated and real time of the last change. */
  #timeMs: number;
  #sinceMs: number;

  /** `realNow` is a monotonic clock in milliseconds. */
  constructor(startMs: number, rate = 1, realNow: () => number = () => performance.now()) {
    checkRate(rate);
    this.#realNow = realNow;
    this.#rate = rate;
    this.#timeMs = startMs;
    this.#sinceMs = realNow();
  }

  /** Simulated milliseconds a real one. */
  get rate(): number {
    return this.#rate;
  }

  /** Simulated time, milliseconds since 1970. */
  now(): number {
    return this.#timeMs + (this.#realNow() - this.#sinceMs) * this.#rate;
  }

  /** Runs at another rate from now on; 0 holds the time still. */
  setRate(rate: number): void {
    checkRate(rate);
    this.#restart(this.now());
    this.#rate = rate;
    this.#tellAll();
  }

  /** Moves on to a later time; a time that has passed already is left as it is, since on-board time never goes back. */
  stepTo(timeMs: number): void {
    if (timeMs <= this.now()) return;
    this.#restart(timeMs);
    this.#tellAll();
  }

  /** Tells the follower the time now and at every change, until the function that is returned is called. */
  follow(follower: ClockFollower): () => void {
    this.#followers.add(follower);
    follower.send(this.#message());
    return () => this.#followers.delete(follower);
  }

  /** Waits until the simulated time has come, also when it is stepped there meanwhile. */
  async until(timeMs: number): Promise<void> {
    while (this.now() < timeMs) {
      const real = this.#rate > 0 ? (timeMs - this.now()) / this.#rate : Number.POSITIVE_INFINITY;
      await sleep(Math.min(50, Math.max(1, real)));
    }
  }

  #restart(timeMs: number): void {
    this.#timeMs = timeMs;
    this.#sinceMs = this.#realNow();
  }

  #message(): ClockMessage {
    return { clock: { timeMs: this.now(), rate: this.#rate } };
  }

  #tellAll(): void {
    for (const follower of this.#followers) follower.send(this.#message());
  }
}

function checkRate(rate: number): void {
  if (!Number.isFinite(rate) || rate < 0) throw new RangeError(`clock rate ${rate} is not 0 or more`);
}
