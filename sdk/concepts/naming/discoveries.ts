/** Scores that count as discoveries, by the rule of Benjamini & Hochberg (JRSS B 1995) with p-values counted among scores of chance. */

/**
 * Smallest score that counts as a discovery: the largest set of scores whose p-values, counted among `chance`, hold the false-discovery
 * rate. Where none do, a threshold above every cosine.
 */
export function discoveryThreshold(scores: readonly number[], chance: readonly number[], rate: number): number {
  const falling = [...scores].sort((a, b) => b - a);
  const random = Float64Array.from(chance).sort();
  let threshold = NO_DISCOVERY;
  for (let rank = 1; rank <= falling.length; rank++) {
    const asGood = random.length - lowerBound(random, falling[rank - 1]);
    const p = (1 + asGood) / (1 + random.length);
    if (p <= (rate * rank) / falling.length) threshold = falling[rank - 1];
  }
  return threshold;
}

/** Above every cosine. */
const NO_DISCOVERY = 2;

/** Index of the first of rising `values` that is ≥ `value`. */
function lowerBound(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
