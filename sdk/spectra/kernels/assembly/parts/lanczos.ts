/** Lanczos' method on two packed symmetric matrices at once, each new vector made orthogonal to all before it. */

const ZERO = f64x2.splat(0);

/** Trace and sum of squares of two packed symmetric matrices into out, f64x2 [2]. */
export function traceAndSquares(n: i32, a: usize, out: usize): void {
  let trace = ZERO;
  let diagonal = ZERO;
  let beside = ZERO;
  for (let r = 0; r < n; r++) {
    beside = f64x2.add(beside, squaresOf(a, r << 4));
    a += r << 4;
    const value = v128.load(a);
    trace = f64x2.add(trace, value);
    diagonal = f64x2.add(diagonal, f64x2.mul(value, value));
    a += 16;
  }
  v128.store(out, trace);
  v128.store(out, f64x2.add(diagonal, f64x2.add(beside, beside)), 16);
}

/**
 * Steps `from` … `to` − 1. basis f64x2 [to + 1, n]: unit vectors, those up to `from` known, the others written. d and e2 as of
 * tridiagonalise, e2[to] written too; where an e2 is 0 the vectors of that lane end, and the rest is zero. room: f64x2 [to].
 */
export function lanczos(n: i32, a: usize, basis: usize, from: i32, to: i32, d: usize, e2: usize, room: usize): void {
  const size = n << 4;
  for (let step = from; step < to; step++) {
    const q = basis + step * size;
    const y = q + size;
    multiply(n, a, q, y);
    const before = squaresOf(y, size);
    project(basis, step + 1, size, y, room, i64x2.splat(-1));
    let alpha = v128.load(room + (step << 4));
    let after = squaresOf(y, size);
    // twice is enough where the first time cancelled much (Kahan and Parlett)
    const again = f64x2.lt(after, f64x2.mul(before, f64x2.splat(0.01)));
    if (v128.any_true(again)) {
      project(basis, step + 1, size, y, room, again);
      alpha = f64x2.add(alpha, v128.load(room + (step << 4)));
      after = squaresOf(y, size);
    }
    const ends = f64x2.le(after, f64x2.mul(before, f64x2.splat(1e-28)));
    after = v128.andnot(after, ends);
    const inverse = v128.andnot(f64x2.div(f64x2.splat(1), f64x2.sqrt(after)), ends);
    for (let k: usize = 0; k < <usize>size; k += 16) v128.store(y + k, f64x2.mul(v128.load(y + k), inverse));
    v128.store(d + (step << 4), alpha);
    v128.store(e2 + ((step + 1) << 4), after);
  }
}

/** Sum of the squares of `size` bytes, in four sums that do not wait for each other. */
export function squaresOf(y: usize, size: i32): v128 {
  let s0 = ZERO;
  let s1 = ZERO;
  let s2 = ZERO;
  let s3 = ZERO;
  const end = y + size;
  for (; y + 48 < end; y += 64) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(y), v128.load(y)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(y, 16), v128.load(y, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(y, 32), v128.load(y, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(y, 48), v128.load(y, 48)));
  }
  for (; y < end; y += 16) s0 = f64x2.add(s0, f64x2.mul(v128.load(y), v128.load(y)));
  return f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
}

/** y −= Σ (vectorᵢ·y) vectorᵢ over `count` vectors, four or two at a time, in the lanes given; the products, 0 in the other lane, into `products`. */
function project(basis: usize, count: i32, size: i32, y: usize, products: usize, lanes: v128): void {
  let i = 0;
  let q = basis;
  for (; i + 3 < count; i += 4) {
    const q1 = q + size;
    const q2 = q1 + size;
    const q3 = q2 + size;
    let c0 = ZERO;
    let c1 = ZERO;
    let c2 = ZERO;
    let c3 = ZERO;
    for (let k: usize = 0; k < <usize>size; k += 16) {
      const value = v128.load(y + k);
      c0 = f64x2.add(c0, f64x2.mul(v128.load(q + k), value));
      c1 = f64x2.add(c1, f64x2.mul(v128.load(q1 + k), value));
      c2 = f64x2.add(c2, f64x2.mul(v128.load(q2 + k), value));
      c3 = f64x2.add(c3, f64x2.mul(v128.load(q3 + k), value));
    }
    c0 = v128.and(c0, lanes);
    c1 = v128.and(c1, lanes);
    c2 = v128.and(c2, lanes);
    c3 = v128.and(c3, lanes);
    for (let k: usize = 0; k < <usize>size; k += 16) {
      let value = f64x2.sub(v128.load(y + k), f64x2.mul(c0, v128.load(q + k)));
      value = f64x2.sub(value, f64x2.mul(c1, v128.load(q1 + k)));
      value = f64x2.sub(value, f64x2.mul(c2, v128.load(q2 + k)));
      v128.store(y + k, f64x2.sub(value, f64x2.mul(c3, v128.load(q3 + k))));
    }
    const at = products + (i << 4);
    v128.store(at, c0);
    v128.store(at, c1, 16);
    v128.store(at, c2, 32);
    v128.store(at, c3, 48);
    q = q3 + size;
  }
  if (i + 1 < count) {
    const q1 = q + size;
    let c0 = ZERO;
    let c1 = ZERO;
    for (let k: usize = 0; k < <usize>size; k += 16) {
      const value = v128.load(y + k);
      c0 = f64x2.add(c0, f64x2.mul(v128.load(q + k), value));
      c1 = f64x2.add(c1, f64x2.mul(v128.load(q1 + k), value));
    }
    c0 = v128.and(c0, lanes);
    c1 = v128.and(c1, lanes);
    for (let k: usize = 0; k < <usize>size; k += 16) {
      const value = f64x2.sub(v128.load(y + k), f64x2.mul(c0, v128.load(q + k)));
      v128.store(y + k, f64x2.sub(value, f64x2.mul(c1, v128.load(q1 + k))));
    }
    const at = products + (i << 4);
    v128.store(at, c0);
    v128.store(at, c1, 16);
    q = q1 + size;
    i += 2;
  }
  if (i < count) {
    let c = ZERO;
    for (let k: usize = 0; k < <usize>size; k += 16) c = f64x2.add(c, f64x2.mul(v128.load(q + k), v128.load(y + k)));
    c = v128.and(c, lanes);
    for (let k: usize = 0; k < <usize>size; k += 16)
      v128.store(y + k, f64x2.sub(v128.load(y + k), f64x2.mul(c, v128.load(q + k))));
    v128.store(products + (i << 4), c);
  }
}

