/**
 * The catalogue of features that need only the mean spectrum: eight of the sixteen EagleEyes groups. Every transformation is linear,
 * so a feature's weights are the transformation's answers to unit spectra; what is zero is not read.
 */
import { NadirError } from '../base/index.ts';
import type { SpectralFeature } from './feature.ts';
import { dmeyApproximations, fourierImaginary, fourierReal, gradient, sym3Approximations } from './transforms.ts';

const TRANSFORMS = {
  arr: (x: Float64Array) => x,
  d1: gradient,
  d2: (x: Float64Array) => gradient(gradient(x)),
  d3: (x: Float64Array) => gradient(gradient(gradient(x))),
  'dft.re': fourierReal,
  'dft.im': fourierImaginary,
  sym3: sym3Approximations,
  dmey: dmeyApproximations,
} as const;

export type FeatureGroup = keyof typeof TRANSFORMS;

/** Every group, in the order of the EagleEyes features. */
export const FEATURE_GROUPS = Object.keys(TRANSFORMS) as readonly FeatureGroup[];

/** Groups whose feature belongs to one band and its nearest neighbours; the others spread over the spectrum. */
export const LOCAL_GROUPS: readonly FeatureGroup[] = ['arr', 'd1', 'd2', 'd3'];

/** Band count for which the winners' dmey slices are defined. */
const DMEY_BANDS = 150;
const FEWEST_BANDS = 4;

/** One group of the catalogue evaluated directly on a spectrum [bands]: [coefficients], float64. */
export function transformSpectrum(group: FeatureGroup, spectrum: Float64Array): Float64Array {
  return TRANSFORMS[group](spectrum);
}

/**
 * All features of the groups for spectra of `bandCount` bands, in the groups' order. Without `groups`: every group that is defined for this
 * band count (dmey exists for 150 bands only). An unknown group, or one not defined here, is wrong usage.
 */
export function catalogue(bandCount: number, groups?: readonly string[]): SpectralFeature[] {
  if (bandCount < FEWEST_BANDS)
    throw usage(`${bandCount} bands are too few for spectral features`, `${bandCount} bands`);
  const asked = groups ?? FEATURE_GROUPS.filter((group) => group !== 'dmey' || bandCount === DMEY_BANDS);
  if (asked.length === 0 || new Set(asked).size !== asked.length)
    throw usage('feature groups are missing or named twice', asked.join(','));
  return asked.flatMap((group) => {
    if (!isGroup(group)) throw usage(`unknown feature group "${group}"`, '--groups');
    if (group === 'dmey' && bandCount !== DMEY_BANDS)
      throw usage(`group dmey is defined for ${DMEY_BANDS} bands only`, `${bandCount} bands`);
    return groupFeatures(group, bandCount);
  });
}

function groupFeatures(group: FeatureGroup, bandCount: number): SpectralFeature[] {
  const features: { name: string; group: string; bands: number[]; weights: number[] }[] = [];
  const unit = new Float64Array(bandCount);
  for (let band = 0; band < bandCount; band++) {
    unit.fill(0);
    unit[band] = 1;
    const response = TRANSFORMS[group](unit);
    for (let index = 0; index < response.length; index++) {
      features[index] ??= { name: `${group}@${index}`, group, bands: [], weights: [] };
      if (response[index] === 0) continue;
      features[index].bands.push(band);
      features[index].weights.push(response[index]);
    }
  }
  return features;
}

/**
 * Leaves out features that say nothing new: constants, and functionals equal to an earlier one up to sign
 * (half of the Fourier features are the conjugates of the other half).
 */
export function deduplicate(features: readonly SpectralFeature[]): SpectralFeature[] {
  const seen = new Set<string>();
  return features.filter(({ bands, weights }) => {
    if (bands.length === 0) return false;
    const sign = Math.sign(weights[0]);
    const key = `${bands.join()}:${weights.map((weight) => sign * weight).join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Index of a feature within its group: for the local groups, the band at its centre. */
export function featureIndex(feature: SpectralFeature): number {
  return Number(feature.name.slice(feature.name.lastIndexOf('@') + 1));
}

function isGroup(name: string): name is FeatureGroup {
  return Object.hasOwn(TRANSFORMS, name);
}

function usage(what: string, where: string): NadirError {
  return new NadirError({ what, where, remedy: `Choose among ${FEATURE_GROUPS.join(', ')}`, exitCode: 2 });
}
