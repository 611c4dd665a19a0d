/**
 * What a sensor, a lamp and an atmosphere do to spectra, as functions from mean spectra [n, bands] to new ones. Each is what the mean
 * spectrum of a patch shows of the fault; what only pixels show is in geometry.ts.
 */

import type { Random } from '../../base/index.ts';
import { quantile } from '../../base/index.ts';
import { mean } from '../../spectra/index.ts';

/** n mean spectra and where their bands lie. */
export interface Spectra {
  /** [n, bands] */
  readonly values: Float32Array;
  readonly wavelengthsNm: ArrayLike<number>;
}

/** A fault: what it does to spectra. Draws from `random` where it is one of chance. */
export type Fault = (spectra: Spectra, random: Random) => Float32Array;

/** A full width at half maximum in standard deviations of a Gaussian. */
const FWHM = 2 * Math.sqrt(2 * Math.LN2);

/** Every sample reads the same in one band: 0 for a dead band, the band's mean for a stuck one, beyond the brightest for a hot one. */
export function fixBand(band: number, level: number): Fault {
  return bandwise((value, _, b) => (b === band ? level : value));
}

/** The dead, stuck and hot levels of a band of these spectra. */
export function fixedLevels(
  { values, wavelengthsNm }: Spectra,
  band: number,
): Record<'dead' | 'stuck' | 'hot', number> {
  const own = values.filter((_, i) => i % wavelengthsNm.length === band);
  return { dead: 0, stuck: mean(own), hot: 2 * own.reduce((most, value) => Math.max(most, value), 0) };
}

/** Bands that are lost at random, each sample its own `share` of them, and filled by the band before (or after, at the start). */
export function dropouts(share: number): Fault {
  return ({ values, wavelengthsNm: { length: B } }, random) => {
    const result = values.slice();
    for (let i = 0; i < values.length; i++) {
      if (random.uniform() < share) result[i] = i % B === 0 ? values[i + 1] : result[i - 1];
    }
    return result;
  };
}

/** White noise of each band: SD = value ÷ SNR. */
export function noise(snr: number): Fault {
  return ({ values }, random) => values.map((value) => value * (1 + random.normal() / snr));
}

/** All bands times a factor: another lamp, a lower sun, a lens that grows dim. */
export function gain(factor: number): Fault {
  return bandwise((value) => value * factor);
}

/** The gain drifts along the detector: −`size` at the first band to +`size` at the last. */
export function gainTilt(size: number): Fault {
  return bandwise((value, _, b, bands) => value * (1 + size * ((2 * b) / Math.max(1, bands - 1) - 1)));
}

/** A dark level that drifted: `share` of the mean of all spectra is added everywhere. */
export function offset(share: number): Fault {
  return (spectra) => {
    const level = share * mean(spectra.values);
    return spectra.values.map((value) => value + level);
  };
}

/** Stripes of a pushbroom detector: each sample comes from another column, whose bands have gains of their own, SD `size`. */
export function stripes(size: number): Fault {
  return ({ values }, random) => values.map((value) => value * (1 + size * random.normal()));
}

/** Every band sees light `nm` longer than it is said to see. */
export function shift(nm: number): Fault {
  return (spectra) => displaced(spectra, () => nm);
}

/** Spectral smile: samples lie across the swath, those at its edges are shifted by ±`bands` band steps, those in the middle are not. */
export function smile(bands: number): Fault {
  return (spectra, random) => {
    const step = bandStep(spectra.wavelengthsNm);
    const across = spectra.values.map(() => 0);
    for (let row = 0; row < spectra.values.length / spectra.wavelengthsNm.length; row++)
      across[row] = 2 * random.uniform() - 1;
    return displaced(spectra, (row) => bands * step * Math.sign(across[row]) * across[row] ** 2);
  };
}

/**
 * Bands `factor` times as wide (their width taken as one band step). Wider: a Gaussian that widens them so; narrower: the second-order term of the same,
 * x − ½(σ² − σ'²)·x″, since what was never resolved cannot be brought back.
 */
export function width(factor: number): Fault {
  return (spectra) => {
    const { values, wavelengthsNm } = spectra;
    const B = wavelengthsNm.length;
    const sigma = bandStep(wavelengthsNm) / FWHM;
    const added = sigma ** 2 * (factor ** 2 - 1);
    const result = new Float32Array(values.length);
    if (added < 0) {
      for (let i = 0; i < values.length; i++) {
        const b = Math.min(Math.max(i % B, 1), B - 2);
        const at = i - (i % B) + b;
        const step = (wavelengthsNm[b + 1] - wavelengthsNm[b - 1]) / 2;
        result[i] = values[i] + ((added / 2) * (values[at - 1] - 2 * values[at] + values[at + 1])) / step ** 2;
      }
      return result;
    }
    const weights = Array.from({ length: B }, (_, b) => gaussianWeights(wavelengthsNm, b, Math.sqrt(added)));
    for (let i = 0; i < values.length; i++) {
      const { first, share } = weights[i % B];
      const start = i - (i % B) + first;
      let sum = 0;
      for (let k = 0; k < share.length; k++) sum += share[k] * values[start + k];
      result[i] = sum;
    }
    return result;
  };
}

/** As counts of `bits` bits, full scale a tenth above the brightest value. */
export function quantise(bits: number): Fault {
  return ({ values }) => {
    const full = 1.1 * values.reduce((most, value) => Math.max(most, value), 0);
    const step = full / (2 ** bits - 1);
    return values.map((value) => Math.round(value / step) * step);
  };
}

