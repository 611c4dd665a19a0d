/** Counts by bins, as numpy.histogram takes them. */

export interface Histogram {
  /** Rising, one more than there are bins. */
  readonly edges: readonly number[];
  /** Values with edge[i] ≤ value < edge[i + 1]; the last bin holds its upper edge too. */
  readonly counts: readonly number[];
}

/** Counts values between rising edges; what lies outside is not counted. */
export function histogram(values: ArrayLike<number>, edges: readonly number[]): Histogram {
  const bins = edges.length - 1;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= edges[0] && value <= edges[bins])) continue;
    let [low, high] = [0, bins];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (value >= edges[middle]) low = middle;
      else high = middle;
    }
    counts[low]++;
  }
  return { edges, counts };
}
