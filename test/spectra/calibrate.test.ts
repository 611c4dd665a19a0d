import { describe, expect, test } from 'vitest';
import { formatNpz, type NdArray, Random, readNpz, shippedPath, toFloat64 } from '../../sdk/base/index.ts';
import { type Calibration, countsToRadiance } from '../../sdk/spectra/calibrate.ts';
import { readHypso1Calibration } from '../../sdk/spectra/calibrate-hypso1.ts';
import { smileCorrection } from '../../sdk/spectra/calibrate-smile.ts';
import {
  bandIrradiance,
  radianceToReflectance,
  readSolarIrradiance,
  sunDistance,
} from '../../sdk/spectra/calibrate-solar.ts';
import { type Frame, type FrameData, frameOf, usableOf } from '../../sdk/spectra/frame.ts';
import { put, temporaryFolder } from './frame-cases.ts';

const hypso = await readHypso1Calibration();
const solar = await readSolarIrradiance();
const MATRICES = {
  gain: 'radiometric_calibration_matrix_HYPSO-1_nominal_v1.npz',
  destriping: 'destriping_matrix_HYPSO-1_nominal_v1.npz',
  smile: 'smile_correction_matrix_HYPSO-1_nominal_v1.npz',
};
const shipped = async (file: string): Promise<NdArray> =>
  (await readNpz(shippedPath('models', 'hypso1', file))).get('arr_0') ?? { shape: [0], data: new Float64Array() };
/** Wavelength of each band in each sample, [across, bands]. */
const smileNm = toFloat64(await shipped(MATRICES.smile));
const folder = temporaryFolder();
const LINES = 2;
const EXPOSURE = 0.03;
const { across, bands, gain, destriping = new Float64Array(), wavelengthsNm } = hypso;

/** Counts [bands, lines, across] that a camera with this calibration would have given for a radiance of each sample and band. */
function captured({ gain, dark }: Calibration, radianceOf: (x: number, b: number) => number): Float64Array {
  const counts = new Float64Array(bands * LINES * across);
  for (let b = 0; b < bands; b++)
    for (let line = 0; line < LINES; line++)
      for (let x = 0; x < across; x++)
        counts[(b * LINES + line) * across + x] =
          Number(dark) + (gain[x * bands + b] > 0 ? (radianceOf(x, b) * EXPOSURE) / gain[x * bands + b] : 0);
  return counts;
}

function frame(data: FrameData, changes: Partial<Frame> = {}): Frame {
  const parts = { bands, height: LINES, width: across, data, notes: [], quantity: 'counts' as const, ...changes };
  return frameOf({ wavelengthsNm, ...parts }, 'capture.bip', 'hash');
}

/** Largest relative distance over the usable bands and all pixels. */
function farthest(result: Frame, expected: (x: number, b: number) => number): number {
  let worst = 0;
  for (const b of usableOf(result).bands)
    for (let pixel = 0; pixel < LINES * across; pixel++) {
      const value = expected(pixel % across, b);
      worst = Math.max(worst, Math.abs(result.data[b * LINES * across + pixel] / value - 1));
    }
  return worst;
}

