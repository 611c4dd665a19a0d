/**
 * A spectral feature as a linear functional of the mean spectrum, and its evaluation. This is all of the feature code that flies:
 * a sparse dot product over the bands that the kept features read.
 */

/** value = Σ weights[i]·spectrum[bands[i]], in float64, rounded to float32. */
export interface SpectralFeature {
  /** `group@index`. */
  readonly name: string;
  readonly group: string;
  /** Footprint: the bands that the instrument must read for it, increasing. */
  readonly bands: readonly number[];
  /** One weight a band of the footprint, none zero. */
  readonly weights: readonly number[];
}

/**
 * Computes only the features asked for.
 * @param spectra mean spectra [n, bandCount]
 * @returns [n, features], float32
 */
export function computeFeatures(
  features: readonly SpectralFeature[],
  spectra: Float32Array | Float64Array,
  bandCount: number,
): Float32Array {
  const n = spectra.length / bandCount;
  if (!Number.isInteger(n)) throw new RangeError(`${spectra.length} values are not spectra of ${bandCount} bands`);
  for (const { name, bands } of features)
    if (bands.some((band) => !(band >= 0 && band < bandCount)))
      throw new RangeError(`feature ${name} reads a band outside the ${bandCount} of the spectrum`);
  const values = new Float32Array(n * features.length);
  for (let f = 0; f < features.length; f++) {
    const { bands, weights } = features[f];
    for (let row = 0; row < n; row++) {
      const start = row * bandCount;
      let sum = 0;
      for (let i = 0; i < bands.length; i++) sum += weights[i] * spectra[start + bands[i]];
      values[row * features.length + f] = sum;
    }
  }
  return values;
}

/** Bands that any of the features reads, increasing: what the instrument must deliver. */
export function bandsRead(features: readonly SpectralFeature[]): number[] {
  return [...new Set(features.flatMap((feature) => feature.bands))].sort((a, b) => a - b);
}