/** y = a·q, four rows of the triangle at a time. */
function multiply(n: i32, a: usize, q: usize, y: usize): void {
  let row = a;
  let r = 0;
  for (; r + 3 < n; r += 4) {
    const row1 = row + ((r + 1) << 4);
    const row2 = row1 + ((r + 2) << 4);
    const row3 = row2 + ((r + 3) << 4);
    const end: usize = r << 4;
    const u0 = v128.load(q + end);
    const u1 = v128.load(q + end, 16);
    const u2 = v128.load(q + end, 32);
    const u3 = v128.load(q + end, 48);
    let s0 = ZERO;
    let s1 = ZERO;
    let s2 = ZERO;
    let s3 = ZERO;
    for (let k: usize = 0; k < end; k += 16) {
      const u = v128.load(q + k);
      let value = v128.load(row + k);
      s0 = f64x2.add(s0, f64x2.mul(value, u));
      let sum = f64x2.add(v128.load(y + k), f64x2.mul(value, u0));
      value = v128.load(row1 + k);
      s1 = f64x2.add(s1, f64x2.mul(value, u));
      sum = f64x2.add(sum, f64x2.mul(value, u1));
      value = v128.load(row2 + k);
      s2 = f64x2.add(s2, f64x2.mul(value, u));
      sum = f64x2.add(sum, f64x2.mul(value, u2));
      value = v128.load(row3 + k);
      s3 = f64x2.add(s3, f64x2.mul(value, u));
      v128.store(y + k, f64x2.add(sum, f64x2.mul(value, u3)));
    }
    // the corner on the diagonal; nothing was added to these rows of y before
    let t0 = f64x2.add(s0, f64x2.mul(v128.load(row + end), u0));
    let value = v128.load(row1 + end);
    s1 = f64x2.add(s1, f64x2.mul(value, u0));
    t0 = f64x2.add(t0, f64x2.mul(value, u1));
    let t1 = f64x2.add(s1, f64x2.mul(v128.load(row1 + end, 16), u1));
    value = v128.load(row2 + end);
    s2 = f64x2.add(s2, f64x2.mul(value, u0));
    t0 = f64x2.add(t0, f64x2.mul(value, u2));
    value = v128.load(row2 + end, 16);
    s2 = f64x2.add(s2, f64x2.mul(value, u1));
    t1 = f64x2.add(t1, f64x2.mul(value, u2));
    const t2 = f64x2.add(s2, f64x2.mul(v128.load(row2 + end, 32), u2));
    value = v128.load(row3 + end);
    s3 = f64x2.add(s3, f64x2.mul(value, u0));
    v128.store(y + end, f64x2.add(t0, f64x2.mul(value, u3)));
    value = v128.load(row3 + end, 16);
    s3 = f64x2.add(s3, f64x2.mul(value, u1));
    v128.store(y + end, f64x2.add(t1, f64x2.mul(value, u3)), 16);
    value = v128.load(row3 + end, 32);
    s3 = f64x2.add(s3, f64x2.mul(value, u2));
    v128.store(y + end, f64x2.add(t2, f64x2.mul(value, u3)), 32);
    v128.store(y + end, f64x2.add(s3, f64x2.mul(v128.load(row3 + end, 48), u3)), 48);
    row = row3 + ((r + 4) << 4);
  }
  for (; r < n; r++) {
    const own: usize = r << 4;
    const u = v128.load(q + own);
    let sum = ZERO;
    for (let k: usize = 0; k < own; k += 16) {
      const value = v128.load(row + k);
      sum = f64x2.add(sum, f64x2.mul(value, v128.load(q + k)));
      v128.store(y + k, f64x2.add(v128.load(y + k), f64x2.mul(value, u)));
    }
    v128.store(y + own, f64x2.add(sum, f64x2.mul(v128.load(row + own), u)));
    row += (r + 1) << 4;
  }
}
