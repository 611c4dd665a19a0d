/**
 * A spectral feature as a linear functional of a view of the patch, and its evaluation. This is all of the feature code that flies:
 * the views that the kept features need, and a sparse dot product over the points that they read.
 */
import { evaluateView, type SpectralInput, viewNeedsPixels, viewSteps } from './view.ts';

export type { SpectralInput };

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

/**
 * Computes only the features asked for, rounded to float32: what models are trained on. A list of features must not change once it was used.
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
  const { bands: needed, views } = planOf(features);
  if (needed > bandCount) throw new RangeError(`features read band ${needed - 1} of a spectrum of ${bandCount} bands`);
  const values = new Float64Array(n * features.length);
  for (const { view, functionals } of views) {
    const points = evaluateView(view, known, n, bandCount);
    for (let row = 0; row < n; row++) {
      const start = row * bandCount;
      for (const { f, mirrorOf, first, bands, weights } of functionals) {
        let sum = 0;
        if (mirrorOf !== undefined) {
          values[row * features.length + f] = mirrorOf.sign * values[row * features.length + mirrorOf.f];
          continue;
        }
        // neighbours are read without their numbers
        if (bands === undefined)
          for (let i = 0, at = start + first; i < weights.length; i++, at++) sum += weights[i] * points[at];
        else for (let i = 0; i < weights.length; i++) sum += weights[i] * points[start + bands[i]];
        values[row * features.length + f] = sum;
      }
    }
  }
  return values;
}

/** A feature's functional in typed arrays; no bands where they are neighbours from `first` on. */
interface Functional {
  readonly f: number;
  /** An earlier one of the same view whose value it has, or the negative of it: half of a real spectrum's Fourier transform. */
  readonly mirrorOf?: { readonly f: number; readonly sign: 1 | -1 } | undefined;
  readonly first: number;
  readonly bands: Uint16Array | undefined;
  readonly weights: Float64Array;
}

/** Features by view, ready to be evaluated. */
interface Plan {
  /** Fewest bands that a spectrum must have. */
  readonly bands: number;
  readonly views: readonly { readonly view: string; readonly functionals: readonly Functional[] }[];
}

/** Kept for each list of features: on board and in streams the same one comes again and again. */
const plans = new WeakMap<readonly SpectralFeature[], Plan>();

function planOf(features: readonly SpectralFeature[]): Plan {
  const known = plans.get(features);
  if (known) return known;
  let bands = 0;
  for (const feature of features)
    for (const band of feature.bands) {
      if (!(band >= 0)) throw new RangeError(`feature ${feature.name} reads band ${band}`);
      bands = Math.max(bands, band + 1);
    }
  const byView = Map.groupBy(features.keys(), (f) => features[f].view ?? 'mean');
  const views = [...byView].map(([view, members]) => ({
    view,
    functionals: withMirrors(members.map((f) => functionalOf(features[f], f))),
  }));
  const plan = { bands, views };
  plans.set(features, plan);
  return plan;
}

function functionalOf({ bands, weights }: SpectralFeature, f: number): Functional {
  const first = bands[0] ?? 0;
  const neighbours = bands.every((band, i) => band === first + i);
  return { f, first, bands: neighbours ? undefined : Uint16Array.from(bands), weights: Float64Array.from(weights) };
}

/** Fewer weights than this are multiplied again rather than looked for. */
const MIRRORED_FROM = 32;

function withMirrors(functionals: readonly Functional[]): Functional[] {
  const seen: Functional[] = [];
  return functionals.map((functional) => {
    if (functional.weights.length < MIRRORED_FROM) return functional;
    for (const { f, first, bands, weights } of seen) {
      if (first !== functional.first || weights.length !== functional.weights.length) continue;
      // most differ in their first weights: the bands are compared last
      for (const sign of [1, -1] as const)
        if (weights.every((weight, i) => weight === sign * functional.weights[i]) && isSame(bands, functional.bands))
          return { ...functional, mirrorOf: { f, sign } };
    }
    seen.push(functional);
    return functional;
  });
}

function isSame(a: Uint16Array | undefined, b: Uint16Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.every((band, i) => band === b[i]);
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
  return features.some(({ view = 'mean' }) => viewNeedsPixels(view));
}

/** What features cost on board. */
export interface FeatureCost {
  /** Multiply–adds of the functionals, for one patch. */
  readonly multiplyAdds: number;
  /** Steps of views that are evaluated over the whole spectrum: each view counts once, whatever number of features it serves. */
  readonly viewOperations: number;
  readonly needsPixels: boolean;
  /** Bands that the instrument must deliver. */
  readonly bands: number;
}

/** What it costs to compute these features of one patch, for tables of on-board cost. */
export function featureCost(features: readonly SpectralFeature[]): FeatureCost {
  const views = new Set(features.map(({ view = 'mean' }) => view));
  return {
    multiplyAdds: features.reduce((sum, { weights }) => sum + weights.length, 0),
    viewOperations: [...views].reduce((sum, view) => sum + viewSteps(view), 0),
    needsPixels: needsPixels(features),
    bands: bandsRead(features).length,
  };
}
