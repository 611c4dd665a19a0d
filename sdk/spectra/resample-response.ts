/** The Gaussian response of one target band over a source that is piecewise linear between its band centres: which bands, and their weights. */
/** Half of the truncated response, in FWHM. */
const REACH = 1.5;
/** Median steps of the source that make a hole: bands were dropped, or detectors do not meet. */
const HOLE_STEPS = 3;
/** Two lists of the same bands differ by this much at most when one of them was rounded. */
const SAME_BAND_NM = 0.05;
/** Gauss–Legendre nodes and weights of 8 points on [−1, 1], the positive half. */
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const NODE_WEIGHTS = [0.3626837833783619, 0.31370664587788727, 0.22238103445337448, 0.10122853629037626];

/** The source's distinct wavelengths. */
export interface Knots {
  /** Distinct wavelengths, increasing. */
  readonly nm: Float64Array;
  /** Source bands at each. */
  readonly members: readonly (readonly number[])[];
  /** A step longer than this is a hole for narrow bands. */
  readonly longestStep: number;
}

export function knots(fromNm: Float64Array): Knots {
  const order = [...fromNm.keys()].sort((a, b) => fromNm[a] - fromNm[b] || a - b);
  const nm: number[] = [];
  const members: number[][] = [];
  for (const band of order) {
    if (nm.at(-1) === fromNm[band]) members.at(-1)?.push(band);
    else {
      nm.push(fromNm[band]);
      members.push([band]);
    }
  }
  const steps = nm
    .slice(1)
    .map((value, i) => value - nm[i])
    .sort((a, b) => a - b);
  const median = steps.length === 0 ? 0 : steps[steps.length >> 1];
  return { nm: Float64Array.from(nm), members, longestStep: HOLE_STEPS * median };
}

export interface Segment {
  readonly first: number;
  readonly last: number;
}

/**
 * The stretch of the source without holes that covers a target band: the centre lies between its first and last band, and the
 * half-maximum points lie no farther out than half a step (what the end bands themselves stand for).
 */
export function covering(
  { nm, longestStep }: Knots,
  centre: number,
  fwhm: number,
  longest: number = Math.max(longestStep, fwhm / 2),
): Segment | undefined {
  let first = 0;
  while (first < nm.length) {
    let last = first;
    while (last + 1 < nm.length && nm[last + 1] - nm[last] <= longest) last++;
    if (centre >= nm[first] - SAME_BAND_NM && centre <= nm[last] + SAME_BAND_NM && last > first) {
      const low = nm[first] - (nm[first + 1] - nm[first]) / 2 - SAME_BAND_NM;
      const high = nm[last] + (nm[last] - nm[last - 1]) / 2 + SAME_BAND_NM;
      return centre - fwhm / 2 >= low && centre + fwhm / 2 <= high ? { first, last } : undefined;
    }
    first = last + 1;
  }
  return undefined;
}

/**
 * Weights of the knots of a segment in one target band, into `row`: ∫ g(λ)·h_k(λ) dλ / ∫ g(λ) dλ with the hat functions h_k of
 * linear interpolation. At the ends the window shrinks on both sides alike, so that the centre stays where it is.
 */
export function respond(
  nm: Float64Array,
  { first, last }: Segment,
  centre: number,
  fwhm: number,
  row: Float64Array,
): void {
  const c = Math.min(Math.max(centre, nm[first]), nm[last]);
  const sigma = fwhm / (2 * Math.sqrt(2 * Math.LN2));
  const reach = Math.min(REACH * fwhm, c - nm[first], nm[last] - c);
  let knot = first;
  while (knot + 1 < last && nm[knot + 1] <= c - reach) knot++;
  if (reach < 1e-3 * sigma) {
    // the response has no room: the value at the centre
    while (knot + 1 < last && nm[knot + 1] <= c) knot++;
    const share = (c - nm[knot]) / (nm[knot + 1] - nm[knot]);
    row[knot] = 1 - share;
    row[knot + 1] = share;
    return;
  }
  let total = 0;
  const add = (at: number, weight: number, k: number) => {
    const density = weight * Math.exp(-((at - c) ** 2) / (2 * sigma * sigma));
    const share = (at - nm[k]) / (nm[k + 1] - nm[k]);
    row[k] += density * (1 - share);
    row[k + 1] += density * share;
    total += density;
  };
  for (let k = knot; k < last && nm[k] < c + reach; k++) {
    const from = Math.max(nm[k], c - reach);
    const to = Math.min(nm[k + 1], c + reach);
    const pieces = Math.max(1, Math.ceil((to - from) / sigma));
    const half = (to - from) / pieces / 2;
    for (let piece = 0; piece < pieces; piece++) {
      const middle = from + (2 * piece + 1) * half;
      for (let i = 0; i < NODES.length; i++) {
        add(middle - half * NODES[i], half * NODE_WEIGHTS[i], k);
        add(middle + half * NODES[i], half * NODE_WEIGHTS[i], k);
      }
    }
  }
  for (let k = first; k <= last; k++) row[k] /= total;
}

/** Mean distance to the neighbours on either side, in the order given: a band's width where nothing better is known. */
export function spacing(nm: ArrayLike<number>): Float64Array {
  const sorted = [...Array.from(nm).entries()].sort(([, a], [, b]) => a - b);
  const result = new Float64Array(nm.length);
  sorted.forEach(([band, value], i) => {
    const below = sorted[Math.max(i - 1, 0)][1];
    const above = sorted[Math.min(i + 1, sorted.length - 1)][1];
    result[band] = (above - below) / (i === 0 || i === sorted.length - 1 ? 1 : 2);
    if (value === below && value === above) result[band] = 0;
  });
  return result;
}
