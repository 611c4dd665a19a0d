/** One lane of `lanczos` and `traceAndSquares` in assembly/parts/lanczos.ts in plain TypeScript: the same numbers, bit by bit. Places are indices of doubles. */

/** Trace and sum of squares of the packed triangle, every second double from A on. */
export function traceAndSquaresOfLane(D: Float64Array, n: number, A: number): [trace: number, squares: number] {
  let [trace, diagonal, beside, at] = [0, 0, 0, A];
  for (let r = 0; r < n; r++) {
    for (let j = 0; j < r; j++, at += 2) beside += D[at] * D[at];
    trace += D[at];
    diagonal += D[at] * D[at];
    at += 2;
  }
  return [trace, diagonal + (beside + beside)];
}

/** Steps `from` … `to` − 1; vector i of the basis is every second double from basis + 2·n·i on. */
export function lanczosOfLane(
  D: Float64Array,
  n: number,
  A: number,
  basis: number,
  from: number,
  to: number,
  d: number,
  e2: number,
): void {
  for (let step = from; step < to; step++) {
    const q = basis + 2 * n * step;
    const y = q + 2 * n;
    multiply(D, n, A, q, y);
    const before = squaresOf(D, n, y);
    let alpha = project(D, n, basis, step + 1, y);
    let after = squaresOf(D, n, y);
    if (after < before * 0.01) {
      alpha += project(D, n, basis, step + 1, y);
      after = squaresOf(D, n, y);
    }
    const ends = after <= before * 1e-28;
    if (ends) after = 0;
    const inverse = ends ? 0 : 1 / Math.sqrt(after);
    for (let k = y; k < y + 2 * n; k += 2) D[k] *= inverse;
    D[d + 2 * step] = alpha;
    D[e2 + 2 * (step + 1)] = after;
  }
}

function squaresOf(D: Float64Array, n: number, y: number): number {
  let squares = 0;
  for (let k = y; k < y + 2 * n; k += 2) squares += D[k] * D[k];
  return squares;
}

/** Gives the product with the last of the vectors. Four vectors at a time are multiplied before any of them is subtracted. */
function project(D: Float64Array, n: number, basis: number, count: number, y: number): number {
  const products = new Float64Array(4);
  let last = 0;
  for (let i = 0; i < count; ) {
    const together = i + 3 < count ? 4 : 1;
    for (let v = 0; v < together; v++) {
      const q = basis + 2 * n * (i + v);
      let c = 0;
      for (let k = 0; k < 2 * n; k += 2) c += D[q + k] * D[y + k];
      products[v] = c;
    }
    for (let v = 0; v < together; v++) {
      const q = basis + 2 * n * (i + v);
      for (let k = 0; k < 2 * n; k += 2) D[y + k] -= products[v] * D[q + k];
    }
    last = products[together - 1];
    i += together;
  }
  return last;
}

function multiply(D: Float64Array, n: number, A: number, q: number, y: number): void {
  for (let k = y; k < y + 2 * n; k += 2) D[k] = 0;
  let at = A;
  for (let r = 0; r < n; r++) {
    const u = D[q + 2 * r];
    let sum = 0;
    for (let j = 0; j < r; j++, at += 2) {
      sum += D[at] * D[q + 2 * j];
      D[y + 2 * j] += D[at] * u;
    }
    D[y + 2 * r] += sum + D[at] * u;
    at += 2;
  }
}
