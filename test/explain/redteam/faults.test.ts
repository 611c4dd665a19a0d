/** Sensor faults against closed forms: what each does to spectra whose answer is known. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import * as faults from '../../../sdk/explain/redteam/faults.ts';

const B = 64;
const wavelengthsNm = Float64Array.from({ length: B }, (_, b) => 460 + 8 * b);
const random = () => Random.of(1, 'faults');
const spectra = (rows: number, value: (nm: number, row: number) => number): faults.Spectra => ({
  values: Float32Array.from({ length: rows * B }, (_, i) => value(wavelengthsNm[i % B], Math.floor(i / B))),
  wavelengthsNm,
});
const line = spectra(3, (nm, row) => 10 + row + 0.01 * nm);
const close = (actual: Float32Array, expected: (band: number, row: number) => number, within = 1e-4, skip = 0) =>
  actual.forEach((value, i) => {
    const band = i % B;
    if (band < skip || band >= B - skip) return;
    expect(Math.abs(value - expected(band, Math.floor(i / B)))).toBeLessThan(within);
  });

describe('bands', () => {
  test('dead, stuck and hot fix one band and leave the others', () => {
    const levels = faults.fixedLevels(line, 7);
    const at = (row: number) => 10 + row + 0.01 * wavelengthsNm[7];
    expect(levels.dead).toBe(0);
    expect(levels.stuck).toBeCloseTo((at(0) + at(1) + at(2)) / 3, 4);
    expect(levels.hot).toBeCloseTo(2 * at(2), 4);
    const after = faults.fixBand(7, levels.hot)(line, random());
    after.forEach((value, i) => {
      expect(value).toBe(i % B === 7 ? Math.fround(levels.hot) : line.values[i]);
    });
  });

  test('dropouts strike about the share asked for and repeat the band before', () => {
    const ramp = spectra(200, (nm, row) => nm + row);
    const after = faults.dropouts(0.1)(ramp, random());
    const struck = [...after].filter((value, i) => value !== ramp.values[i]).length / after.length;
    expect(struck).toBeGreaterThan(0.08);
    expect(struck).toBeLessThan(0.12);
  });

  test('bridging a band of a straight line changes nothing, and takes away a spike', () => {
    close(faults.bridgeBand(20)(line, random()), (b, row) => 10 + row + 0.01 * wavelengthsNm[b]);
    const spiked = { ...line, values: line.values.map((value, i) => (i % B === 20 ? value + 5 : value)) };
    close(faults.bridgeBand(20)(spiked, random()), (b, row) => 10 + row + 0.01 * wavelengthsNm[b]);
  });
});

describe('light, gain and air', () => {
  test('gain multiplies, tilt turns about the middle, a dark level adds', () => {
    close(faults.gain(0.8)(line, random()), (b, row) => 0.8 * (10 + row + 0.01 * wavelengthsNm[b]));
    const flat = spectra(1, () => 10);
    const tilted = faults.gainTilt(0.05)(flat, random());
    expect(tilted[0]).toBeCloseTo(9.5, 5);
    expect(tilted[B - 1]).toBeCloseTo(10.5, 5);
    close(faults.offset(0.05)(flat, random()), () => 10.5);
  });

  test('path radiance falls with the fourth power of the wavelength, water vapour is deepest at 940 nm', () => {
    const flat = spectra(1, () => 10);
    close(faults.pathRadiance(0.03)(flat, random()), (b) => 10 + 0.3 * (wavelengthsNm[0] / wavelengthsNm[b]) ** 4);
    const damp = faults.waterVapour(0.2)(flat, random());
    const deepest = damp.indexOf(Math.min(...damp));
    expect(wavelengthsNm[deepest]).toBe(940);
    expect(damp[deepest]).toBeCloseTo(8, 3);
  });
});

describe('the spectral axis', () => {
  test('a shift reads a straight line further along', () => {
    for (const nm of [0.5, -3])
      close(faults.shift(nm)(line, random()), (b, row) => 10 + row + 0.01 * (wavelengthsNm[b] + nm));
  });

  test('smile shifts no row by more than half a band, and not all alike', () => {
    const after = faults.smile(0.5)(line, random());
    const shifts = [0, 1, 2].map((row) => (after[row * B] - line.values[row * B]) / 0.01);
    for (const shift of shifts) expect(Math.abs(shift)).toBeLessThanOrEqual(4 + 1e-3);
    expect(new Set(shifts.map((shift) => shift.toFixed(2))).size).toBe(3);
  });

  test('wider bands add their variance to a parabola, narrower ones take it away', () => {
    const parabola = spectra(1, (nm) => ((nm - 700) / 50) ** 2);
    const sigma = 8 / (2 * Math.sqrt(2 * Math.LN2));
    for (const factor of [0.5, 2]) {
      const added = (sigma ** 2 * (factor ** 2 - 1)) / 2500;
      close(faults.width(factor)(parabola, random()), (b) => ((wavelengthsNm[b] - 700) / 50) ** 2 + added, 2e-3, 4);
    }
  });
});

describe('numbers', () => {
  test('noise has the SD that the signal-to-noise ratio says', () => {
    const flat = spectra(400, () => 20);
    for (const fault of [faults.noise(100), faults.stripes(0.01)]) {
      const after = fault(flat, random());
      const sd = Math.sqrt(after.reduce((sum, value) => sum + (value - 20) ** 2, 0) / after.length);
      expect(sd).toBeGreaterThan(0.195);
      expect(sd).toBeLessThan(0.205);
    }
  });

  test('eight bits leave at most 256 values, each within half a step; saturation clips', () => {
    const ramp = spectra(30, (nm, row) => nm / 10 + row);
    const after = faults.quantise(8)(ramp, random());
    const step = (1.1 * Math.max(...ramp.values)) / 255;
    expect(new Set(after).size).toBeLessThanOrEqual(256);
    after.forEach((value, i) => {
      expect(Math.abs(value - ramp.values[i])).toBeLessThan(step / 2 + 1e-4);
    });
    const clipped = faults.saturate(0.75)(ramp, random());
    const share = clipped.filter((value) => value === Math.max(...clipped)).length / clipped.length;
    expect(share).toBeGreaterThan(0.24);
    expect(share).toBeLessThan(0.27);
  });

  test('the same seed gives the same fault', () => {
    for (const fault of [faults.noise(50), faults.dropouts(0.2), faults.smile(0.5), faults.stripes(0.1)])
      expect(fault(line, random())).toEqual(fault(line, random()));
  });
});
