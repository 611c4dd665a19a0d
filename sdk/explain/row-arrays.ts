/** Rows taken out of a row-major array, and put back where they belong. */

/** Some rows of [n, width], in their order: [rows, width]. */
export function takeRows(values: Float32Array, rows: ArrayLike<number>, width: number): Float32Array {
  const own = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) own.set(values.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return own;
}

/** Values of parts of the rows at their places, [n, width]; `fill` where no part has a row. */
export function placeRows(
  n: number,
  width: number,
  parts: readonly { readonly rows: Uint32Array; readonly values: Float64Array }[],
  fill: number,
): Float64Array {
  const all = new Float64Array(n * width).fill(fill);
  for (const { rows, values } of parts)
    rows.forEach((row, i) => {
      all.set(values.subarray(i * width, (i + 1) * width), row * width);
    });
  return all;
}
