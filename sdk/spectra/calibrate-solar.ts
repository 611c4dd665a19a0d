/**
 * From radiance at the top of the atmosphere to reflectance there: ρ = π · L · d² / (E₀ · cos θ), with the sun's irradiance E₀ at
 * 1 AU, its zenith angle θ and the distance d in AU (Thuillier et al. 2003, Solar Physics 214, 1–22, for E₀; the equation as in
 * NASA's Landsat handbook). The air's own share is not taken out.
 */
import { NadirError, readBounded, shippedPath } from '../base/index.ts';
import { parseCsv } from './csv.ts';
import type { Frame } from './frame.ts';
import { applyResampling, bandResampling } from './resample.ts';
import { spacing } from './resample-response.ts';

const MAX_CSV_BYTES = 16 * 2 ** 20;
/** The published table has steps of up to 4.7 nm where the spectrum is smooth. */
const LONGEST_STEP_NM = 5;

export interface SolarIrradiance {
  readonly nm: Float64Array;
  /** mW m⁻² nm⁻¹ at 1 AU. */
  readonly irradiance: Float64Array;
}

export interface Sun {
  /** Angle between the sun and the zenith in degrees, below 90. */
  readonly zenithDegrees: number;
  /** Day of the year, 1 … 366. */
  readonly dayOfYear: number;
}

/** Distance of the sun in AU: d = 1 − 0.01672·cos(0.9856°·(day − 4)), good to 3e-4. */
export function sunDistance(dayOfYear: number): number {
  return 1 - 0.01672 * Math.cos(((0.9856 * Math.PI) / 180) * (dayOfYear - 4));
}

/**
 * Reads a table of solar irradiance: a CSV with the wavelength in nm and mW m⁻² nm⁻¹. Where no path is given, the shipped one, which
 * is cut to 350 … 1000 nm; the published one reaches 2397 nm.
 */
export async function readSolarIrradiance(
  path: string = shippedPath('models', 'hypso1', 'Solar_irradiance_Thuillier_2002.csv'),
): Promise<SolarIrradiance> {
  const { rows, rowNumbers } = parseCsv((await readBounded(path, MAX_CSV_BYTES)).toString('utf8'), path);
  const values = rows.slice(1).map((cells, row) => {
    const pair = cells.map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    if (pair.length !== 2 || !pair.every(Number.isFinite))
      throw new NadirError({
        what: `"${cells.join(',').slice(0, 40)}" is not a wavelength and an irradiance`,
        where: `${path} row ${rowNumbers[row + 1]}`,
        remedy: 'Give two columns: nm and mW/m2/nm',
      });
    return pair;
  });
  return { nm: Float64Array.from(values, ([nm]) => nm), irradiance: Float64Array.from(values, ([, value]) => value) };
}

/**
 * Irradiance in each band of a frame: its mean under the band's Gaussian response, [bands]. FWHM by default the bands' spacing.
 */
export function bandIrradiance(
  solar: SolarIrradiance,
  frame: Pick<Frame, 'name' | 'wavelengthsNm' | 'fwhmNm'>,
): Float64Array {
  const matrix = bandResampling(
    {
      fromNm: solar.nm,
      longestStepNm: LONGEST_STEP_NM,
      toNm: frame.wavelengthsNm,
      fwhmNm: frame.fwhmNm ?? spacing(frame.wavelengthsNm),
    },
    `${frame.name} solar irradiance`,
  );
  const result = new Float64Array(frame.wavelengthsNm.length);
  applyResampling(matrix, solar.irradiance, result);
  return result;
}

/**
 * Reflectance 0 … 1 at the top of the atmosphere, float32, from radiance in mW m⁻² sr⁻¹ nm⁻¹ (the same number as W m⁻² sr⁻¹
 * µm⁻¹). Throws a NadirError for a frame that is no radiance, a sun at or below the horizon, or bands outside the solar table.
 */
export function radianceToReflectance(frame: Frame, sun: Sun, solar: SolarIrradiance): Frame {
  const fail = (what: string, place: string, remedy: string) =>
    new NadirError({ what, where: `${frame.name} ${place}`, remedy });
  if (frame.quantity !== 'radiance')
    throw fail(`the frame is ${frame.quantity}, not radiance`, 'quantity', 'Calibrate counts to radiance first');
  if (!(sun.zenithDegrees >= 0 && sun.zenithDegrees < 90))
    throw fail(`a solar zenith angle of ${sun.zenithDegrees}°`, 'sun', 'Give degrees from 0 to below 90');
  if (!(sun.dayOfYear >= 1 && sun.dayOfYear < 367))
    throw fail(`day ${sun.dayOfYear} of the year`, 'sun', 'Give the day of the year, 1 to 366');
  const irradiance = bandIrradiance(solar, frame);
  const geometry = (Math.PI * sunDistance(sun.dayOfYear) ** 2) / Math.cos((sun.zenithDegrees * Math.PI) / 180);
  const pixels = frame.height * frame.width;
  const data = new Float32Array(frame.data.length);
  for (let b = 0; b < frame.bands; b++) {
    const factor = geometry / irradiance[b];
    for (let i = b * pixels; i < (b + 1) * pixels; i++)
      data[i] = frame.data[i] === frame.noData ? Number.NaN : frame.data[i] * factor;
  }
  const { noData: _, ...rest } = frame;
  return {
    ...rest,
    data,
    quantity: 'reflectance',
    scale: 1,
    notes: [...frame.notes, 'reflectance at the top of the atmosphere: the air is not corrected for'],
  };
}
