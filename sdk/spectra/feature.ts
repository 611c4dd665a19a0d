/**
 * A spectral feature as a linear functional of a view of the patch, and its evaluation. This is all of the feature code that flies:
 * the views that the kept features need, and a sparse dot product over the points that they read.
 */
import { evaluateView } from './view.ts';

/** value = Σ weights[i]·view[bands[i]], in float64. */
export interface SpectralFeature {
  /** `group@index`. */
  readonly name: string;
  readonly group: string;
  /** Points of the view that the functional reads, increasing. */
  readonly bands: readonly number[];
  /** One weight a point, none zero. */
  readonly weights: readonly number[];
  /** What the functional is taken of (see view.ts); the mean spectrum where absent. */
  readonly view?: string | undefined;
  /** Footprint: the bands that the instrument must deliver for it, increasing; `bands` where absent. */
  readonly footprint?: readonly number[] | undefined;
}

/** What is known of n patches or spectra. */
export interface SpectralInput {
  /** Mean spectra [n, bands]. */
  readonly mean: Float32Array | Float64Array;
  /** Five largest singular values of each band image, [n, 5, bands]; needed by features of pixels. */
  readonly sigma?: Float64Array;
  /** Reference spectrum of multiplicative scatter correction, [bands]; needed by views with that step. */
  readonly mscReference?: Float64Array;
}

/**
 * Computes only the features asked for, rounded to float32: what models are trained on.
 * @param input mean spectra alone [n, bandCount], or with what other views need
 * @returns [n, features]
 */
export function computeFeatures(
  features: readonly SpectralFeature[],
  input: SpectralInput | Float32Array | Float64Array,
  bandCount: number,
): Float32Array {
  return Float32Array.from(computeFeaturesExact(features, input, bandCount));
}

/** The same in float64, [n, features]. */
export function computeFeaturesExact(
  features: readonly SpectralFeature[],
  input: SpectralInput | Float32Array | Float64Array,
  bandCount: number,
): Float64Array {
  const known = ArrayBuffer.isView(input) ? { mean: input } : input;
  const n = known.mean.length / bandCount;
  if (!Number.isInteger(n)) throw new RangeError(`${known.mean.length} values are not spectra of ${bandCount} bands`);
  for (const { name, bands } of features)
    if (bands.some((band) => !(band >= 0 && band < bandCount)))
      throw new RangeError(`feature ${name} reads a band outside the ${bandCount} of the spectrum`);
  const values = new Float64Array(n * features.length);
  for (const [view, members] of byView(features)) {
    const points = evaluateView(view, known, n, bandCount);
    for (const f of members) {
      const { bands, weights } = features[f];
      for (let row = 0; row < n; row++) {
        const start = row * bandCount;
        let sum = 0;
        for (let i = 0; i < bands.length; i++) sum += weights[i] * points[start + bands[i]];
        values[row * features.length + f] = sum;
      }
    }
  }
  return values;
}

function byView(features: readonly SpectralFeature[]): Map<string, number[]> {
  const views = new Map<string, number[]>();
  features.forEach(({ view = 'mean' }, f) => {
    const members = views.get(view);
    if (members === undefined) views.set(view, [f]);
    else members.push(f);
  });
  return views;
}

/** Bands that the instrument must deliver for a feature, increasing. */
export function footprintOf(feature: SpectralFeature): readonly number[] {
  return feature.footprint ?? feature.bands;
}

/** Bands that any of the features reads, increasing: what the instrument must deliver. */
export function bandsRead(features: readonly SpectralFeature[]): number[] {
  return [...new Set(features.flatMap(footprintOf))].sort((a, b) => a - b);
}

/** Whether any of the features needs the pixels of a patch, not just its mean spectrum. */
export function needsPixels(features: readonly SpectralFeature[]): boolean {
  return features.some(({ view = 'mean' }) => !view.startsWith('mean'));
}
