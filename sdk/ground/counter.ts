/**
 * The uplink counter: grows with every message to a craft, over restarts and power cuts too, since a craft refuses any that does
 * not. Numbers are used only after the file says that they may have been: blocks are reserved ahead, so one sync serves a thousand.
 */
import { readFile } from 'node:fs/promises';
import { NadirError, writeFileAtomic } from '../base/index.ts';

const BLOCK = 1000;
/** Beyond this a craft's own report of its counter is not believed: a forged one must not use the numbers up. */
const MOST_BELIEVED = 2 ** 48;

/** A counter that lives in a file. */
export class UplinkCounter {
  readonly #path: string;
  #last: number;
  #reserved: number;

  private constructor(path: string, last: number) {
    this.#path = path;
    this.#last = last;
    this.#reserved = last;
  }

  /** Opens a counter; a missing file starts it at 0. Throws a NadirError for a file that holds no counter. */
  static async open(path: string): Promise<UplinkCounter> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new UplinkCounter(path, 0);
      throw new NadirError({ what: 'cannot read uplink counter', where: path, remedy: 'Check its permissions', cause });
    }
    const value = /^\d{1,16}\n?$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value)) {
      throw new NadirError({
        what: 'not an uplink counter',
        where: path,
        remedy: "Write one whole number into it that is above the command counter in the craft's last birth frame",
      });
    }
    return new UplinkCounter(path, value);
  }

  /** The next number, never given before. */
  async next(): Promise<number> {
    if (this.#last >= this.#reserved) await this.#reserve(this.#last + BLOCK);
    return ++this.#last;
  }

  /** Goes on above what a craft says it has accepted, for a ground whose counter file was lost. */
  async raise(accepted: number): Promise<void> {
    if (accepted <= this.#last || accepted > MOST_BELIEVED) return;
    await this.#reserve(Math.max(this.#reserved, accepted + BLOCK));
    this.#last = accepted;
  }

  async #reserve(upTo: number): Promise<void> {
    await writeFileAtomic(this.#path, `${upTo}\n`);
    this.#reserved = upTo;
  }
}
