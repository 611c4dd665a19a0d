/**
 * The calibration of HYPSO-1's hyperspectral imager in its nominal capture mode (684 samples across, 120 bands of nine binned
 * columns), from the matrices that NTNU's SmallSat Lab publishes in hypso-package (MIT). Nadir ships every fourth sample of them
 * (models/hypso1), so a capture of all 684 needs a folder with the published files.
 */
import { join } from 'node:path';
import { NadirError, readNpz, shippedPath, toFloat64 } from '../base/index.ts';
import type { Calibration } from './calibrate.ts';
import { smileCorrection } from './calibrate-smile.ts';

/** Dark level of an unbinned column, and columns binned into a band: hypso-package subtracts 8 for each. */
const DARK_PER_COLUMN = 8;
const BINNED_COLUMNS = 9;

const FILES = {
  gain: 'radiometric_calibration_matrix_HYPSO-1_nominal_v1.npz',
  destriping: 'destriping_matrix_HYPSO-1_nominal_v1.npz',
  smile: 'smile_correction_matrix_HYPSO-1_nominal_v1.npz',
} as const;

/**
 * Reads the three matrices. The smile matrix holds the wavelength of every band in every sample; all are brought to those of the
 * middle one, as hypso-package does (the published band centres differ from it by up to 1.8 nm and are not used).
 *
 * @param folder has the three matrices under their published names, of any one number of samples; by default the shipped ones, for
 * 171 samples across the track
 */
export async function readHypso1Calibration(folder: string = shippedPath('models', 'hypso1')): Promise<Calibration> {
  const [gain, destriping, smile] = await Promise.all(
    [FILES.gain, FILES.destriping, FILES.smile].map((file) => matrix(join(folder, file))),
  );
  const { across, bands } = gain;
  for (const [file, other] of [
    [FILES.destriping, destriping],
    [FILES.smile, smile],
  ] as const)
    if (other.across !== across || other.bands !== bands)
      throw new NadirError({
        what: `a matrix of ${other.across} × ${other.bands} beside a gain of ${across} × ${bands}`,
        where: join(folder, file),
        remedy: 'Give matrices of one capture mode',
      });
  const middle = Math.floor(across / 2);
  const wavelengthsNm = smile.values.slice(middle * bands, (middle + 1) * bands);
  return {
    across,
    bands,
    gain: gain.values,
    dark: DARK_PER_COLUMN * BINNED_COLUMNS,
    destriping: destriping.values,
    smile: smileCorrection(smile.values, wavelengthsNm, gain.values, join(folder, FILES.smile)),
    wavelengthsNm,
  };
}

async function matrix(path: string): Promise<{ across: number; bands: number; values: Float64Array }> {
  const array = (await readNpz(path)).get('arr_0');
  if (array?.shape.length !== 2 || !toFloat64(array).every(Number.isFinite))
    throw new NadirError({
      what:
        array === undefined
          ? 'no array "arr_0"'
          : `an array of shape (${array.shape.join(', ')}), or with values that are not finite`,
      where: `${path} member arr_0.npy`,
      remedy: 'Give a matrix [across, bands] saved with numpy.savez',
    });
  const [across, bands] = array.shape;
  return { across, bands, values: toFloat64(array) };
}