describe('the HYPSO-1 matrices', () => {
  test('are gains, destriping factors near 1, and a wavelength for every band of every sample', () => {
    expect([across, bands, gain.length, destriping.length]).toEqual([171, 120, 171 * 120, 171 * 120]);
    // read by numpy
    expect([gain[85 * 120 + 60], destriping[25 * 120 + 20], wavelengthsNm[0], wavelengthsNm[119]]).toEqual([
      0.0008126294706016779, 0.9989976286888123, 389.662353515625, 800.7632446289062,
    ]);
  });

  test('may be all 684 samples of the published files, in a folder of the user', async () => {
    // every shipped sample four times over: the published shape, float64 as published
    for (const [file, array] of await Promise.all(
      Object.values(MATRICES).map(async (file) => [file, await shipped(file)] as const),
    )) {
      const values = toFloat64(array);
      const full = Float64Array.from({ length: 684 * 120 }, (_, i) => values[Math.floor(i / 480) * 120 + (i % 120)]);
      put(folder, file, formatNpz({ arr_0: { shape: [684, 120], data: full } }));
    }
    const whole = await readHypso1Calibration(folder);
    expect([whole.across, whole.bands, [...whole.wavelengthsNm]]).toEqual([684, 120, [...wavelengthsNm]]);
    const counts = new Float64Array(120 * 684).fill(Number(whole.dark) + 100);
    const result = countsToRadiance(frame(counts, { height: 1, width: 684 }), whole, { exposureSeconds: EXPOSURE });
    const few = countsToRadiance(frame(counts.subarray(0, 120 * 171), { height: 1, width: 171 }), hypso, {
      exposureSeconds: EXPOSURE,
    });
    expect([...result.data].filter((_, i) => i % 4 === 0)).toEqual([...few.data]);
    // matrices of two capture modes do not go together
    put(folder, MATRICES.smile, formatNpz({ arr_0: await shipped(MATRICES.smile) }));
    await expect(readHypso1Calibration(folder)).rejects.toThrow(/a matrix of 171 × 120 beside a gain of 684 × 120/);
  });

  test('take counts of a scene of one radiance back to that radiance', () => {
    const L = 87.5;
    const withoutStripes: Calibration = { ...hypso, destriping: new Float64Array(across * bands).fill(1) };
    const result = countsToRadiance(frame(captured(hypso, () => L)), withoutStripes, { exposureSeconds: EXPOSURE });
    expect(farthest(result, () => L)).toBeLessThan(1e-6);
    expect(result.quantity).toBe('radiance');
    // with the stripes taken out, what is left is the matrix itself
    const striped = countsToRadiance(frame(captured(hypso, () => L)), hypso, { exposureSeconds: EXPOSURE });
    expect(farthest(striped, (x, b) => L * destriping[x * bands + b])).toBeLessThan(1e-6);
  });

  test('leave bands out that they do not calibrate in every sample, or would have to extrapolate', () => {
    const result = countsToRadiance(frame(captured(hypso, () => 50)), hypso, { exposureSeconds: EXPOSURE });
    const bad = [...(result.goodBands ?? [])].flatMap((flag, b) => (flag === 0 ? [b] : []));
    // the first four have no gain somewhere; the smile takes the last beyond the end of the outer samples
    expect(bad).toEqual([0, 1, 2, 3, 119]);
    expect(usableOf(result).excludedPixels).toBe(0);
    expect(result.notes.join()).toMatch(/5 of 120 bands are not calibrated throughout/);
  });

  test('bring a smooth spectrum to the same wavelengths in all samples', () => {
    const radiance = (nm: number) => 60 + 20 * Math.sin(nm / 25);
    const { destriping: _, ...flat } = hypso;
    const counts = captured(flat, (x, b) => radiance(smileNm[x * bands + b]));
    const corrected = countsToRadiance(frame(counts), flat, { exposureSeconds: EXPOSURE });
    expect(farthest(corrected, (_x, b) => radiance(wavelengthsNm[b]))).toBeLessThan(1e-5);
    // without the correction the outer samples are off by a hundred times that
    const { smile: __, ...raw } = flat;
    const uncorrected = countsToRadiance(frame(counts), raw, { exposureSeconds: EXPOSURE });
    expect(farthest(uncorrected, (_x, b) => radiance(wavelengthsNm[b]))).toBeGreaterThan(1e-3);
  });

  test('take a flat reflectance through the sun, the camera and back to itself', () => {
    const sun = { zenithDegrees: 41.5, dayOfYear: 172 };
    const { smile: _, ...straight } = hypso;
    const irradiance = bandIrradiance(solar, { name: 'test', wavelengthsNm });
    const geometry = Math.cos((sun.zenithDegrees * Math.PI) / 180) / (Math.PI * sunDistance(sun.dayOfYear) ** 2);
    const counts = captured(straight, (x, b) => (0.3 * irradiance[b] * geometry) / destriping[x * bands + b]);
    const radiance = countsToRadiance(frame(counts), straight, { exposureSeconds: EXPOSURE });
    const result = radianceToReflectance(radiance, sun, solar);
    expect(farthest(result, () => 0.3)).toBeLessThan(1e-6);
    expect([result.quantity, result.scale]).toEqual(['reflectance', 1]);
  });

  test('take 12-bit counts, and leave missing ones missing', () => {
    const whole = Uint16Array.from(
      captured(hypso, () => 90),
      Math.round,
    );
    whole[40 * LINES * across + 7] = 65535;
    const result = countsToRadiance(frame(whole, { noData: 65535 }), hypso, { exposureSeconds: EXPOSURE });
    expect([...usableOf(result).excluded.keys()].filter((pixel) => usableOf(result).excluded[pixel] === 1)).toEqual([
      7,
    ]);
    const other = 43 * LINES * across + 100;
    expect(result.data[other] / (90 * destriping[100 * bands + 43])).toBeCloseTo(1, 3);
  });

  test.each([
    [
      'another size',
      { exposureSeconds: 0.03, acrossTrack: 'height' as const },
      {},
      /2 samples across the track where the calibration has 120 and 171: capture\.bip height/,
    ],
    ['no exposure', { exposureSeconds: 0 }, {}, /exposure of 0 s: capture\.bip exposure/],
    [
      'radiance already',
      { exposureSeconds: 0.03 },
      { quantity: 'radiance' as const },
      /is radiance already: capture\.bip quantity/,
    ],
  ])('refuse a frame with %s', (_, options, changes, message) => {
    expect(() =>
      countsToRadiance(
        frame(
          captured(hypso, () => 1),
          changes,
        ),
        hypso,
        options,
      ),
    ).toThrow(message);
  });
});

