/**
 * The catalogue of features: the sixteen EagleEyes groups (Kuzu et al., ICIP 2022) and what soil spectroscopy adds. A group is a linear
 * transformation of a view of the patch, so a feature's weights are the transformation's answers to unit vectors; what is zero is not read.
 *
 * | group | of view | transformation |
 * |---|---|---|
 * | `arr`, `d1`, `d2`, `d3` | mean | itself; numpy.gradient applied once, twice, three times |
 * | `ratio`, `sigma1` … `sigma5` | of pixels, the same name | itself |
 * | `dft.re`, `dft.im`, `dft.sigma1.re`, `dft.sigma1.im` | mean, sigma1 | Fourier coefficients |
 * | `sym3`, `dmey` | mean | wavelet approximations of four levels; dmey for 150 bands only |
 * | `sg0`, `sg1`, `sg2` | mean | Savitzky–Golay over 11 bands, quadratic: smooth, first and second derivative |
 * | `gap` | mean | gap derivative (x[j+5] − x[j−5])/10 |
 * | `abs`, `abs.sg1` | mean/absorbance | itself; sg1 |
 * | `snv`, `msc`, `cr` | mean/snv, mean/msc, mean/continuum | itself |
 * | `pre` | mean/absorbance/sg.11.2.1/snv | itself |
 */
import { NadirError } from '../base/index.ts';
import type { SpectralFeature } from './feature.ts';
import { gapDerivative, savitzkyGolay } from './soil-spectroscopy.ts';
import { dmeyApproximations, fourierImaginary, fourierReal, gradient, sym3Approximations } from './transforms.ts';
import { viewReads } from './view.ts';

type Transform = (x: Float64Array) => Float64Array;

interface Group {
  readonly view: string;
  readonly transform: Transform;
  /** Feature j stands at band j; the others spread over the spectrum. */
  readonly centred: boolean;
  readonly fewestBands: number;
}

/** Band count for which the winners' dmey slices are defined. */
const DMEY_BANDS = 150;
const FEWEST_BANDS = 4;
const WINDOW = 11;
const GAP = 5;
const itself: Transform = (x) => x;
const d2: Transform = (x) => gradient(gradient(x));
const centred = (view: string, transform: Transform = itself, fewestBands = FEWEST_BANDS): Group => ({
  view,
  transform,
  centred: true,
  fewestBands,
});
const spread = (view: string, transform: Transform): Group => ({
  view,
  transform,
  centred: false,
  fewestBands: FEWEST_BANDS,
});
const windowed = (view: string, derivative: number) => centred(view, savitzkyGolay(WINDOW, 2, derivative), WINDOW);

const EAGLEEYES = {
  arr: centred('mean'),
  d1: centred('mean', gradient),
  d2: centred('mean', d2),
  d3: centred('mean', (x) => gradient(d2(x))),
  ratio: centred('ratio'),
  sigma1: centred('sigma1'),
  sigma2: centred('sigma2'),
  sigma3: centred('sigma3'),
  sigma4: centred('sigma4'),
  sigma5: centred('sigma5'),
  'dft.re': spread('mean', fourierReal),
  'dft.im': spread('mean', fourierImaginary),
  'dft.sigma1.re': spread('sigma1', fourierReal),
  'dft.sigma1.im': spread('sigma1', fourierImaginary),
  sym3: spread('mean', sym3Approximations),
  dmey: spread('mean', dmeyApproximations),
} as const;

const SOIL = {
  sg0: windowed('mean', 0),
  sg1: windowed('mean', 1),
  sg2: windowed('mean', 2),
  gap: centred('mean', (x) => gapDerivative(x, GAP)),
  abs: centred('mean/absorbance'),
  'abs.sg1': windowed('mean/absorbance', 1),
  snv: centred('mean/snv'),
  msc: centred('mean/msc'),
  cr: centred('mean/continuum'),
  pre: centred('mean/absorbance/sg.11.2.1/snv', itself, WINDOW),
} as const;

const GROUPS: Readonly<Record<string, Group>> = { ...EAGLEEYES, ...SOIL };

export type FeatureGroup = keyof typeof EAGLEEYES | keyof typeof SOIL;

/** The sixteen groups of the HYPERVIEW winner in its order: 2,400 features at 150 bands. */
export const EAGLEEYES_GROUPS = Object.keys(EAGLEEYES) as readonly FeatureGroup[];

/** What soil spectroscopy adds; none needs pixels. */
export const SOIL_GROUPS = Object.keys(SOIL) as readonly FeatureGroup[];

/** The EagleEyes groups that need the mean spectrum only, in its order: what is taken where nothing is asked. */
export const FEATURE_GROUPS: readonly FeatureGroup[] = EAGLEEYES_GROUPS.filter(
  (group) => GROUPS[group].view === 'mean',
);

/** Every group by name. */
export const ALL_GROUPS: readonly FeatureGroup[] = [...EAGLEEYES_GROUPS, ...SOIL_GROUPS];

