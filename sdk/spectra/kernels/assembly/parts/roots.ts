/** The five largest eigenvalues of two tridiagonal matrices at once. */

const ZERO = f64x2.splat(0);
/** Roots that `topFive` finds. */
const ROOTS: i32 = 5;
const MAX_STEPS: i32 = 60;

/**
 * The five largest eigenvalues of two positive semidefinite tridiagonal matrices (d and e2, f64x2 [n], as tridiagonalise gives them;
 * overwritten), largest first: roots f64x2 [5]. Laguerre's method from above on the characteristic polynomial without the roots found.
 * Gives the lanes (bit 0, bit 1) that it would not vouch for. room: 16 × f64x2.
 */
export function topFive(n: i32, d: usize, e2: usize, room: usize, roots: usize): i32 {
  const bound = scaleToOne(n, d, e2);
  const tiny = f64x2.splat(<f64>n * 2.3e-16);
  let rest = ZERO;
  for (let j = 0; j < n << 4; j += 16) rest = f64x2.add(rest, v128.load(d + j));
  let doubtful = i64x2.splat(0);
  let anchor = f64x2.splat(1.01);
  evaluate(n, d, e2, anchor, room);
  let anchor1 = v128.load(room);
  let anchor2 = v128.load(room, 16);
  let before = anchor;
  for (let k = 0; k < ROOTS; k++) {
    const index = i64x2.splat(k);
    let active = k < n ? f64x2.gt(rest, tiny) : i64x2.splat(0);
    const found = active;
    if (k === 1 && v128.any_true(active)) {
      // the sum of the other eigenvalues bounds the second one, far below the first
      anchor = f64x2.add(rest, tiny);
      evaluate(n, d, e2, anchor, room);
      anchor1 = v128.load(room);
      anchor2 = v128.load(room, 16);
      doubtful = v128.or(doubtful, v128.and(active, i64x2.gt_s(v128.load(room, 32), index)));
    }
    let x = anchor;
    let s1 = anchor1;
    let s2 = anchor2;
    let count = index;
    let step = f64x2.splat(Infinity);
    for (let round = 0; v128.any_true(active); round++) {
      if (round === MAX_STEPS) {
        doubtful = v128.or(doubtful, active);
        break;
      }
      const dx = laguerre(n - k, k, x, s1, s2, roots);
      const to = f64x2.sub(x, dx);
      // below the root and going down still: another root than this one
      const below = i64x2.gt_s(count, index);
      doubtful = v128.or(doubtful, v128.and(active, v128.and(below, f64x2.gt(dx, ZERO))));
      // a point well above the root serves the next one too
      const far = v128.and(v128.andnot(active, below), f64x2.ge(dx, f64x2.mul(to, f64x2.splat(0.1))));
      anchor = v128.bitselect(x, anchor, far);
      anchor1 = v128.bitselect(s1, anchor1, far);
      anchor2 = v128.bitselect(s2, anchor2, far);
      x = v128.bitselect(to, x, active);
      const size = f64x2.abs(dx);
      const place = f64x2.abs(x);
      const close = f64x2.le(size, f64x2.add(f64x2.mul(place, f64x2.splat(1e-8)), f64x2.splat(1e-17)));
      const shrinks = f64x2.le(size, f64x2.mul(step, f64x2.splat(1e-3)));
      const near = v128.and(f64x2.le(size, f64x2.mul(place, f64x2.splat(1e-5))), shrinks);
      active = v128.andnot(active, v128.or(close, near));
      step = size;
      if (!v128.any_true(active)) break;
      evaluate(n, d, e2, x, room);
      s1 = v128.load(room);
      s2 = v128.load(room, 16);
      count = v128.load(room, 32);
      active = v128.andnot(active, v128.load(room, 48));
      doubtful = v128.or(doubtful, v128.and(active, i64x2.gt_s(count, i64x2.splat(k + 1))));
    }
    x = v128.and(x, found);
    doubtful = v128.or(doubtful, v128.andnot(found, f64x2.le(x, f64x2.mul(before, f64x2.splat(1.0000001)))));
    before = x;
    rest = f64x2.sub(rest, x);
    v128.store(roots + (k << 4), x);
  }
  for (let k = 0; k < ROOTS << 4; k += 16) v128.store(roots + k, f64x2.mul(v128.load(roots + k), bound));
  return i64x2.bitmask(doubtful);
}

