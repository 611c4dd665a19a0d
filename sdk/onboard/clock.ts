/**
 * On-board time. Everything that flies asks a Clock, so that a simulator can let days go by in minutes. Delays (back-off, health
 * period, memory watch) stay in the machine's own time.
 */

/** What the runtime knows about the time. */
export interface Clock {
  /** Milliseconds since 1970. May step, and may run backwards. */
  nowMs(): number;
  /** One sigma of nowMs. */
  readonly uncertaintyMs: number;
}

/** Uncertainty of a clock that NTP or a GNSS receiver keeps: what is promised, not what is measured. */
const KEPT_CLOCK_MS = 50;
/** Uncertainty of a clock that was set once by message: its delivery time. */
const SET_CLOCK_MS = 5;

/** What a Date can hold (ECMA-262, time values). */
const LARGEST_DATE_MS = 8.64e15;

/** The machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now(), uncertaintyMs: KEPT_CLOCK_MS };

/** A time and how fast it goes, as a simulator sends it: `rate` on-board seconds a second. */
export interface ClockSetting {
  readonly timeMs: number;
  readonly rate: number;
}

/** A clock that is set from outside and runs at a rate of its own. */
export class SteppedClock implements Clock {
  readonly uncertaintyMs = SET_CLOCK_MS;
  #setting: ClockSetting;
  #since: number;
  readonly #monotonicMs: () => number;

  constructor(setting: ClockSetting, monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
    this.#setting = setting;
    this.#since = monotonicMs();
  }

  nowMs(): number {
    return this.#setting.timeMs + (this.#monotonicMs() - this.#since) * this.#setting.rate;
  }

  set(setting: ClockSetting): void {
    this.#setting = setting;
    this.#since = this.#monotonicMs();
  }

  /** Follows `{clock: {timeMs, rate}}` messages of the parent process, without keeping this process alive for them. */
  followParent(): void {
    process.on('message', (message) => {
      const setting = parseClockMessage(message);
      if (setting) this.set(setting);
    });
    process.channel?.unref();
  }
}

/** The setting of a `{clock: {timeMs, rate}}` message, or undefined for anything else. */
export function parseClockMessage(message: unknown): ClockSetting | undefined {
  if (typeof message !== 'object' || message === null || !('clock' in message)) return undefined;
  const { clock } = message;
  if (typeof clock !== 'object' || clock === null || !('timeMs' in clock) || !('rate' in clock)) return undefined;
  const { timeMs, rate } = clock;
  if (typeof timeMs !== 'number' || !(Math.abs(timeMs) <= LARGEST_DATE_MS)) return undefined;
  if (typeof rate !== 'number' || !Number.isFinite(rate) || rate < 0) return undefined;
  return { timeMs, rate };
}
