/** A linear axis, broken in two where a few bars dwarf the rest. */

export interface Axis {
  /** Height in pixels above the base line for a value. */
  heightOf(value: number): number;
  /** Values that get a tick. */
  readonly ticks: readonly number[];
  /** Where the axis is broken, as heights in pixels of the gap's lower and upper edge. */
  readonly gap?: { readonly from: number; readonly to: number };
}

/** A bar that is this many times the next lower one breaks the axis. */
const DWARFING = 2;
/** At most this many bars may stand above the break. */
const MOST_ABOVE = 3;
const GAP_PIXELS = 12;

/** An axis of `pixels` for bars of these heights. All zero gives an axis to 1. */
export function axisFor(heights: ArrayLike<number>, pixels: number): Axis {
  const sorted = Float64Array.from(heights).sort().reverse();
  const top = sorted[0] > 0 ? sorted[0] : 1;
  for (let above = 1; above <= MOST_ABOVE && above < sorted.length; above++) {
    const next = sorted[above];
    if (next > 0 && sorted[above - 1] > DWARFING * next) return brokenAxis(next, sorted[above - 1], top, pixels);
  }
  const end = top * 1.06;
  return { heightOf: (value) => (value / end) * pixels, ticks: niceTicks(0, end, 6) };
}

function brokenAxis(next: number, lowestAbove: number, top: number, pixels: number): Axis {
  const lowerEnd = next * 1.12;
  const upperStart = lowestAbove * 0.92;
  const upperEnd = Math.max(top * 1.04, upperStart * 1.15);
  const lowerPixels = pixels * 0.76;
  const upperFrom = lowerPixels + GAP_PIXELS;
  const heightOf = (value: number) => {
    if (value <= lowerEnd) return (value / lowerEnd) * lowerPixels;
    if (value <= upperStart) return upperFrom;
    return upperFrom + ((value - upperStart) / (upperEnd - upperStart)) * (pixels - upperFrom);
  };
  return {
    heightOf,
    ticks: [...niceTicks(0, lowerEnd, 4), ...niceTicks(upperStart, upperEnd, 2)],
    gap: { from: lowerPixels, to: upperFrom },
  };
}

/** Round values from `from` to `to`, about `count` steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * step; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
