/** How a latent's activations spread over the rows that show it. */

/** Bars of a histogram. */
export const BARS = 24;

export interface Spread {
  /** Rows that show it. */
  readonly rows: number;
  /** Mean of its activations in these rows, and the largest; 0 where there are none. */
  readonly mean: number;
  readonly largest: number;
  /** Rows by activation, [BARS] from 0 to the largest. */
  readonly histogram: readonly number[];
}

/** Spread of activations, strongest first. */
export function spreadOf(values: Float32Array): Spread {
  const histogram = new Array<number>(BARS).fill(0);
  if (values.length === 0) return { rows: 0, mean: 0, largest: 0, histogram };
  const [largest] = values;
  let sum = 0;
  for (const value of values) {
    sum += value;
    histogram[Math.min(BARS - 1, Math.floor((BARS * value) / largest))]++;
  }
  return { rows: values.length, mean: sum / values.length, largest, histogram };
}
