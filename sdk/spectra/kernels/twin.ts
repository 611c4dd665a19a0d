/**
 * Plain TypeScript twin of assembly/pixels.ts: the same sums in the same order, one lane after the other, so that both give the same bits.
 * It runs where WASM cannot, and is what the kernels are tested against.
 */
import type { PixelKernels } from './kernels.ts';
import { lanczosOfLane, restartOfLane, traceAndSquaresOfLane } from './twin-lanczos.ts';
import { topFiveOfLane } from './twin-roots.ts';

/** Kernels in plain TypeScript over a fresh memory of `bytes`. */
export function twinKernels(bytes: number): PixelKernels {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 16) * 16);
  const B = new Uint8Array(buffer);
  const H = new Uint16Array(buffer);
  const I = new Int16Array(buffer);
  const D = new Float64Array(buffer);

  const maskedRows: PixelKernels['maskedRows'] = (data, mask, h, w, out, width, figures) => {
    let [sum, count, largest] = [0, 0, 0];
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < (out === 0 ? w : width); column++) {
        const at = row * w + column;
        const kept = column < w && (mask === 0 || B[mask + at] === 0);
        const value = kept ? H[(data >> 1) + at] : 0;
        if (out !== 0) H[(out >> 1) + row * width + column] = value;
        sum += value;
        if (kept) count++;
        if (value > largest) largest = value;
      }
    }
    D.set([sum, count, largest], figures >> 3);
  };

  const pairRows: PixelKernels['pairRows'] = (x0, x1, h, width, centre0, centre1, out) => {
    for (let row = 0; row < h + (h & 1); row++)
      for (let column = 0; column < width; column++) {
        const from = row * width + column;
        const to = (out >> 1) + 4 * ((row >> 1) * width + column) + (row & 1);
        I[to] = (row < h ? H[(x0 >> 1) + from] : 0) - centre0;
        I[to + 2] = (row < h ? H[(x1 >> 1) + from] : 0) - centre1;
      }
  };

  const pairColumns: PixelKernels['pairColumns'] = (x0, x1, side, width, centre0, centre1, out) => {
    for (let row = 0; row < side; row++)
      for (let column = 0; column < width; column++) {
        const from = row * width + column;
        const to = (out >> 1) + 4 * ((column >> 1) * side + row) + (column & 1);
        I[to] = H[(x0 >> 1) + from] - centre0;
        I[to + 2] = H[(x1 >> 1) + from] - centre1;
      }
  };

  // what the pixels lost is given back to them here: the same integers, so shifts need no room
  const gramOfPairs: PixelKernels['gramOfPairs'] = (words, depth, _, side, n, centre0, centre1, scale, __, a) => {
    const S = scale >> 3;
    for (const [lane, centre] of [centre0, centre1].entries()) {
      const [W, A] = [(words >> 1) + 2 * lane, (a >> 3) + lane];
      const pixel = (at: number) => I[at] + centre;
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let row = W; row < W + depth * 4 * side; row += 4 * side)
            sum += pixel(row + 4 * i) * pixel(row + 4 * j) + pixel(row + 4 * i + 1) * pixel(row + 4 * j + 1);
          D[A + 2 * (((i * (i + 1)) >> 1) + j)] = sum * D[S + i] * D[S + j];
        }
    }
  };

  const gramOfDoubles: PixelKernels['gramOfDoubles'] = (x, depth, n, a, lane) => {
    const [X, A] = [x >> 3, (a >> 3) + lane];
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let [even, odd] = [0, 0];
        for (let k = 0; k < depth; k += 2) {
          even += D[X + i * depth + k] * D[X + j * depth + k];
          odd += D[X + i * depth + k + 1] * D[X + j * depth + k + 1];
        }
        D[A + 2 * (((i * (i + 1)) >> 1) + j)] = even + odd;
      }
  };

  const tridiagonalise: PixelKernels['tridiagonalise'] = (n, a, _vectors, d, e2) => {
    for (const lane of [0, 1]) tridiagonaliseLane(D, n, (a >> 3) + lane, (d >> 3) + lane, (e2 >> 3) + lane);
  };

  const traceAndSquares: PixelKernels['traceAndSquares'] = (n, a, out) => {
    for (const lane of [0, 1]) {
      const [trace, squares] = traceAndSquaresOfLane(D, n, (a >> 3) + lane);
      D[(out >> 3) + lane] = trace;
      D[(out >> 3) + 2 + lane] = squares;
    }
  };

  const lanczos: PixelKernels['lanczos'] = (n, a, basis, from, to, d, e2) => {
    for (const lane of [0, 1]) {
      const [A, vectors, diagonal, couplings] = [a, basis, d, e2].map((at) => (at >> 3) + lane);
      lanczosOfLane(D, n, A, vectors, from, to, diagonal, couplings);
    }
  };

  const restart: PixelKernels['restart'] = (n, basis, steps, d, e2, roots) => {
    for (const lane of [0, 1])
      restartOfLane(D, n, (basis >> 3) + lane, steps, (d >> 3) + lane, (e2 >> 3) + lane, (roots >> 3) + lane);
  };

  const topFive: PixelKernels['topFive'] = (n, d, e2, _room, roots) => {
    let doubtful = 0;
    for (const lane of [0, 1])
      if (topFiveOfLane(D, n, (d >> 3) + lane, (e2 >> 3) + lane, (roots >> 3) + lane)) doubtful |= 1 << lane;
    return doubtful;
  };

  return {
    name: 'twin',
    buffer,
    maskedRows,
    pairRows,
    pairColumns,
    gramOfPairs,
    gramOfDoubles,
    tridiagonalise,
    traceAndSquares,
    lanczos,
    restart,
    topFive,
  };
}