/** Groups of FEATURE_GROUPS whose feature belongs to one band and its nearest neighbours; the others spread over the spectrum. */
export const LOCAL_GROUPS: readonly FeatureGroup[] = ['arr', 'd1', 'd2', 'd3'];

/** The linear part of a group applied to a vector of its view, [bands] → [coefficients], float64. */
export function transformSpectrum(group: FeatureGroup, view: Float64Array): Float64Array {
  return GROUPS[group].transform(view);
}

/** Each reads every band: some 270 MB. An instrument of 2,151 bands stays below it with the groups of a mean spectrum. */
const MAX_FOURIER_WEIGHTS = 2 ** 24;

/**
 * All features of the groups for spectra of `bandCount` bands, in the groups' order. Without `groups`: every group of FEATURE_GROUPS that is
 * defined for this band count (dmey exists for 150 bands only). An unknown group, or one not defined here, is wrong usage.
 */
export function catalogue(bandCount: number, groups?: readonly string[]): SpectralFeature[] {
  if (!(Number.isInteger(bandCount) && bandCount >= FEWEST_BANDS))
    throw usage(`${bandCount} bands are no or too few for spectral features`, `${bandCount} bands`);
  const asked = groups ?? definedGroups(FEATURE_GROUPS, bandCount);
  if (asked.length === 0 || new Set(asked).size !== asked.length)
    throw usage('feature groups are missing or named twice', asked.join(','));
  const weights = bandCount ** 2 * asked.filter((group) => group.startsWith('dft')).length;
  if (weights > MAX_FOURIER_WEIGHTS)
    throw new NadirError({
      what: `Fourier features of ${bandCount} bands hold ${weights} weights, more than the ${MAX_FOURIER_WEIGHTS} allowed`,
      where: asked.join(','),
      remedy: `Choose local groups (${LOCAL_GROUPS.join(',')}), or resample the spectra to fewer bands`,
      exitCode: 2,
    });
  return asked.flatMap((group) => {
    if (!isGroup(group)) throw usage(`unknown feature group "${group}"`, '--groups');
    const { fewestBands } = GROUPS[group];
    if (bandCount < fewestBands) throw usage(`group ${group} needs ${fewestBands} bands or more`, `${bandCount} bands`);
    if (group === 'dmey' && bandCount !== DMEY_BANDS)
      throw usage(`group dmey is defined for ${DMEY_BANDS} bands only`, `${bandCount} bands`);
    return groupFeatures(group, bandCount);
  });
}

/** Those of the groups that are defined for spectra of so many bands. */
export function definedGroups(groups: readonly FeatureGroup[], bandCount: number): FeatureGroup[] {
  return groups.filter((group) =>
    group === 'dmey' ? bandCount === DMEY_BANDS : bandCount >= GROUPS[group].fewestBands,
  );
}

function groupFeatures(group: FeatureGroup, bandCount: number): SpectralFeature[] {
  const { view, transform } = GROUPS[group];
  const features: { name: string; group: string; bands: number[]; weights: number[] }[] = [];
  const unit = new Float64Array(bandCount);
  for (let band = 0; band < bandCount; band++) {
    unit.fill(0);
    unit[band] = 1;
    const response = transform(unit);
    for (let index = 0; index < response.length; index++) {
      features[index] ??= { name: `${group}@${index}`, group, bands: [], weights: [] };
      if (response[index] === 0) continue;
      features[index].bands.push(band);
      features[index].weights.push(response[index]);
    }
  }
  if (view === 'mean') return features;
  if (!view.includes('/')) return features.map((feature) => ({ ...feature, view }));
  // views that read the whole spectrum share one footprint
  let last: number[] = [];
  return features.map((feature) => {
    const footprint = last.length === bandCount ? last : viewReads(view, feature.bands, bandCount);
    last = footprint;
    return { ...feature, view, footprint };
  });
}

/**
 * Leaves out features that say nothing new: constants, and functionals equal to an earlier one of the same view up to sign
 * (half of the Fourier features are the conjugates of the other half).
 */
export function deduplicate(features: readonly SpectralFeature[]): SpectralFeature[] {
  const seen = new Set<string>();
  return features.filter(({ bands, weights, view = 'mean' }) => {
    if (bands.length === 0) return false;
    const sign = Math.sign(weights[0]);
    const key = `${view}:${bands.join()}:${weights.map((weight) => sign * weight).join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Index of a feature within its group: for the centred groups, the band at its centre. */
export function featureIndex(feature: SpectralFeature): number {
  return Number(feature.name.slice(feature.name.lastIndexOf('@') + 1));
}

/** Band at which a feature stands, whatever it reads besides; undefined for what spreads over the spectrum (Fourier, wavelets). */
export function centreBand(feature: SpectralFeature): number | undefined {
  return isGroup(feature.group) && GROUPS[feature.group].centred ? featureIndex(feature) : undefined;
}

function isGroup(name: string): name is FeatureGroup {
  return Object.hasOwn(GROUPS, name);
}

function usage(what: string, where: string): NadirError {
  return new NadirError({ what, where, remedy: `Choose among ${ALL_GROUPS.join(', ')}`, exitCode: 2 });
}
