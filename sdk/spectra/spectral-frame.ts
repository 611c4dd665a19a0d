/**
 * A spectral frame as the instrument or the simulator hands it over: an .npz with `data` [bands, h, w], optional `mask` (true = pixel
 * EXCLUDED, numpy's masked-array convention) and `wavelengths` [bands] in nm. On board its mean spectrum is used, and the singular values of
 * its band images where the model's features need them.
 */
import { NadirError, type NdArray, parseNpy, readBounded, readZip } from '../base/index.ts';
import { PatchReducer } from './pixel-figures.ts';

/** Largest frame file that is read: 64 MiB. */
const MAX_FILE_BYTES = 64 * 2 ** 20;
/** Largest array of a frame once inflated: a small file must not fill a board's memory. */
const MAX_MEMBER_BYTES = 48 * 2 ** 20;
const MAX_BANDS = 4096;
/** As many wavelengths in float64, and a header. */
const MAX_WAVELENGTH_BYTES = 8 * MAX_BANDS + 4096;
const MAX_PIXELS = 2 ** 24;

const reducer = new PatchReducer();

export interface SpectralFrame {
  /** Mean over the pixels that are not masked, per band, [bands]. */
  readonly meanSpectrum: Float32Array;
  readonly wavelengthsNm: Float64Array;
  /** Five largest singular values of each band image, [5, bands], where they were asked for. */
  readonly sigma?: Float64Array;
  /** Pixels that the mean is over, in the band that has most. */
  readonly pixels: number;
}

/** Reads a spectral frame. Errors name the file, the array and the remedy. */
export async function readSpectralFrame(path: string): Promise<SpectralFrame> {
  return parseSpectralFrame(await readBounded(path, MAX_FILE_BYTES), path);
}

/**
 * Parses the bytes of a spectral frame; `where` names them in errors. Inflates only the arrays it needs. `sigma` asks for singular values
 * too, which features of pixels are made of.
 */
export function parseSpectralFrame(bytes: Uint8Array, where: string, { sigma = false } = {}): SpectralFrame {
  const fail = (what: string) =>
    new NadirError({
      what,
      where,
      remedy: 'A frame is an .npz with data [bands, h, w], wavelengths [bands] and maybe a mask; write it again',
    });
  const members = readZip(bytes, where, (name) =>
    name === 'wavelengths.npy' ? MAX_WAVELENGTH_BYTES : MAX_MEMBER_BYTES,
  );
  const array = (name: string): NdArray | undefined => {
    const member = members.get(`${name}.npy`);
    return member && parseNpy(member(), `${where} member ${name}`);
  };
  const data = array('data');
  const wavelengths = array('wavelengths');
  if (data === undefined || wavelengths === undefined)
    throw fail(`the frame has no array "${data === undefined ? 'data' : 'wavelengths'}"`);
  if (data.shape.length !== 3) throw fail(`data has ${data.shape.length} dimensions, not 3`);
  const [bands, height, width] = data.shape;
  const pixels = height * width;
  if (bands < 1 || bands > MAX_BANDS || pixels < 1 || pixels > MAX_PIXELS)
    throw fail(`data of shape (${data.shape.join(', ')}) is empty or too large`);
  if (wavelengths.data.length !== bands) throw fail(`${wavelengths.data.length} wavelengths for ${bands} bands`);
  const mask = array('mask');
  // a mask is given per band, as HYPERVIEW does, or once for all bands
  if (mask !== undefined && mask.data.length !== data.data.length && mask.data.length !== pixels)
    throw fail(`mask of shape (${mask.shape.join(', ')}) does not fit data`);
  const excluded = mask && Uint8Array.from(mask.data as ArrayLike<number | bigint>, (value) => (Number(value) ? 1 : 0));
  const patch = { bands, height, width, data: data.data, ...(excluded && { mask: excluded }) };
  const figures = reducer.reduce(patch, where, { sigma });
  return {
    meanSpectrum: Float32Array.from(figures.mean),
    wavelengthsNm: Float64Array.from(wavelengths.data as ArrayLike<number>, Number),
    pixels: figures.pixels,
    ...(figures.sigma && { sigma: figures.sigma }),
  };
}

/** Throws unless the bands of a frame are those of the model, within `toleranceNm`: weights mean nothing on other bands. */
export function requireSameBands(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  where: string,
  toleranceNm = 0.05,
): void {
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: 'Resample the spectra to the bands that the model was trained on' });
  if (found.length !== expected.length) throw fail(`${found.length} bands where the model has ${expected.length}`);
  for (let band = 0; band < expected.length; band++)
    if (!(Math.abs(found[band] - expected[band]) <= toleranceNm))
      throw fail(`band ${band} is at ${found[band]} nm where the model has ${expected[band]} nm`);
}
