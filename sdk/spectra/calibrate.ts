/**
 * From a pushbroom camera's counts to radiance. Each sample across the track has its own detector row, so gain, dark level and
 * wavelengths are matrices [across, bands]:
 *
 *   L(x, b) = destriping(x, b) · Σ_k w(x, b, k) · (DN(x, k) − dark) · gain(x, k) / exposure
 *
 * with w the smile correction (see calibrate-smile.ts). This is the order of NTNU's hypso-package: gain, smile, destriping; the
 * destriping factors were measured after the other two.
 */
import { NadirError } from '../base/index.ts';
import { SMILE_POINTS, type SmileCorrection } from './calibrate-smile.ts';
import type { Frame } from './frame.ts';

export interface Calibration {
  /** Samples across the track. */
  readonly across: number;
  readonly bands: number;
  /** Radiance · s in one count, mW m⁻² sr⁻¹ nm⁻¹ s, [across, bands]; 0 where a band is not calibrated. */
  readonly gain: Float64Array;
  /** Counts without light: one level, or [across, bands]. */
  readonly dark: number | Float64Array;
  /** Factors that take the stripes out of radiance, [across, bands]. */
  readonly destriping?: Float64Array;
  readonly smile?: SmileCorrection;
  /** Band centres of the radiance in nm, [bands]. */
  readonly wavelengthsNm: Float64Array;
}

export interface CountsOptions {
  /** Exposure time of one line in s. */
  readonly exposureSeconds: number;
  /** Axis of the frame that lies across the track. Default: width, as in a frame read line by line. */
  readonly acrossTrack?: 'width' | 'height';
}

/**
 * Radiance in mW m⁻² sr⁻¹ nm⁻¹, float32. Bands that are not calibrated in every sample, or would have to be extrapolated by the
 * smile correction in any, are marked bad and are NaN there. Counts that are missing (no-data, masked) stay missing. Throws a
 * NadirError for a frame of another size or quantity.
 */
export function countsToRadiance(frame: Frame, calibration: Calibration, options: CountsOptions): Frame {
  const { across, bands, gain, dark, destriping, smile } = calibration;
  const { exposureSeconds, acrossTrack = 'width' } = options;
  requireCounts(frame, calibration, acrossTrack, exposureSeconds);
  const { height, width, noData } = frame;
  const pixels = height * width;
  const data = new Float32Array(bands * pixels);
  // one row of the frame at a time, [bands, width]: reads and writes stay in order
  const row = new Float64Array(bands * width);
  const step = acrossTrack === 'width' ? bands : 0;
  for (let start = 0; start < pixels; start += width) {
    const first = acrossTrack === 'width' ? 0 : (start / width) * bands;
    for (let b = 0; b < bands; b++)
      for (let c = 0, at = first + b; c < width; c++, at += step) {
        const count = frame.data[b * pixels + start + c];
        const level = typeof dark === 'number' ? dark : dark[at];
        row[b * width + c] =
          gain[at] > 0 && count !== noData ? ((count - level) * gain[at]) / exposureSeconds : Number.NaN;
      }
    for (let b = 0; b < bands; b++)
      for (let c = 0, at = first + b; c < width; c++, at += step) {
        const radiance = smile === undefined ? row[b * width + c] : corrected(smile, at, row, width, c);
        data[b * pixels + start + c] = destriping === undefined ? radiance : radiance * destriping[at];
      }
  }
  const goodBands = Uint8Array.from({ length: bands }, (_, b) => {
    if (frame.goodBands?.[b] === 0) return 0;
    for (let x = 0; x < across; x++) if (!(gain[x * bands + b] > 0) || smile?.first[x * bands + b] === -1) return 0;
    return 1;
  });
  const { noData: _noData, scale: _scale, fwhmNm: _fwhmNm, ...rest } = frame;
  const lost = goodBands.reduce((sum, flag) => sum + (flag === 0 ? 1 : 0), 0);
  return {
    ...rest,
    data,
    wavelengthsNm: calibration.wavelengthsNm,
    goodBands,
    quantity: 'radiance',
    notes: [
      ...frame.notes,
      `calibrated to radiance; ${lost} of ${bands} bands are not calibrated throughout and marked bad`,
    ],
  };
}

/** One band of one sample after the smile correction; `row` is [bands, width], its column `c` the sample. */
function corrected(smile: SmileCorrection, at: number, row: Float64Array, width: number, c: number): number {
  const first = smile.first[at];
  if (first < 0) return Number.NaN;
  let sum = 0;
  for (let k = 0; k < SMILE_POINTS; k++) {
    const weight = smile.weights[at * SMILE_POINTS + k];
    // a band that is not read must not make the sum NaN
    if (weight !== 0) sum += weight * row[(first + k) * width + c];
  }
  return sum;
}

function requireCounts(
  frame: Frame,
  { across, bands, gain, dark, destriping }: Calibration,
  acrossTrack: 'width' | 'height',
  exposureSeconds: number,
): void {
  const fail = (what: string, place: string, remedy: string) =>
    new NadirError({ what, where: `${frame.name} ${place}`, remedy });
  if (frame.quantity === 'radiance' || frame.quantity === 'reflectance')
    throw fail(`the frame is ${frame.quantity} already`, 'quantity', 'Calibrate a frame of counts');
  if (frame.bands !== bands || frame[acrossTrack] !== across)
    throw fail(
      `${frame.bands} bands and ${frame[acrossTrack]} samples across the track where the calibration has ${bands} and ${across}`,
      acrossTrack,
      'Give the calibration of this capture mode, or name the other axis as the one across the track',
    );
  if (!(exposureSeconds > 0 && exposureSeconds < 3600))
    throw fail(`an exposure of ${exposureSeconds} s`, 'exposure', 'Give the exposure time of one line in seconds');
  for (const matrix of [gain, destriping, typeof dark === 'number' ? undefined : dark])
    if (matrix !== undefined && matrix.length !== across * bands)
      throw fail(
        `a calibration matrix of ${matrix.length} values for ${across} × ${bands}`,
        'calibration',
        'Give matrices [across, bands]',
      );
}