/** One lane: entries of the packed triangle, d and e2 are every second double from A, d and e2 on. */
function tridiagonaliseLane(D: Float64Array, n: number, A: number, d: number, e2: number): void {
  let [v, w, u, y] = [0, 1, 2, 3].map(() => new Float64Array(n));
  const rowOf = (i: number) => A + i * (i + 1);
  const update = (i: number) => {
    for (let j = 0; j <= i; j++) D[rowOf(i) + 2 * j] = D[rowOf(i) + 2 * j] - v[i] * w[j] - w[i] * v[j];
  };
  for (let i = n - 1; i > 0; i--) {
    update(i);
    const row = rowOf(i);
    D[d + 2 * i] = D[row + 2 * i];
    let squares = 0;
    for (let j = 0; j < i - 1; j++) squares += D[row + 2 * j] * D[row + 2 * j];
    const alpha = D[row + 2 * (i - 1)];
    const norm2 = alpha * alpha + squares;
    const norm = Math.sqrt(norm2);
    const beta = alpha < 0 ? norm : -norm;
    const tau = squares > 0 ? (beta - alpha) / beta : 0;
    const factor = squares > 0 ? 1 / (alpha - beta) : 0;
    D[e2 + 2 * i] = norm2;
    for (let j = 0; j < i - 1; j++) u[j] = D[row + 2 * j] * factor;
    u[i - 1] = 1;
    y.fill(0, 0, i);
    for (let r = 0; r < i; r++) {
      update(r);
      let sum = 0;
      for (let j = 0; j < r; j++) {
        const value = D[rowOf(r) + 2 * j];
        sum += value * u[j];
        y[j] += value * u[r];
      }
      y[r] += sum + D[rowOf(r) + 2 * r] * u[r];
    }
    let dot = 0;
    for (let j = 0; j < i; j++) {
      y[j] *= tau;
      dot += y[j] * u[j];
    }
    const half = tau * 0.5 * dot;
    for (let j = 0; j < i; j++) y[j] -= half * u[j];
    [v, w, u, y] = [u, y, v, w];
  }
  update(0);
  D[d] = D[A];
  D[e2] = 0;
}
