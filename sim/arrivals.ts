/** Counts what the archive takes in, in simulated time. */
import type { ArchivedFrame } from '../sdk/ground/index.ts';
import type { SimulatedClock } from './clock.ts';

/** How many frames have been archived, and when in simulated time. */
export class Arrivals {
  readonly #clock: SimulatedClock;
  #total = 0;
  #atStart = 0;
  #newestBoot = 0;
  #curve: { timeMs: number; frames: number }[] = [];

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  /** Newest boot of which a frame has been archived. */
  get newestBoot(): number {
    return this.#newestBoot;
  }

  /** Frames archived since the pass began. */
  get inPass(): number {
    return this.#total - this.#atStart;
  }

  beginPass(): void {
    this.#atStart = this.#total;
    this.#curve = [];
  }

  add(frames: readonly ArchivedFrame[]): void {
    const timeMs = this.#clock.now();
    this.#newestBoot = frames.reduce((newest, { frame }) => Math.max(newest, frame.boot), this.#newestBoot);
    // a step, not a slope: what arrives together was not there before
    this.#curve.push({ timeMs, frames: this.#total });
    this.#total += frames.length;
    this.#curve.push({ timeMs, frames: this.#total });
  }

  /** Steps of the archive's size in this pass. */
  curve(): { timeMs: number; frames: number }[] {
    return this.#curve.length > 0 ? this.#curve : [{ timeMs: this.#clock.now(), frames: this.#total }];
  }
}
