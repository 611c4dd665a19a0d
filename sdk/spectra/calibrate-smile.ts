/**
 * Smile: the wavelength of a band differs between the samples across the track. The correction reads each sample's spectrum at
 * the same wavelengths for all, by cubic interpolation through the four nearest bands (Lagrange): cubics come out exactly, and
 * constants to the last bit but rounding. Four weights a band, so it can fly; a spline would need the whole spectrum.
 */
import { NadirError } from '../base/index.ts';

/** Bands that one corrected band is made of. */
export const SMILE_POINTS = 4;

export interface SmileCorrection {
  /** First of the four bands that are read, [across, bands]; −1 where the sample's spectrum does not reach the wavelength. */
  readonly first: Int16Array;
  /** [across, bands, 4]. */
  readonly weights: Float64Array;
}

/**
 * @param wavelengthsNm wavelength of each band in each sample, [across, bands], increasing along bands
 * @param targetNm wavelengths to bring all to, [bands]
 * @param valid 0 or less where a band of a sample is not to be read, such as its gain, [across, bands]
 * @param where names the matrix in errors
 */
export function smileCorrection(
  wavelengthsNm: Float64Array,
  targetNm: Float64Array,
  valid: Float64Array,
  where: string,
): SmileCorrection {
  const bands = targetNm.length;
  const across = wavelengthsNm.length / bands;
  if (!Number.isInteger(across) || valid.length !== wavelengthsNm.length)
    throw new NadirError({
      what: `${wavelengthsNm.length} wavelengths and ${valid.length} gains for ${bands} bands`,
      where,
      remedy: 'Give matrices [across, bands] of one size',
    });
  const first = new Int16Array(across * bands).fill(-1);
  const weights = new Float64Array(across * bands * SMILE_POINTS);
  for (let x = 0; x < across; x++) {
    const own = wavelengthsNm.subarray(x * bands, (x + 1) * bands);
    if (own.some((nm, b) => !(nm > 0) || (b > 0 && !(nm > own[b - 1]))))
      throw new NadirError({
        what: 'wavelengths are not increasing',
        where: `${where} sample ${x + 1}`,
        remedy: 'Give a smile matrix of wavelengths in nm, [across, bands]',
      });
    const usable = (b: number) => b >= 0 && b < bands && valid[x * bands + b] > 0;
    for (let b = 0; b < bands; b++) {
      const start = stencil(own, targetNm[b], usable);
      first[x * bands + b] = start;
      if (start >= 0)
        lagrange(own.subarray(start, start + SMILE_POINTS), targetNm[b], weights, (x * bands + b) * SMILE_POINTS);
    }
  }
  return { first, weights };
}

/** First of four neighbouring usable bands of which two enclose the wavelength, as near the middle as may be; −1 for none. */
function stencil(own: Float64Array, nm: number, usable: (b: number) => boolean): number {
  let left = 0;
  while (left + 2 < own.length && own[left + 1] <= nm) left++;
  // a wavelength that is a band's own may be enclosed from either side
  for (const b of own[left] === nm ? [left, left - 1] : [left]) {
    if (b < 0 || nm < own[b] || nm > own[b + 1] || !usable(b) || !usable(b + 1)) continue;
    for (const start of [b - 1, b, b - 2]) if ([0, 1, 2, 3].every((k) => usable(start + k))) return start;
  }
  return -1;
}

function lagrange(nodes: Float64Array, at: number, into: Float64Array, offset: number): void {
  for (let k = 0; k < SMILE_POINTS; k++) {
    let weight = 1;
    for (let j = 0; j < SMILE_POINTS; j++) if (j !== k) weight *= (at - nodes[j]) / (nodes[k] - nodes[j]);
    into[offset + k] = weight;
  }
}
