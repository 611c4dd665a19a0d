/** Columns of a training table centred and scaled in float64: what every linear fit starts from. */

/** A table [n, width] whose columns have mean 0, and SD 1 where scaled. */
export interface Standardised {
  readonly values: Float64Array;
  readonly n: number;
  readonly width: number;
  /** Mean of each column, [width]. */
  readonly centre: Float64Array;
  /** What each column was divided by, [width]; 1 where it does not vary. */
  readonly scale: Float64Array;
}

/**
 * Centres the columns, and divides them by their SD.
 * @param table [*, width], row-major
 * @param rows rows to take (default all)
 * @param ddof SD with n − ddof; undefined leaves the columns unscaled
 */
export function standardise(
  table: Float32Array | Float64Array,
  width: number,
  ddof: number | undefined,
  rows?: Uint32Array,
): Standardised {
  const n = rows?.length ?? table.length / width;
  const values = new Float64Array(n * width);
  const centre = new Float64Array(width);
  const varies = new Uint8Array(width);
  for (let i = 0; i < n; i++) {
    const from = (rows === undefined ? i : rows[i]) * width;
    for (let f = 0; f < width; f++) {
      values[i * width + f] = table[from + f];
      centre[f] += table[from + f];
      if (table[from + f] !== values[f]) varies[f] = 1;
    }
  }
  // the mean of equal values need not be that value
  for (let f = 0; f < width; f++) centre[f] = varies[f] === 1 ? centre[f] / n : values[f];
  const square = new Float64Array(width);
  for (let i = 0; i < n; i++)
    for (let f = 0; f < width; f++) {
      values[i * width + f] -= centre[f];
      square[f] += values[i * width + f] ** 2;
    }
  const scale = new Float64Array(width).fill(1);
  if (ddof !== undefined) {
    for (let f = 0; f < width; f++) {
      const sd = Math.sqrt(square[f] / Math.max(1, n - ddof));
      // what rounding leaves of a constant column is no variation
      if (sd > 1e-14 * Math.abs(centre[f]) && sd > 0) scale[f] = sd;
    }
    for (let i = 0; i < n; i++) for (let f = 0; f < width; f++) values[i * width + f] /= scale[f];
  }
  return { values, n, width, centre, scale };
}

/** Column t of [n, targets] as [n, 1]. */
export function targetColumn(y: Float64Array, targets: number, t: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: y.length / targets }, (_, row) => y[row * targets + t]);
}