/** Divides d and e2 so that no eigenvalue is above 1; gives the divisor (Gershgorin's bound). A lane of zeros stays zero. */
function scaleToOne(n: i32, d: usize, e2: usize): v128 {
  let bound = ZERO;
  let coupling = ZERO;
  for (let j = 0; j < n << 4; j += 16) {
    const after = j + 16 < n << 4 ? f64x2.sqrt(v128.load(e2 + j, 16)) : ZERO;
    const reach = f64x2.add(f64x2.add(v128.load(d + j), coupling), after);
    bound = v128.bitselect(reach, bound, f64x2.gt(reach, bound));
    coupling = after;
  }
  const inverse = v128.and(f64x2.div(f64x2.splat(1), bound), f64x2.gt(bound, ZERO));
  const inverse2 = f64x2.mul(inverse, inverse);
  for (let j = 0; j < n << 4; j += 16) {
    v128.store(d + j, f64x2.mul(v128.load(d + j), inverse));
    v128.store(e2 + j, f64x2.mul(v128.load(e2 + j), inverse2));
  }
  return bound;
}

/**
 * The characteristic polynomial p at x: Σ 1/(x−λ) = p'/p, Σ 1/(x−λ)² = (p'/p)² − p''/p, the number of eigenvalues above x (changes of
 * sign along the leading minors) and whether p = 0, into room. p, p' and p''/2 keep a common factor, a power of two.
 */
function evaluate(n: i32, d: usize, e2: usize, x: v128, room: usize): void {
  let p0 = ZERO;
  let p = f64x2.splat(1);
  let q0 = ZERO;
  let q = ZERO;
  let r0 = ZERO;
  let r = ZERO;
  let changes = i64x2.splat(0);
  let negative = i64x2.splat(0);
  for (let i = 0; i < n; i++) {
    const t = f64x2.sub(x, v128.load(d + (i << 4)));
    const b = v128.load(e2 + (i << 4));
    const p1 = f64x2.sub(f64x2.mul(t, p), f64x2.mul(b, p0));
    const q1 = f64x2.sub(f64x2.add(f64x2.mul(t, q), p), f64x2.mul(b, q0));
    const r1 = f64x2.sub(f64x2.add(f64x2.mul(t, r), q), f64x2.mul(b, r0));
    const isNegative = f64x2.lt(p1, ZERO);
    changes = i64x2.sub(changes, v128.xor(isNegative, negative));
    negative = isNegative;
    p0 = p;
    p = p1;
    q0 = q;
    q = q1;
    r0 = r;
    r = r1;
    if ((i & 7) === 7) {
      const size = f64x2.add(f64x2.abs(p), f64x2.abs(p0));
      const exponent = v128.and(size, i64x2.splat(0x7ff0000000000000));
      const factor = i64x2.sub(i64x2.splat(0x7fe0000000000000), exponent);
      p = f64x2.mul(p, factor);
      p0 = f64x2.mul(p0, factor);
      q = f64x2.mul(q, factor);
      q0 = f64x2.mul(q0, factor);
      r = f64x2.mul(r, factor);
      r0 = f64x2.mul(r0, factor);
    }
  }
  const s1 = f64x2.div(q, p);
  v128.store(room, s1);
  v128.store(room, f64x2.sub(f64x2.mul(s1, s1), f64x2.mul(f64x2.splat(2), f64x2.div(r, p))), 16);
  v128.store(room, changes, 32);
  v128.store(room, f64x2.eq(p, ZERO), 48);
}

/** Laguerre's step towards the nearest of the `degree` roots that are left when the first `found` are taken out of the two sums. */
function laguerre(degree: i32, found: i32, x: v128, s1: v128, s2: v128, roots: usize): v128 {
  for (let k = 0; k < found << 4; k += 16) {
    const inverse = f64x2.div(f64x2.splat(1), f64x2.sub(x, v128.load(roots + k)));
    s1 = f64x2.sub(s1, inverse);
    s2 = f64x2.sub(s2, f64x2.mul(inverse, inverse));
  }
  const m = f64x2.splat(<f64>degree);
  const spread = f64x2.sub(f64x2.mul(m, s2), f64x2.mul(s1, s1));
  const under = f64x2.mul(f64x2.splat(<f64>(degree - 1)), spread);
  const root = f64x2.sqrt(v128.and(under, f64x2.gt(under, ZERO)));
  const signed = v128.bitselect(f64x2.neg(root), root, f64x2.lt(s1, ZERO));
  return f64x2.div(m, f64x2.add(s1, signed));
}
