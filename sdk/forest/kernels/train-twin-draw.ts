/** Features drawn for a node, as assembly/train/draw.ts and assembly/train.ts draw them. */
import type { Random } from '../../base/random.ts';

export class TwinDraw {
  readonly random: Random;
  readonly #mtry: number;
  readonly #columns: Uint32Array;
  #drawn: number[] = [];
  #count = 0;

  constructor(random: Random, features: number, mtry: number) {
    this.random = random;
    this.#mtry = mtry;
    this.#columns = Uint32Array.from({ length: features }, (_, f) => f);
  }

  start(): void {
    this.#count = 0;
  }

  /** The next lanes: up to eight features of the `mtry`, then one by one where `goesOn`; none at the end. */
  next(goesOn: boolean): (number | undefined)[] {
    const rest =
      this.#count < this.#mtry
        ? Math.min(8, this.#mtry - this.#count)
        : goesOn
          ? Math.min(1, this.#columns.length - this.#count)
          : 0;
    return rest === 0 ? [] : Array.from({ length: 8 }, (_, lane) => (lane < rest ? this.#one() : undefined));
  }

  /** Draws all of the `mtry`; the shuffled groups of eight neighbours. */
  groups(): number[] {
    this.#drawn = Array.from({ length: this.#mtry }, () => this.#one()).sort((a, b) => a - b);
    const groups = Array.from({ length: Math.ceil(this.#mtry / 8) }, (_, i) => i);
    for (let i = groups.length - 1; i > 0; i--) {
      const other = this.#below(i + 1);
      [groups[i], groups[other]] = [groups[other], groups[i]];
    }
    return groups;
  }

  /**
   * Features of the eight lanes of a group, turned by chance. Where the last group has fewer, its last feature is repeated, and may so win a tie
   * that its place would lose; extra trees draw no second threshold of it: undefined.
   */
  lanesOf(group: number, isExtra: boolean): (number | undefined)[] {
    const turn = this.#below(8);
    return Array.from({ length: 8 }, (_, lane) => {
      const at = group * 8 + ((lane + turn) & 7);
      return isExtra ? this.#drawn[at] : this.#drawn[Math.min(at, this.#mtry - 1)];
    });
  }

  #one(): number {
    const columns = this.#columns;
    const other = this.#count + this.#below(columns.length - this.#count);
    const column = columns[other];
    columns[other] = columns[this.#count];
    columns[this.#count++] = column;
    return column;
  }

  /** Exact, and what the kernel computes in 64 bits. */
  #below(n: number): number {
    return Math.floor((this.random.uint32() * n) / 2 ** 32);
  }
}