/** Full scale at the `share` quantile of all values: what is brighter reads as that. */
export function saturate(share: number): Fault {
  return ({ values }) => {
    const level = quantile(values.slice().sort(), share);
    return values.map((value) => Math.min(value, level));
  };
}

/** Light scattered into the path, as λ⁻⁴: `share` of the mean of all spectra at the shortest wavelength. */
export function pathRadiance(share: number): Fault {
  return (spectra) => {
    const { values, wavelengthsNm } = spectra;
    const level = share * mean(values);
    const B = wavelengthsNm.length;
    return values.map((value, i) => value + level * (wavelengthsNm[0] / wavelengthsNm[i % B]) ** 4);
  };
}

/** Bands of water vapour between 400 and 1,000 nm, with their depth against the deepest and their width. */
const WATER_VAPOUR = [
  { nm: 720, depth: 0.35, sigmaNm: 8 },
  { nm: 820, depth: 0.3, sigmaNm: 9 },
  { nm: 940, depth: 1, sigmaNm: 16 },
];

/** Water vapour that the atmospheric correction left in: absorbs `depth` at 940 nm (negative: taken out too much). */
export function waterVapour(depth: number): Fault {
  return bandwise((value, nm) => {
    const absorbed = WATER_VAPOUR.reduce(
      (sum, line) => sum + line.depth * Math.exp(-0.5 * ((nm - line.nm) / line.sigmaNm) ** 2),
      0,
    );
    return value * (1 - depth * absorbed);
  });
}

/**
 * Reflectance as radiance at the sensor, scaled back to the mean of the spectra: sunlight as of a black body of 5,778 K, oxygen at 760 nm and water
 * vapour absorbing. What a model is given when somebody forgets the calibration.
 */
export const asRadiance: Fault = ({ values, wavelengthsNm }, random) => {
  const vapour = waterVapour(0.5)({ values, wavelengthsNm }, random);
  const B = wavelengthsNm.length;
  const sun = Float64Array.from({ length: B }, (_, b) => {
    const nm = wavelengthsNm[b];
    const planck = nm ** -5 / (Math.exp(1.4387769e7 / (nm * 5778)) - 1);
    return planck * (1 - 0.4 * Math.exp(-0.5 * ((nm - 760) / 4) ** 2));
  });
  const result = vapour.map((value, i) => value * sun[i % B]);
  const scale = mean(values) / mean(result);
  return result.map((value) => value * scale);
};

/** Replaces one band by the straight line between its neighbours `reach` bands away: what it says alone is gone. */
export function bridgeBand(band: number, reach = 1): Fault {
  return ({ values, wavelengthsNm }) => {
    const B = wavelengthsNm.length;
    const below = band - reach >= 0 ? band - reach : band + reach;
    const above = band + reach < B ? band + reach : band - reach;
    const share =
      below === above
        ? 0
        : (wavelengthsNm[band] - wavelengthsNm[below]) / (wavelengthsNm[above] - wavelengthsNm[below]);
    const result = values.slice();
    for (let start = 0; start < values.length; start += B)
      result[start + band] = values[start + below] + share * (values[start + above] - values[start + below]);
    return result;
  };
}

function bandwise(change: (value: number, nm: number, band: number, bands: number) => number): Fault {
  return ({ values, wavelengthsNm }) => {
    const B = wavelengthsNm.length;
    return values.map((value, i) => change(value, wavelengthsNm[i % B], i % B, B));
  };
}

/** Spectra read `nm(row)` further along, by linear interpolation; beyond the ends by the last slope. */
function displaced({ values, wavelengthsNm }: Spectra, nm: (row: number) => number): Float32Array {
  const B = wavelengthsNm.length;
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length / B; row++) {
    const by = nm(row);
    let below = 0;
    for (let b = 0; b < B; b++) {
      const at = wavelengthsNm[b] + by;
      while (below < B - 2 && wavelengthsNm[below + 1] <= at) below++;
      while (below > 0 && wavelengthsNm[below] > at) below--;
      const share = (at - wavelengthsNm[below]) / (wavelengthsNm[below + 1] - wavelengthsNm[below]);
      const from = row * B + below;
      result[row * B + b] = values[from] + share * (values[from + 1] - values[from]);
    }
  }
  return result;
}

/** Median distance between neighbouring bands. */
function bandStep(wavelengthsNm: ArrayLike<number>): number {
  const steps = Float64Array.from(
    { length: wavelengthsNm.length - 1 },
    (_, b) => wavelengthsNm[b + 1] - wavelengthsNm[b],
  );
  return quantile(steps.sort(), 0.5);
}

function gaussianWeights(
  wavelengthsNm: ArrayLike<number>,
  band: number,
  sigma: number,
): { readonly first: number; readonly share: Float64Array } {
  const near = Array.from({ length: wavelengthsNm.length }, (_, b) => b).filter(
    (b) => Math.abs(wavelengthsNm[b] - wavelengthsNm[band]) <= 4 * sigma,
  );
  const share = Float64Array.from(near, (b) =>
    Math.exp(-0.5 * ((wavelengthsNm[b] - wavelengthsNm[band]) / sigma) ** 2),
  );
  const total = share.reduce((sum, part) => sum + part, 0);
  return { first: near[0], share: share.map((part) => part / total) };
}
