/** Indices of the `count` greatest values, greatest first; ties by position. */
export function strongest(values: ArrayLike<number>, count: number): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i)
    .sort((a, b) => values[b] - values[a] || a - b)
    .subarray(0, count);
}
