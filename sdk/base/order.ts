/** Order statistics: the k-th largest of values, quantiles of sorted ones. */

/** The k-th largest of the values, k from 1; they are reordered (Hoare's FIND, CACM 1961). */
export function kthLargest(values: Float32Array, k: number): number {
  let [low, high] = [0, values.length - 1];
  const at = k - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (at <= j) high = j;
    else if (at >= i) low = i;
    else break;
  }
  return values[at];
}

/** Quantile of sorted values by linear interpolation (Hyndman and Fan's type 7, numpy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
