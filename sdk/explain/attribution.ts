/**
 * From SHAP values of features to importance of wavelengths. Importance is in shares of a target's standard deviation: mean |SHAP|/SD,
 * averaged over the targets. Features of one band (arr, d1–d3) stand at their centre band; Fourier and wavelet features
 * read many bands and stay apart, with the footprint they truly have.
 */
import { type FeatureGroup, featureIndex, LOCAL_GROUPS, type SpectralFeature } from '../spectra/index.ts';

/** SHAP values of rows for features and targets. */
export interface ShapTable {
  /** [n, features, targets] */
  readonly values: Float64Array;
  readonly n: number;
  readonly targets: number;
}

/** What one wavelength contributes. */
export interface BandAttribution {
  readonly nm: number;
  /** Height of the stack: Σ of byTransform. */
  readonly importance: number;
  /** Mean |SHAP| of the features centred on this band, by transformation. */
  readonly byTransform: Readonly<Record<string, number>>;
  /**
   * The honest height: signed SHAP values of the band's features are summed per row before the mean of |sum|, so transformations
   * that cancel do not count twice. Never above `importance`.
   */
  readonly net: number;
}

/** What one feature that spreads over the spectrum contributes. */
export interface SpreadAttribution {
  readonly name: string;
  readonly group: string;
  readonly importance: number;
  /** Number of bands that it reads, and where the first and the last lie. */
  readonly bandsRead: number;
  readonly firstNm: number;
  readonly lastNm: number;
}

export interface Attribution {
  /** One entry a band of the instrument, also where nothing is read. */
  readonly bands: readonly BandAttribution[];
  /** Strongest first. */
  readonly spread: readonly SpreadAttribution[];
}

/** Mean |SHAP|/SD averaged over the targets, per feature: [features]. */
export function featureImportance(shap: ShapTable, targetSd: Float64Array): Float64Array {
  const { values, n, targets: T } = shap;
  const F = values.length / (n * T);
  const importance = new Float64Array(F);
  for (let row = 0; row < n; row++)
    for (let f = 0; f < F; f++) {
      const at = (row * F + f) * T;
      for (let t = 0; t < T; t++) importance[f] += Math.abs(values[at + t]) / targetSd[t];
    }
  return importance.map((sum) => sum / (n * T));
}

/**
 * Attributes a model to wavelengths.
 * @param features the model's features, in the order of the SHAP values
 * @param wavelengthsNm band centres [bands]
 * @param targetSd standard deviation of each target [targets]
 */
export function attribute(
  features: readonly SpectralFeature[],
  shap: ShapTable,
  wavelengthsNm: ArrayLike<number>,
  targetSd: Float64Array,
): Attribution {
  const importance = featureImportance(shap, targetSd);
  const B = wavelengthsNm.length;
  const centre = features.map((feature) => (isLocal(feature) ? featureIndex(feature) : -1));
  const net = netByBand(shap, centre, B, targetSd);
  const stacks = Array.from({ length: B }, () => new Map<string, number>());
  features.forEach(({ group }, f) => {
    if (centre[f] >= 0) stacks[centre[f]].set(group, (stacks[centre[f]].get(group) ?? 0) + importance[f]);
  });
  const bands = stacks.map((stack, band) => {
    const byTransform = Object.fromEntries(LOCAL_GROUPS.map((group) => [group, stack.get(group) ?? 0]));
    const height = Object.values(byTransform).reduce((sum, part) => sum + part, 0);
    return { nm: wavelengthsNm[band], importance: height, byTransform, net: net[band] };
  });
  const spread = features
    .map(({ name, group, bands: read }, f) => ({
      name,
      group,
      importance: importance[f],
      bandsRead: read.length,
      firstNm: wavelengthsNm[read[0]],
      lastNm: wavelengthsNm[read[read.length - 1]],
    }))
    .filter((_, f) => centre[f] < 0)
    .sort((a, b) => b.importance - a.importance);
  return { bands, spread };
}

function isLocal(feature: SpectralFeature): boolean {
  return LOCAL_GROUPS.includes(feature.group as FeatureGroup);
}

/** Mean over rows and targets of |Σ SHAP of the band's features|/SD, [bands]. */
function netByBand(shap: ShapTable, centre: readonly number[], B: number, targetSd: Float64Array): Float64Array {
  const { values, n, targets: T } = shap;
  const F = centre.length;
  const net = new Float64Array(B);
  const sums = new Float64Array(B * T);
  for (let row = 0; row < n; row++) {
    sums.fill(0);
    for (let f = 0; f < F; f++) {
      if (centre[f] < 0) continue;
      const at = (row * F + f) * T;
      for (let t = 0; t < T; t++) sums[centre[f] * T + t] += values[at + t];
    }
    for (let i = 0; i < sums.length; i++) net[Math.floor(i / T)] += Math.abs(sums[i]) / targetSd[i % T];
  }
  return net.map((sum) => sum / (n * T));
}
