/**
 * Resampling of spectra from one instrument's bands to another's by the Gaussian response of each target band. Between its band
 * centres the source is taken as piecewise linear, and a target band is the mean of that line under the response, truncated at
 * ±1.5 FWHM (99.96 % of it): constants and straight lines come out exactly, whatever the spacing of either side. Every target is
 * a weighted sum of source bands, so the whole is a sparse matrix that can fly. Nothing is extrapolated, nor drawn across a hole
 * in the source.
 */
import { NadirError } from '../base/index.ts';
import type { SpectralFeature } from './feature.ts';
import { checkWavelengths } from './frame-wavelengths.ts';
import { covering, knots, respond, spacing } from './resample-response.ts';
import type { SpectraTable } from './table.ts';

export interface ResampleOptions {
  /** Band centres of the source in nm, in the spectra's order, which need not be increasing, [from]. */
  readonly fromNm: ArrayLike<number>;
  /** Band centres of the target in nm, [to]. */
  readonly toNm: ArrayLike<number>;
  /** FWHM of each target band in nm, [to], or one for all. Default: the mean distance to the neighbouring target bands. */
  readonly fwhmNm?: ArrayLike<number> | number;
  /** What becomes of target bands that the source does not cover: an error (default), or NaN and an entry in `outside`. */
  readonly outside?: 'refuse' | 'mark';
  /**
   * Longest distance in nm between neighbouring source bands over which a line may be drawn; longer ones are holes. Default:
   * three times the median distance, or half the target's FWHM where that is more.
   */
  readonly longestStepNm?: number;
  /** What becomes of source bands at one wavelength: an error (default), or their mean. */
  readonly duplicates?: 'refuse' | 'average';
}

/** A sparse matrix [to, from] in rows: target t = Σ weights[i]·source[bands[i]] for i in starts[t] … starts[t + 1] − 1. */
export interface Resampling {
  readonly fromNm: Float64Array;
  readonly toNm: Float64Array;
  readonly fwhmNm: Float64Array;
  /** [to + 1]. */
  readonly starts: Uint32Array;
  /** Source bands in the spectra's order. */
  readonly bands: Uint32Array;
  /** Sum to 1 in each row. */
  readonly weights: Float64Array;
  /** Target bands that the source does not cover, increasing; their rows are empty. */
  readonly outside: readonly number[];
}

const MAX_SOURCE = 2 ** 16;
/** The matrix between two instruments. Errors name the band and the remedy; `where` names the spectra in them. */
export function bandResampling(options: ResampleOptions, where = 'resampling'): Resampling {
  const { outside: onOutside = 'refuse', duplicates = 'refuse' } = options;
  const fromNm = Float64Array.from(options.fromNm);
  const toNm = Float64Array.from(options.toNm);
  if (fromNm.length < 2 || fromNm.length > MAX_SOURCE || toNm.length === 0)
    throw new NadirError({
      what: `cannot resample ${fromNm.length} bands to ${toNm.length}`,
      where,
      remedy: `Give 2 to ${MAX_SOURCE} source bands and at least one target band`,
    });
  checkWavelengths(toNm, undefined, `${where} target`);
  // with `average`, bands at one wavelength are not an error: only the numbers are checked, each alone
  if (duplicates === 'refuse') checkWavelengths(fromNm, undefined, `${where} source`);
  else for (const nm of fromNm) checkWavelengths([nm], undefined, `${where} source`);
  const fwhmNm = widths(options.fwhmNm, toNm, where);
  const source = knots(fromNm);
  const starts = new Uint32Array(toNm.length + 1);
  const bands: number[] = [];
  const weights: number[] = [];
  const outside: number[] = [];
  const row = new Float64Array(source.nm.length);
  for (let t = 0; t < toNm.length; t++) {
    const segment = covering(source, toNm[t], fwhmNm[t], options.longestStepNm);
    if (segment === undefined) outside.push(t);
    else {
      respond(source.nm, segment, toNm[t], fwhmNm[t], row);
      for (let knot = segment.first; knot <= segment.last; knot++) {
        if (row[knot] === 0) continue;
        for (const band of source.members[knot]) {
          bands.push(band);
          weights.push(row[knot] / source.members[knot].length);
        }
        row[knot] = 0;
      }
    }
    starts[t + 1] = bands.length;
  }
  if (outside.length > 0 && onOutside === 'refuse') {
    const [t] = outside;
    throw new NadirError({
      what: `${outside.length} of ${toNm.length} target bands lie outside the source's ${source.nm[0]} … ${source.nm.at(-1)} nm or in a hole of it`,
      where: `${where} target band ${t + 1} at ${toNm[t]} nm`,
      remedy: 'Leave these bands out, or have them marked as outside; they are never extrapolated',
    });
  }
  return { fromNm, toNm, fwhmNm, starts, bands: Uint32Array.from(bands), weights: Float64Array.from(weights), outside };
}

