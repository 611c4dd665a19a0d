/** Selection without sorting: Hoare's FIND (CACM 1961). */

/** The kth largest of the values, k from 1; they are reordered. */
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