describe('smile correction', () => {
  test('keeps constants, is exact for cubics, and never extrapolates', () => {
    const random = Random.of(2, 'smile');
    const targetNm = Float64Array.from({ length: 12 }, (_, b) => 400 + 10 * b);
    const own = Float64Array.from(
      [0, 1, 2].flatMap((x) => [...targetNm].map((nm) => nm + x - 1 + random.uniform() / 3)),
    );
    const { first, weights } = smileCorrection(own, targetNm, new Float64Array(36).fill(1), 'matrix');
    const apply = (x: number, b: number, f: (nm: number) => number) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + weights[(x * 12 + b) * 4 + k] * f(own[x * 12 + first[x * 12 + b] + k]), 0);
    const cubic = (nm: number) => 1 + ((nm - 450) / 20) ** 3 - ((nm - 440) / 30) ** 2;
    for (let x = 0; x < 3; x++)
      for (let b = 0; b < 12; b++) {
        const reached = own[x * 12] <= targetNm[b] && targetNm[b] <= own[x * 12 + 11];
        expect(first[x * 12 + b] >= 0).toBe(reached);
        if (!reached) continue;
        expect(apply(x, b, () => 7)).toBeCloseTo(7, 12);
        expect(apply(x, b, cubic)).toBeCloseTo(cubic(targetNm[b]), 9);
      }
  });

  test('does not read bands that are not calibrated', () => {
    const nm = Float64Array.from({ length: 8 }, (_, b) => 500 + b);
    const valid = Float64Array.of(0, 1, 1, 1, 1, 1, 0, 1);
    expect([...smileCorrection(nm, nm, valid, 'matrix').first]).toEqual([-1, 1, 1, 2, 2, 2, -1, -1]);
    expect(() => smileCorrection(nm.toReversed(), nm, valid, 'matrix')).toThrow(/not increasing: matrix sample 1/);
  });
});

describe('the sun', () => {
  test('is nearest in early January and farthest in early July', () => {
    expect(sunDistance(4)).toBeCloseTo(0.9833, 4);
    expect(sunDistance(186)).toBeCloseTo(1.0167, 4);
    expect(sunDistance(94)).toBeCloseTo(1, 2);
  });

  test("gives the bands Thuillier's irradiance under their response", () => {
    const [at500, at865] = bandIrradiance(solar, {
      name: 'test',
      wavelengthsNm: Float64Array.of(500, 865),
      fwhmNm: Float64Array.of(10, 20),
    });
    // as published for these regions: about 1.92 and 0.96 W m⁻² nm⁻¹
    expect([at500 / 1920, at865 / 960].every((ratio) => Math.abs(ratio - 1) < 0.02)).toBe(true);
  });

  test.each([
    ['below the horizon', { zenithDegrees: 95, dayOfYear: 1 }, {}, /zenith angle of 95°/],
    ['on no day', { zenithDegrees: 30, dayOfYear: 0 }, {}, /day 0 of the year/],
    ['over counts', { zenithDegrees: 30, dayOfYear: 1 }, { quantity: 'counts' as const }, /is counts, not radiance/],
    [
      'beyond its table',
      { zenithDegrees: 30, dayOfYear: 1 },
      { wavelengthsNm: wavelengthsNm.map((nm) => nm + 2000) },
      /solar irradiance target band .*Leave these bands out/,
    ],
  ])('%s is refused', (_, sun, changes, message) => {
    const scene = frame(new Float32Array(bands * LINES * across).fill(50), { quantity: 'radiance', ...changes });
    expect(() => radianceToReflectance(scene, sun, solar)).toThrow(message);
  });
});
