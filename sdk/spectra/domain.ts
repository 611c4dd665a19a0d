/**
 * Whether a spectrum is like those that a model was trained on: Hotelling's T² within the principal components of the training spectra and the
 * squared residual Q outside them (Jackson and Mudholkar 1979, Technometrics 21:341). Flies: bands × (components + 2) multiplications.
 *
 * Spectra are divided by their mean over the bands looked at, so that a gain common to all bands (illumination, a slope) changes nothing; the mean itself
 * is held against wide limits, which wrong units leave.
 */

/** The training spectra, as far as they are needed to tell what is unlike them. Kept in model.json. */
export interface Domain {
  /** Bands looked at, increasing: those that the instrument delivers for the model. */
  readonly bands: readonly number[];
  /** Mean of the training spectra after division by their own mean, [bands]. */
  readonly centre: readonly number[];
  /** Orthonormal directions of greatest variance, [components][bands]. */
  readonly components: readonly (readonly number[])[];
  /** Variance along each, [components]. */
  readonly variance: readonly number[];
  /** T² and Q that a spectrum of the training's kind exceeds at half the false alarm rate each. */
  readonly limits: { readonly t2: number; readonly q: number };
  /** Least and greatest mean over the bands that is taken for the training's unit and light. */
  readonly brightness: readonly [number, number];
  /** Share of spectra of the training's kind that is flagged: asked for, and measured on training spectra that were left out. */
  readonly falseAlarmRate: number;
  readonly measuredFalseAlarmRate: number;
}

/**
 * How far spectra lie from the training's, 1 being the limit: above 1 is out of distribution.
 * @param spectra mean spectra in the model's bands, [n, bandCount]
 * @param bandCount bands of the model, of which `domain.bands` are looked at
 * @returns √ of the greater of T² and Q in shares of their limits, or the factor by which the brightness is off where that is more; [n],
 *   infinite for a spectrum that is not positive
 */
export function domainDistance(domain: Domain, spectra: Float32Array | Float64Array, bandCount: number): Float64Array {
  const { bands } = domain;
  const n = spectra.length / bandCount;
  if (!Number.isInteger(n)) throw new RangeError(`${spectra.length} values are not spectra of ${bandCount} bands`);
  const shape = new Float64Array(bands.length);
  const figures = { t2: 0, q: 0 };
  return Float64Array.from({ length: n }, (_, row) => {
    const brightness = shapeOf(spectra, row * bandCount, bands, shape);
    if (!(brightness > 0 && Number.isFinite(brightness))) return Number.POSITIVE_INFINITY;
    departure(shape, domain.centre, domain.components, domain.variance, figures);
    const [low, high] = domain.brightness;
    const worst = Math.max(figures.t2 / domain.limits.t2, figures.q / domain.limits.q);
    return Math.max(Math.sqrt(worst), brightness / high, low / brightness);
  });
}

/** Writes a spectrum over its mean to `shape` and gives back the mean. */
export function shapeOf(
  spectra: ArrayLike<number>,
  start: number,
  bands: readonly number[],
  shape: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < bands.length; i++) sum += spectra[start + bands[i]];
  const mean = sum / bands.length;
  for (let i = 0; i < bands.length; i++) shape[i] = spectra[start + bands[i]] / mean;
  return mean;
}

/** T² and Q of a shape. */
export function departure(
  shape: Float64Array,
  centre: ArrayLike<number>,
  components: readonly ArrayLike<number>[],
  variance: ArrayLike<number>,
  figures: { t2: number; q: number },
): void {
  let total = 0;
  for (let i = 0; i < shape.length; i++) total += (shape[i] - centre[i]) ** 2;
  let t2 = 0;
  for (let k = 0; k < components.length; k++) {
    const direction = components[k];
    let along = 0;
    for (let i = 0; i < shape.length; i++) along += direction[i] * (shape[i] - centre[i]);
    t2 += (along * along) / variance[k];
    total -= along * along;
  }
  figures.t2 = t2;
  // what rounding leaves of a residual of zero
  figures.q = Math.max(0, total);
}
