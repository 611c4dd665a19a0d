/**
 * How well a set of bands could serve, in a millisecond: the leave-one-out error of a ridge regression on a third-degree polynomial of the
 * bands' absorbances (u, u², u³ of each band, u·v of each pair). It stands in for a forest while thousands of sets are compared.
 *
 * With the terms as centred, unit-variance columns z_j, A = ZᵀZ + λI and A = LLᵀ, the columns of W = ZL⁻ᵀ come one at a time:
 * L_jk = w_k·z_j, L_jj² = z_j·z_j + λ − Σ_k L_jk², w_j = (z_j − Σ_k L_jk w_k)/L_jj. The fit is WWᵀy, the leverage of row i is 1/m + Σ_j W_ij²,
 * and the leave-one-out residual (y − f)/(1 − h) (Allen's PRESS, 1974). So what a further band adds needs only its own columns.
 */

/** Ridge penalty as a share of the rows, on standardised terms. */
const PENALTY = 1e-4;
/** A row that fits itself says nothing of others. */
const LEAST_FREEDOM = 1e-3;

/** Scores sets of bands on some rows. */
export class BandSurrogate {
  readonly #m: number;
  /** Standardised absorbance of each band, [bands] of [m]. */
  readonly #bands: readonly Float64Array[];
  /** Centred targets of unit sum of squares, [targets] of [m]. */
  readonly #targets: readonly Float64Array[];
  /** Columns of W so far; those past `#used` are spare. */
  readonly #w: Float64Array[] = [];
  #used = 0;
  readonly #fit: readonly Float64Array[];
  readonly #leverage: Float64Array;
  readonly #restFit: readonly Float64Array[];
  readonly #restLeverage: Float64Array;
  readonly #along: { values: Float64Array };
  readonly #term: Float64Array;
  #rest: readonly number[] = [];

  /**
   * @param absorbance [bands] of [m]
   * @param targets [targets] of [m], in any units; each must vary
   */
  constructor(absorbance: readonly Float64Array[], targets: readonly Float64Array[]) {
    const m = targets[0].length;
    this.#m = m;
    this.#bands = absorbance.map((column) => standardised(column.slice()));
    this.#targets = targets.map((column) => standardised(column.slice()).map((value) => value / Math.sqrt(m)));
    this.#fit = targets.map(() => new Float64Array(m));
    this.#restFit = targets.map(() => new Float64Array(m));
    this.#leverage = new Float64Array(m);
    this.#restLeverage = new Float64Array(m);
    this.#along = { values: new Float64Array(64) };
    this.#term = new Float64Array(m);
  }

  /** Leave-one-out error of a set, mean over the targets, 1 = the mean of the targets. */
  score(bands: readonly number[]): number {
    this.hold(bands.slice(0, -1));
    return this.scoreWith(bands[bands.length - 1]);
  }

  /** Fits a set to which `scoreWith` will add one band at a time. */
  hold(rest: readonly number[]): void {
    this.#used = 0;
    this.#rest = [];
    for (const fit of this.#fit) fit.fill(0);
    this.#leverage.fill(1 / this.#m);
    for (const band of rest) {
      this.#appendBand(band);
      this.#rest = [...this.#rest, band];
    }
    this.#fit.forEach((fit, t) => {
      this.#restFit[t].set(fit);
    });
    this.#restLeverage.set(this.#leverage);
  }

  /** Leave-one-out error of the held set with one more band. */
  scoreWith(band: number): number {
    const held = this.#used;
    this.#appendBand(band);
    let sum = 0;
    for (let t = 0; t < this.#targets.length; t++) {
      const y = this.#targets[t];
      const f = this.#fit[t];
      for (let i = 0; i < this.#m; i++) sum += ((y[i] - f[i]) / Math.max(1 - this.#leverage[i], LEAST_FREEDOM)) ** 2;
    }
    this.#used = held;
    this.#fit.forEach((fit, t) => {
      fit.set(this.#restFit[t]);
    });
    this.#leverage.set(this.#restLeverage);
    return sum / this.#targets.length;
  }

  #appendBand(band: number): void {
    const u = this.#bands[band];
    const term = this.#term;
    term.set(u);
    this.#append(term);
    for (let i = 0; i < this.#m; i++) term[i] = u[i] * u[i];
    this.#append(standardised(term));
    for (let i = 0; i < this.#m; i++) term[i] = u[i] * u[i] * u[i];
    this.#append(standardised(term));
    for (const other of this.#rest) {
      const v = this.#bands[other];
      for (let i = 0; i < this.#m; i++) term[i] = u[i] * v[i];
      this.#append(standardised(term));
    }
  }

  /** Takes one more column z into the fit and the leverages; z is overwritten. */
  #append(z: Float64Array): void {
    const m = this.#m;
    const used = this.#used;
    if (this.#along.values.length < used + 1) this.#along.values = new Float64Array(2 * used + 2);
    const along = this.#along.values;
    let square = m * PENALTY;
    for (let i = 0; i < m; i++) square += z[i] * z[i];
    for (let k = 0; k < used; k++) {
      const w = this.#w[k];
      let dot = 0;
      for (let i = 0; i < m; i++) dot += w[i] * z[i];
      along[k] = dot;
      square -= dot * dot;
    }
    for (let k = 0; k < used; k++) {
      const w = this.#w[k];
      const share = along[k];
      for (let i = 0; i < m; i++) z[i] -= share * w[i];
    }
    this.#w[used] ??= new Float64Array(m);
    const own = this.#w[used];
    const scale = 1 / Math.sqrt(Math.max(square, m * PENALTY));
    for (let i = 0; i < m; i++) {
      own[i] = z[i] * scale;
      this.#leverage[i] += own[i] * own[i];
    }
    this.#used = used + 1;
    for (let t = 0; t < this.#targets.length; t++) {
      const y = this.#targets[t];
      const f = this.#fit[t];
      let dot = 0;
      for (let i = 0; i < m; i++) dot += own[i] * y[i];
      for (let i = 0; i < m; i++) f[i] += dot * own[i];
    }
  }
}

/** Centres a column and scales it to unit mean square, in place; a constant becomes zero. */
function standardised(column: Float64Array): Float64Array {
  const m = column.length;
  let mean = 0;
  for (let i = 0; i < m; i++) mean += column[i];
  mean /= m;
  let square = 0;
  for (let i = 0; i < m; i++) {
    column[i] -= mean;
    square += column[i] * column[i];
  }
  const scale = square > 1e-24 * m * (1 + mean * mean) ? Math.sqrt(m / square) : 0;
  for (let i = 0; i < m; i++) column[i] *= scale;
  return column;
}
