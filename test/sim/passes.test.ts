import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shippedPath } from '../../sdk/base/index.ts';
import { EXAMPLE_TLE, orbitOf, STATIONS } from '../../sim/orbit.ts';
import { type Pass, predictPasses } from '../../sim/passes.ts';

interface Fixture {
  tles: Record<string, [string, string]>;
  fromMs: number;
  untilMs: number;
  states: { tle: string; minutes: number; positionKm: number[]; velocityKmS: number[] }[];
  passes: Record<'svalbard' | 'warsaw' | 'awarua', Pass[]>;
}
const fixture: Fixture = JSON.parse(readFileSync(shippedPath('test', 'fixtures', 'passes.json'), 'utf8'));
const DAY_MS = 86_400_000;

describe('an orbit', () => {
  test('agrees with the reference SGP4 to a metre over three days', () => {
    for (const { tle, minutes, positionKm, velocityKmS } of fixture.states) {
      const [line1, line2] = fixture.tles[tle];
      const orbit = orbitOf({ name: tle, line1, line2, source: 'fixture' });
      // the epoch carries 8 decimals of a day and Date whole milliseconds: up to 1 ms at 8 km/s
      const timeMs = Math.round(orbit.epochMs + minutes * 60_000);
      const shift = (timeMs - orbit.epochMs) / 1000 - minutes * 60;
      const state = orbit.stateAt(timeMs);
      [state.positionKm.x, state.positionKm.y, state.positionKm.z].forEach((value, axis) => {
        expect(Math.abs(value - positionKm[axis] - velocityKmS[axis] * shift)).toBeLessThan(1e-3);
      });
    }
  });

  test('has the period of its mean motion, and comes back above the same latitude after it', () => {
    const orbit = orbitOf(EXAMPLE_TLE);
    expect(orbit.periodMs).toBeCloseTo(DAY_MS / 15.13677022, 3);
    const start = orbit.subpointAt(orbit.epochMs);
    const later = orbit.subpointAt(orbit.epochMs + orbit.periodMs);
    expect(Math.abs(later.latitudeDeg - start.latitudeDeg)).toBeLessThan(0.5);
    expect(start.heightKm).toBeGreaterThan(500);
    expect(start.heightKm).toBeLessThan(550);
  });

  test('is sun-synchronous: it crosses the equator northwards at the same local time two months later', () => {
    const orbit = orbitOf(EXAMPLE_TLE);
    const local = (fromMs: number) => {
      let t = fromMs;
      while (!(orbit.subpointAt(t).latitudeDeg < 0 && orbit.subpointAt(t + 10_000).latitudeDeg >= 0)) t += 10_000;
      const hours = (t % DAY_MS) / 3_600_000 + orbit.subpointAt(t).longitudeDeg / 15;
      return ((hours % 24) + 24) % 24;
    };
    const drift = local(orbit.epochMs + 60 * DAY_MS) - local(orbit.epochMs);
    expect(Math.abs(drift)).toBeLessThan(0.1);
  });

  test('is refused when a digit of its lines is wrong', () => {
    const line2 = EXAMPLE_TLE.line2.replace('97.4969', '97.4968');
    expect(() => orbitOf({ ...EXAMPLE_TLE, line2 })).toThrow(/NADIR-1.*Copy|checksum/);
    expect(() => orbitOf({ ...EXAMPLE_TLE, line1: EXAMPLE_TLE.line1.slice(0, 60) })).toThrow(/69 characters/);
  });
});

describe('passes', () => {
  test.each(['svalbard', 'warsaw', 'awarua'] as const)('over %s are those that skyfield finds', (name) => {
    const passes = predictPasses(EXAMPLE_TLE, STATIONS[name], fixture.fromMs, fixture.untilMs);
    // skyfield drops a pass that is cut by either end of the interval
    const whole = passes.filter(({ aosMs, losMs }) => aosMs > fixture.fromMs && losMs < fixture.untilMs);
    expect(whole.length).toBe(fixture.passes[name].length);
    whole.forEach((pass, i) => {
      const other = fixture.passes[name][i];
      // within 2 s, except that grazing passes turn small angles into long times
      const slack = other.maxElevationDeg < STATIONS[name].minElevationDeg + 1 ? 20_000 : 2_000;
      expect(Math.abs(pass.aosMs - other.aosMs)).toBeLessThan(slack);
      expect(Math.abs(pass.losMs - other.losMs)).toBeLessThan(slack);
      expect(Math.abs(pass.maxElevationDeg - other.maxElevationDeg)).toBeLessThan(0.1);
    });
  });

  test('begin and end at the mask, stay above it between, and come in order', () => {
    const station = STATIONS.svalbard;
    const orbit = orbitOf(EXAMPLE_TLE);
    const passes = predictPasses(EXAMPLE_TLE, station, fixture.fromMs, fixture.fromMs + 2 * DAY_MS);
    expect(passes.length).toBeGreaterThan(20);
    let previous = Number.NEGATIVE_INFINITY;
    for (const { aosMs, losMs, maxElevationDeg } of passes) {
      expect(aosMs).toBeGreaterThan(previous);
      previous = losMs;
      if (aosMs > fixture.fromMs) {
        expect(Math.abs(orbit.elevationDeg(station, aosMs) - station.minElevationDeg)).toBeLessThan(0.05);
      }
      if (losMs < fixture.untilMs) {
        expect(Math.abs(orbit.elevationDeg(station, losMs) - station.minElevationDeg)).toBeLessThan(0.05);
      }
      let highest = 0;
      for (let t = aosMs + 1000; t < losMs - 1000; t += 1000) {
        const elevation = orbit.elevationDeg(station, t);
        expect(elevation).toBeGreaterThan(station.minElevationDeg);
        highest = Math.max(highest, elevation);
      }
      expect(maxElevationDeg).toBeGreaterThanOrEqual(highest - 1e-6);
      expect(maxElevationDeg).toBeLessThan(highest + 0.5);
    }
  });

  test('in progress at the ends of the time asked for are clipped to it', () => {
    const [pass] = predictPasses(EXAMPLE_TLE, STATIONS.svalbard, fixture.fromMs + 3_600_000, fixture.untilMs);
    const middle = (pass.aosMs + pass.losMs) / 2;
    const [first] = predictPasses(EXAMPLE_TLE, STATIONS.svalbard, middle, pass.losMs + 60_000);
    expect(first.aosMs).toBe(middle);
    const last = predictPasses(EXAMPLE_TLE, STATIONS.svalbard, pass.aosMs - 60_000, middle).at(-1);
    expect(last?.losMs).toBe(middle);
  });
});
