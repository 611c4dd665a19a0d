/** Householder's tridiagonal form of two symmetric matrices at once. */

const ZERO = f64x2.splat(0);

// Places of the four vectors of a step, side by side so that one pointer reaches them: the reflector and its product of the step before …
const V: usize = 0;
const W: usize = 16;
/** … and of this step. */
const U: usize = 32;
const Y: usize = 48;

/**
 * Householder's tridiagonal form of the two packed symmetric matrices at a, which it overwrites: diagonals d and squared couplings e2
 * (e2[0] = 0), f64x2 [n]. One walk over the triangle a step: the rank-two update of the step before and the product of this one are fused.
 * vectors: room for f64x2 [n, 4].
 */
export function tridiagonalise(n: i32, a: usize, vectors: usize, d: usize, e2: usize): void {
  memory.fill(vectors, 0, n << 6);
  for (let i = n - 1; i > 0; i--) {
    const row = a + (((i * (i + 1)) >> 1) << 4);
    updateRow(row, i, vectors);
    v128.store(d + (i << 4), v128.load(row + (i << 4)));
    const end = (i - 1) << 4;
    let squares = ZERO;
    for (let j = 0; j < end; j += 16) {
      const value = v128.load(row + j);
      squares = f64x2.add(squares, f64x2.mul(value, value));
    }
    const alpha = v128.load(row + end);
    const reflects = f64x2.gt(squares, ZERO);
    const norm2 = f64x2.add(f64x2.mul(alpha, alpha), squares);
    const norm = f64x2.sqrt(norm2);
    const beta = v128.bitselect(norm, f64x2.neg(norm), f64x2.lt(alpha, ZERO));
    const tau = v128.and(f64x2.div(f64x2.sub(beta, alpha), beta), reflects);
    const factor = v128.and(f64x2.div(f64x2.splat(1), f64x2.sub(alpha, beta)), reflects);
    v128.store(e2 + (i << 4), norm2);
    const last = vectors + ((i - 1) << 6);
    for (let p = vectors, from = row; p < last; p += 64, from += 16) {
      v128.store(p, f64x2.mul(v128.load(from), factor), U);
      v128.store(p, ZERO, Y);
    }
    v128.store(last, f64x2.splat(1), U);
    v128.store(last, ZERO, Y);
    updateAndMultiply(a, i, vectors);
    let dot = ZERO;
    for (let p = vectors; p <= last; p += 64) {
      const product = f64x2.mul(v128.load(p, Y), tau);
      v128.store(p, product, Y);
      dot = f64x2.add(dot, f64x2.mul(product, v128.load(p, U)));
    }
    const half = f64x2.mul(f64x2.mul(tau, f64x2.splat(0.5)), dot);
    for (let p = vectors; p <= last; p += 64) {
      const u = v128.load(p, U);
      v128.store(p, u, V);
      v128.store(p, f64x2.sub(v128.load(p, Y), f64x2.mul(half, u)), W);
    }
  }
  updateRow(a, 0, vectors);
  v128.store(d, v128.load(a));
  v128.store(e2, ZERO);
}

/** Row i of a −= v wᵀ + w vᵀ. */
function updateRow(row: usize, i: i32, vectors: usize): void {
  const own = vectors + (i << 6);
  const vi = v128.load(own, V);
  const wi = v128.load(own, W);
  for (let p = vectors; p <= own; p += 64, row += 16)
    v128.store(row, updated(v128.load(row), vi, v128.load(p, W), wi, v128.load(p, V)));
}

function updated(value: v128, vi: v128, wj: v128, wi: v128, vj: v128): v128 {
  return f64x2.sub(f64x2.sub(value, f64x2.mul(vi, wj)), f64x2.mul(wi, vj));
}

/** The leading [i, i] block −= v wᵀ + w vᵀ, and y += block·u, two rows and two columns at a time. */
function updateAndMultiply(a: usize, i: i32, vectors: usize): void {
  let row = a;
  let own = vectors;
  let r = 0;
  for (; r + 1 < i; r += 2) {
    const v0 = v128.load(own, V);
    const w0 = v128.load(own, W);
    const u0 = v128.load(own, U);
    const v1 = v128.load(own, 64 + V);
    const w1 = v128.load(own, 64 + W);
    const u1 = v128.load(own, 64 + U);
    let sum0 = ZERO;
    let sum1 = ZERO;
    let next = row + ((r + 1) << 4);
    for (let p = vectors; p < own; p += 128) {
      let vj = v128.load(p, V);
      let wj = v128.load(p, W);
      let uj = v128.load(p, U);
      let a0 = updated(v128.load(row), v0, wj, w0, vj);
      let a1 = updated(v128.load(next), v1, wj, w1, vj);
      v128.store(row, a0);
      v128.store(next, a1);
      sum0 = f64x2.add(sum0, f64x2.mul(a0, uj));
      sum1 = f64x2.add(sum1, f64x2.mul(a1, uj));
      v128.store(p, f64x2.add(f64x2.add(v128.load(p, Y), f64x2.mul(a0, u0)), f64x2.mul(a1, u1)), Y);
      vj = v128.load(p, 64 + V);
      wj = v128.load(p, 64 + W);
      uj = v128.load(p, 64 + U);
      a0 = updated(v128.load(row, 16), v0, wj, w0, vj);
      a1 = updated(v128.load(next, 16), v1, wj, w1, vj);
      v128.store(row, a0, 16);
      v128.store(next, a1, 16);
      sum0 = f64x2.add(sum0, f64x2.mul(a0, uj));
      sum1 = f64x2.add(sum1, f64x2.mul(a1, uj));
      v128.store(p, f64x2.add(f64x2.add(v128.load(p, 64 + Y), f64x2.mul(a0, u0)), f64x2.mul(a1, u1)), 64 + Y);
      row += 32;
      next += 32;
    }
    const corner = updated(v128.load(row), v0, w0, w0, v0);
    const side = updated(v128.load(next), v1, w0, w1, v0);
    const last = updated(v128.load(next, 16), v1, w1, w1, v1);
    v128.store(row, corner);
    v128.store(next, side);
    v128.store(next, last, 16);
    sum0 = f64x2.add(sum0, f64x2.mul(corner, u0));
    sum1 = f64x2.add(f64x2.add(sum1, f64x2.mul(side, u0)), f64x2.mul(last, u1));
    v128.store(own, f64x2.add(f64x2.add(v128.load(own, Y), sum0), f64x2.mul(side, u1)), Y);
    v128.store(own, f64x2.add(v128.load(own, 64 + Y), sum1), 64 + Y);
    row = next + 32;
    own += 128;
  }
  if (r === i) return;
  const vr = v128.load(own, V);
  const wr = v128.load(own, W);
  const ur = v128.load(own, U);
  let sum = ZERO;
  for (let p = vectors; p < own; p += 64, row += 16) {
    const value = updated(v128.load(row), vr, v128.load(p, W), wr, v128.load(p, V));
    v128.store(row, value);
    sum = f64x2.add(sum, f64x2.mul(value, v128.load(p, U)));
    v128.store(p, f64x2.add(v128.load(p, Y), f64x2.mul(value, ur)), Y);
  }
  const corner = updated(v128.load(row), vr, wr, wr, vr);
  v128.store(row, corner);
  sum = f64x2.add(sum, f64x2.mul(corner, ur));
  v128.store(own, f64x2.add(v128.load(own, Y), sum), Y);
}
