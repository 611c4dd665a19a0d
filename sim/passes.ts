/** Passes of a craft over a ground station: when it rises above the station's mask, how high it gets, when it sets. */
import { NadirError } from '../sdk/base/index.ts';
import { type Orbit, orbitOf, type Station, type Tle } from './orbit.ts';

/** One pass. Times are milliseconds since 1970 (UTC). */
export interface Pass {
  /** Acquisition of signal: the elevation reaches the mask. */
  readonly aosMs: number;
  /** Loss of signal: the elevation falls below the mask. */
  readonly losMs: number;
  readonly maxElevationDeg: number;
}

/** A low orbit's elevation has one maximum a revolution, and a revolution takes at least 80 minutes. */
const STEP_MS = 60_000;
const EDGE_MS = 1;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const MAX_DAYS = 400;

/**
 * Passes that overlap `fromMs` … `untilMs`, in order; one in progress at either end is clipped to it. Made for low orbits:
 * the elevation is sampled each minute, its maxima refined, and the edges bisected to a millisecond, so short passes are found too.
 */
export function predictPasses(tle: Tle, station: Station, fromMs: number, untilMs: number): Pass[] {
  if (!(untilMs > fromMs) || untilMs - fromMs > MAX_DAYS * 86_400_000) {
    throw new NadirError({
      what: 'no time to look for passes in',
      where: `${fromMs} to ${untilMs}`,
      remedy: `Give an end after the start, at most ${MAX_DAYS} days`,
    });
  }
  const orbit = orbitOf(tle);
  const elevation = (timeMs: number) => orbit.elevationDeg(station, timeMs) - station.minElevationDeg;
  const passes: Pass[] = [];
  for (const peakMs of maxima(elevation, fromMs, untilMs)) {
    if (elevation(peakMs) <= 0) continue;
    const aosMs = edge(elevation, orbit, peakMs, -1);
    const losMs = edge(elevation, orbit, peakMs, 1);
    if (losMs <= fromMs || aosMs >= untilMs || passes.some((pass) => pass.losMs >= losMs)) continue;
    passes.push({
      aosMs: Math.max(aosMs, fromMs),
      losMs: Math.min(losMs, untilMs),
      maxElevationDeg: elevation(peakMs) + station.minElevationDeg,
    });
  }
  return passes;
}

/** Times of the local maxima of `f`, from half an hour outside the interval on, so that clipped passes are seen. */
function maxima(f: (timeMs: number) => number, fromMs: number, untilMs: number): number[] {
  const found: number[] = [];
  const margin = 1_800_000;
  let before = f(fromMs - margin - STEP_MS);
  let here = f(fromMs - margin);
  for (let t = fromMs - margin; t <= untilMs + margin; t += STEP_MS) {
    const after = f(t + STEP_MS);
    if (here >= before && here > after) found.push(highest(f, t - STEP_MS, t + STEP_MS));
    before = here;
    here = after;
  }
  return found;
}

/** Golden-section search for the maximum of a function with one maximum in the interval. */
function highest(f: (timeMs: number) => number, low: number, high: number): number {
  let a = low;
  let b = high;
  let left = b - GOLDEN * (b - a);
  let right = a + GOLDEN * (b - a);
  let atLeft = f(left);
  let atRight = f(right);
  while (b - a > EDGE_MS) {
    if (atLeft > atRight) {
      b = right;
      right = left;
      atRight = atLeft;
      left = b - GOLDEN * (b - a);
      atLeft = f(left);
    } else {
      a = left;
      left = right;
      atLeft = atRight;
      right = a + GOLDEN * (b - a);
      atRight = f(right);
    }
  }
  return (a + b) / 2;
}

/** Where the elevation crosses the mask before (−1) or after (+1) a maximum above it. */
function edge(f: (timeMs: number) => number, orbit: Orbit, peakMs: number, direction: 1 | -1): number {
  let above = peakMs;
  let below = peakMs + direction * STEP_MS;
  while (f(below) > 0) {
    above = below;
    below += direction * STEP_MS;
    if (Math.abs(below - peakMs) > orbit.periodMs) return below;
  }
  while (Math.abs(below - above) > EDGE_MS) {
    const middle = (above + below) / 2;
    if (f(middle) > 0) above = middle;
    else below = middle;
  }
  return above;
}
