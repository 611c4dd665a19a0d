/** One lane of `lanczos`, `restart` and `traceAndSquares` in assembly/parts/lanczos.ts in plain TypeScript: the same numbers, bit by bit. Places are indices of doubles. */

/** Trace and sum of squares of the packed triangle, every second double from A on. */
export function traceAndSquaresOfLane(D: Float64Array, n: number, A: number): [trace: number, squares: number] {
  let [trace, diagonal, beside, at] = [0, 0, 0, A];
  for (let r = 0; r < n; r++) {
    beside += squaresOf(D, r, at);
    at += 2 * r;
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

/** Of n numbers, every second double from y on, in four sums; those left over at the end go to the first. */
function squaresOf(D: Float64Array, n: number, y: number): number {
  const sums = [0, 0, 0, 0];
  for (let k = 0; k < n; k++) sums[k < n - (n & 3) ? k & 3 : 0] += D[y + 2 * k] * D[y + 2 * k];
  return sums[0] + sums[1] + (sums[2] + sums[3]);
}

/** Gives the product with the last of the vectors. Four vectors at a time, or two, are multiplied before any of them is subtracted. */
function project(D: Float64Array, n: number, basis: number, count: number, y: number): number {
  const products = new Float64Array(4);
  let last = 0;
  for (let i = 0; i < count; ) {
    const together = i + 3 < count ? 4 : Math.min(2, count - i);
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

/** The first vector of the basis becomes the sum of the five whose eigenvalues are known. */
export function restartOfLane(
  D: Float64Array,
  n: number,
  basis: number,
  steps: number,
  d: number,
  e2: number,
  roots: number,
): void {
  const sums = new Float64Array(2 * steps);
  const vector = new Float64Array(steps);
  for (let k = 0; k < 5; k++) {
    let [after, below, squares] = [0, 0, 1];
    vector[steps - 1] = 1;
    for (let i = steps - 1; i > 0; i--) {
      const coupling = Math.sqrt(D[e2 + 2 * i]);
      const rest = (D[roots + 2 * k] - D[d + 2 * i]) * vector[i] - below * after;
      after = vector[i];
      vector[i - 1] = rest * (1 / coupling);
      below = coupling;
      squares += vector[i - 1] * vector[i - 1];
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < steps; i++) sums[2 * i] += vector[i] * scale;
  }
  const start = new Float64Array(2 * n);
  for (let k = 0; k < 2 * n; k += 2) for (let i = 0; i < steps; i++) start[k] += sums[2 * i] * D[basis + k + 2 * n * i];
  const squares = squaresOf(start, n, 0);
  if (!(squares > 1 && squares < 9)) return; // of five orthonormal vectors: near 5
  const scale = 1 / Math.sqrt(squares);
  for (let k = 0; k < 2 * n; k += 2) D[basis + k] = start[k] * scale;
}
