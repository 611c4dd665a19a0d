/** Cosines between the rows of two dictionaries. A row of zeros has cosine 0 with everything. */
import { DenseProduct } from '../dense.ts';
import { requireRows } from './rows.ts';

/** [a, b] of rows [a, d] and [b, d]. */
export async function cosines(a: Float32Array, b: Float32Array, d: number, threads: number): Promise<Float32Array> {
  requireRows(a, d, 'first dictionary');
  requireRows(b, d, 'second dictionary');
  const dense = await DenseProduct.open(threads);
  try {
    return await dense.multiply(unitRows(a, d), unitRows(b, d), d);
  } finally {
    await dense.close();
  }
}

/** Rows [rows, d] brought to norm 1; rows of zeros stay. */
function unitRows(values: Float32Array, d: number): Float32Array {
  const unit = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += d) {
    let square = 0;
    for (let i = from; i < from + d; i++) square += values[i] ** 2;
    if (square === 0) continue;
    const length = Math.sqrt(square);
    for (let i = from; i < from + d; i++) unit[i] = values[i] / length;
  }
  return unit;
}
