/**
 * From SHAP values of features to importance of wavelengths. Importance is in shares of a target's standard deviation: mean |SHAP|/SD,
 * averaged over the targets. Features of one band and its neighbours (reflectance, derivatives) stand at their centre band; what reads the
 * spectrum far and wide (Fourier, wavelets, every view with SNV) stays apart, with the footprint it truly has.
 */
import { centreBand, footprintOf, LOCAL_GROUPS, type SpectralFeature, standardDeviation } from '../spectra/index.ts';

/** A feature that reads at most so many bands belongs to the one in their middle: as wide as a usual Savitzky–Golay window. */
const LOCAL_BANDS = 15;

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
  /** Standard deviation of `importance` over the models of the folds, where they are known. */
  readonly sd?: number;
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
  /** Wavelength at which it stands, although it reads others too: a band of a view of the whole spectrum. */
  readonly centreNm?: number;
  /** Standard deviation of `importance` over the models of the folds, where they are known. */
  readonly sd?: number;
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
 * @param byFold importance of the features in each fold's model, [folds][features], for the spread over folds
 */
export function attribute(
  features: readonly SpectralFeature[],
  shap: ShapTable,
  wavelengthsNm: ArrayLike<number>,
  targetSd: Float64Array,
  byFold: readonly Float64Array[] = [],
): Attribution {
  const importance = featureImportance(shap, targetSd);
  const B = wavelengthsNm.length;
  const centre = features.map((feature) => localBand(feature) ?? -1);
  const net = netByBand(shap, centre, B, targetSd);
  const groups = [
    ...new Set([...LOCAL_GROUPS, ...features.filter((_, f) => centre[f] >= 0).map(({ group }) => group)]),
  ];
  const members: number[][] = Array.from({ length: B }, () => []);
  centre.forEach((band, f) => {
    if (band >= 0) members[band].push(f);
  });
  const sumOf = (values: Float64Array, own: readonly number[]) => own.reduce((sum, f) => sum + values[f], 0);
  const sdOf = (own: readonly number[]) =>
    byFold.length < 2 ? {} : { sd: standardDeviation(byFold.map((values) => sumOf(values, own))) };
  const bands = members.map((own, band) => {
    const byTransform = Object.fromEntries(
      groups.map((group) => [
        group,
        sumOf(
          importance,
          own.filter((f) => features[f].group === group),
        ),
      ]),
    );
    const height = Object.values(byTransform).reduce((sum, part) => sum + part, 0);
    return { nm: wavelengthsNm[band], importance: height, byTransform, net: net[band], ...sdOf(own) };
  });
  const spread = [...features.keys()]
    .filter((f) => centre[f] < 0)
    .map((f) => {
      const { name, group } = features[f];
      const read = footprintOf(features[f]);
      const at = centreBand(features[f]);
      return {
        name,
        group,
        importance: importance[f],
        bandsRead: read.length,
        firstNm: wavelengthsNm[read[0]],
        lastNm: wavelengthsNm[read[read.length - 1]],
        ...(at !== undefined && { centreNm: wavelengthsNm[at] }),
        ...sdOf([f]),
      };
    })
    .sort((a, b) => b.importance - a.importance);
  return { bands, spread };
}

/** Band to which a feature belongs, or undefined for one that reads the spectrum far and wide. */
function localBand(feature: SpectralFeature): number | undefined {
  return footprintOf(feature).length <= LOCAL_BANDS ? centreBand(feature) : undefined;
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
