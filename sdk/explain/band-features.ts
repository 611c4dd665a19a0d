/**
 * The features that a set of bands allows: what of the catalogue reads no other band, and three families that need few bands. All are linear
 * functionals of the reflectance or of the absorbance log10(1/R), so they fly like any other feature.
 *
 * - `arr@b`: the reflectance of a band.
 * - `ratio@i-j`: absorbance of i less that of j, the logarithm of a band ratio; what normalised-difference indices order by.
 * - `depth@i-j-k`: absorbance of j above the straight line, over wavelength, from i to k: how deep a band absorbs below its continuum.
 */
import { footprintOf, type SpectralFeature } from '../spectra/index.ts';

const ABSORBANCE = 'mean/absorbance';
/** Up to this many bands, every triple gives a depth; above, those whose middle is as many bands from both ends. */
const EVERY_TRIPLE_UP_TO = 8;
/** Bands of a ratio are at most this far apart in the set. */
const RATIO_REACH = 24;

/**
 * Features whose footprint lies inside a set of bands.
 * @param bands distinct band indices, increasing
 * @param wavelengthsNm centres of the instrument's bands
 * @param catalogue features that stay where the set holds their footprint
 */
export function featuresInside(
  bands: readonly number[],
  wavelengthsNm: ArrayLike<number>,
  catalogue: readonly SpectralFeature[],
): SpectralFeature[] {
  const own = fewBandFeatures(bands, wavelengthsNm);
  const names = new Set(own.map((feature) => feature.name));
  const set = new Set(bands);
  const held = catalogue.filter(
    (feature) => !names.has(feature.name) && footprintOf(feature).every((band) => set.has(band)),
  );
  return [...own, ...held];
}

/** Reflectances, band ratios and band depths of a set of bands. */
function fewBandFeatures(bands: readonly number[], wavelengthsNm: ArrayLike<number>): SpectralFeature[] {
  const K = bands.length;
  const features: SpectralFeature[] = bands.map((band) => ({
    name: `arr@${band}`,
    group: 'arr',
    bands: [band],
    weights: [1],
  }));
  for (let i = 0; i < K; i++)
    for (let j = i + 1; j < K && j - i <= RATIO_REACH; j++)
      features.push(ofAbsorbance('ratio', [bands[i], bands[j]], [1, -1]));
  for (let i = 0; i < K; i++)
    for (let j = i + 1; j < K; j++)
      for (let k = j + 1; k < K; k++) {
        if (K > EVERY_TRIPLE_UP_TO && k - j !== j - i) continue;
        const points = [bands[i], bands[j], bands[k]];
        const [from, at, to] = points.map((band) => wavelengthsNm[band]);
        const share = (at - from) / (to - from);
        features.push(ofAbsorbance('depth', points, [share - 1, 1, -share]));
      }
  return features;
}

function ofAbsorbance(group: string, bands: readonly number[], weights: readonly number[]): SpectralFeature {
  return { name: `${group}@${bands.join('-')}`, group, bands, weights, view: ABSORBANCE, footprint: bands };
}

/** Increasing band indices at equal steps from the first band of the instrument to the last. */
export function equallySpaced(count: number, bandCount: number): number[] {
  if (count === 1) return [Math.floor((bandCount - 1) / 2)];
  return Array.from({ length: count }, (_, i) => Math.round((i * (bandCount - 1)) / (count - 1)));
}
