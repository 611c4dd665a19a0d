/** Seeded concept codes by the million, as a trained dictionary gives them: latents of very unequal density, activations of a scale of their own. */
import { Random } from '../../../sdk/base/index.ts';

/** Spread of the densities in natural logarithms: with 4,096 latents and 32 active they run from one row in two to one in 100,000. */
const DENSITY_SPREAD = 1.7;
/** Places of the table that latents are drawn from. */
const TABLE = 1 << 22;

/** Gives one code after another; the arrays are the same each time. */
export class CodeSource {
  readonly latents: Uint32Array;
  readonly values: Float32Array;
  readonly #random: Random;
  readonly #table = new Uint16Array(TABLE);
  readonly #scales: Float64Array;
  /** Row that a latent was drawn for last. */
  readonly #last: Float64Array;
  #row = 0;

  /** @param n at most 65,536 */
  constructor(seed: number, n: number, active: number) {
    this.#random = Random.of(seed, 'code source');
    const shares = Float64Array.from({ length: n }, () => Math.exp(DENSITY_SPREAD * this.#random.normal()));
    const total = shares.reduce((sum, share) => sum + share, 0);
    let [sum, from] = [0, 0];
    for (let latent = 0; latent < n; latent++) {
      sum += shares[latent];
      const to = Math.round((sum / total) * TABLE);
      this.#table.fill(latent, from, to);
      from = to;
    }
    this.#scales = Float64Array.from({ length: n }, () => Math.exp(0.5 * this.#random.normal()));
    this.#last = new Float64Array(n).fill(-1);
    this.latents = new Uint32Array(active);
    this.values = new Float32Array(active);
  }

  /** Draws the next row's code: `active` different latents, activations exponential around the scale of each. */
  next(): void {
    const random = this.#random;
    for (let i = 0; i < this.latents.length; ) {
      const latent = this.#table[random.uint32() >>> 10];
      if (this.#last[latent] === this.#row) continue;
      this.#last[latent] = this.#row;
      this.latents[i] = latent;
      this.values[i] = this.#scales[latent] * (0.2 - Math.log(1 - random.uniform()));
      i++;
    }
    this.#row++;
  }
}