/**
 * Applies the matrix to spectra [n, from] → [n, to]; bands outside are NaN. Pass `into` to have no allocation.
 */
export function applyResampling(
  { fromNm, toNm, starts, bands, weights }: Resampling,
  spectra: Float32Array | Float64Array,
  into: Float32Array | Float64Array = new Float32Array((spectra.length / fromNm.length) * toNm.length),
): Float32Array | Float64Array {
  const from = fromNm.length;
  const to = toNm.length;
  const n = spectra.length / from;
  if (!Number.isInteger(n) || into.length !== n * to)
    throw new RangeError(`${spectra.length} values are not spectra of ${from} bands, or the result does not fit`);
  for (let sample = 0; sample < n; sample++)
    for (let t = 0; t < to; t++) {
      let sum = starts[t] === starts[t + 1] ? Number.NaN : 0;
      for (let i = starts[t]; i < starts[t + 1]; i++) sum += weights[i] * spectra[sample * from + bands[i]];
      into[sample * to + t] = sum;
    }
  return into;
}

/**
 * Spectra [n, from] on the target's bands, [n, to], with the target bands that are NaN because the source does not cover them.
 */
export function resample(
  spectra: Float32Array | Float64Array,
  options: ResampleOptions,
): { readonly spectra: Float32Array | Float64Array; readonly outside: readonly number[] } {
  const matrix = bandResampling(options);
  return { spectra: applyResampling(matrix, spectra), outside: matrix.outside };
}

/**
 * A spectra table on another instrument's bands. With `outside: 'mark'` its uncovered bands are NaN: a feature that reads one is
 * NaN, and says so, while features that read others are sound.
 */
export function resampleTable(
  table: SpectraTable,
  options: Omit<ResampleOptions, 'fromNm'>,
): { readonly table: SpectraTable; readonly outside: readonly number[] } {
  const matrix = bandResampling({ ...options, fromNm: table.wavelengthsNm }, table.name);
  const reflectance = Float32Array.from(applyResampling(matrix, table.reflectance));
  const { sigma: _, ...rest } = table;
  return { table: { ...rest, wavelengthsNm: matrix.toNm, reflectance }, outside: matrix.outside };
}

/**
 * Features of the target's mean spectrum as functionals of the source's: what the board computes without resampling anything.
 * Throws a NadirError for a feature that reads a band outside, or that is not of the mean spectrum itself.
 */
export function featuresOnInstrument(features: readonly SpectralFeature[], matrix: Resampling): SpectralFeature[] {
  return features.map((feature) => {
    const { name, group, bands, weights, view = 'mean' } = feature;
    const bad = bands.find((band) => matrix.outside.includes(band));
    if (bad !== undefined || view !== 'mean')
      throw new NadirError({
        what:
          bad === undefined
            ? `a feature of the view ${view} is not linear`
            : 'a feature reads a band that the instrument does not cover',
        where: bad === undefined ? name : `${name} at ${matrix.toNm[bad]} nm`,
        remedy: bad === undefined ? 'Resample the spectra, then compute it' : 'Train without the bands outside',
      });
    const sums = new Map<number, number>();
    bands.forEach((band, f) => {
      for (let i = matrix.starts[band]; i < matrix.starts[band + 1]; i++)
        sums.set(matrix.bands[i], (sums.get(matrix.bands[i]) ?? 0) + weights[f] * matrix.weights[i]);
    });
    const read = [...sums].filter(([, weight]) => weight !== 0).sort(([a], [b]) => a - b);
    return { name, group, bands: read.map(([band]) => band), weights: read.map(([, weight]) => weight) };
  });
}

function widths(given: ResampleOptions['fwhmNm'], toNm: Float64Array, where: string): Float64Array {
  const fail = (what: string) =>
    new NadirError({ what, where: `${where} target fwhm`, remedy: 'Give the positive FWHM of each target band in nm' });
  if (given === undefined) {
    if (toNm.length < 2) throw fail('one target band has no neighbour to take its width from');
    return spacing(toNm);
  }
  const result = typeof given === 'number' ? new Float64Array(toNm.length).fill(given) : Float64Array.from(given);
  if (result.length !== toNm.length) throw fail(`${result.length} widths for ${toNm.length} bands`);
  const bad = result.findIndex((width) => !(width > 0 && width < 10_000));
  if (bad >= 0) throw fail(`band ${bad + 1} has the width ${result[bad]}`);
  return result;
}
