/** Where threads that share a memory wait for each other. */

const [ARRIVED, TURN, BROKEN] = [0, 1, 2];
/** Turns of looking whether the others are there before sleeping: they mostly are, nearly. */
const LOOKS = 20_000;
const SLEEP_MILLISECONDS = 1000;

export class Barrier {
  readonly #state: Int32Array;
  readonly #count: number;

  /** Of three words, all 0 at first, that `count` threads share. */
  constructor(buffer: ArrayBuffer | SharedArrayBuffer, offset: number, count: number) {
    this.#state = new Int32Array(buffer, offset, 3);
    this.#count = count;
  }

  /** Returns once all threads have called it. Throws where one of them broke it. */
  wait(): void {
    const state = this.#state;
    const turn = Atomics.load(state, TURN);
    if (Atomics.add(state, ARRIVED, 1) === this.#count - 1) {
      Atomics.store(state, ARRIVED, 0);
      Atomics.add(state, TURN, 1);
      Atomics.notify(state, TURN);
      return;
    }
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(state, TURN) !== turn) return;
    while (Atomics.load(state, TURN) === turn) {
      if (Atomics.load(state, BROKEN)) throw new Error('another thread of the training ended');
      Atomics.wait(state, TURN, turn, SLEEP_MILLISECONDS);
    }
  }

  /** Lets no thread wait any longer: this one will not come. */
  break(): void {
    Atomics.store(this.#state, BROKEN, 1);
    Atomics.notify(this.#state, TURN);
  }
}
