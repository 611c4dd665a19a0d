/**
 * From the pixels of a band to its mean and its five largest singular values, two bands in the two lanes of f64x2 (WASM SIMD; twin.ts is
 * the same in plain TypeScript and gives the same bits). Pointers are byte offsets. Pixels are 16-bit and unsigned, none above 32,767 where
 * they go into a Gram matrix. What the steps rest on is said in singular-values.ts.
 */

const ZERO = f64x2.splat(0);
/** Roots that `topFive` finds. */
const ROOTS: i32 = 5;
const MAX_STEPS: i32 = 60;

/**
 * Zeroes the excluded pixels of a band. data u16 [h, w], 16 readable bytes behind it; mask u8 [h, w] (not 0 = excluded, 8 readable bytes
 * behind it) or 0; out u16 [h, width], width a multiple of 8, or 0 for the figures alone. figures f64: sum, count and largest of the rest.
 */
export function maskedRows(data: usize, mask: usize, h: i32, w: i32, out: usize, width: i32, figures: usize): void {
  let sum: f64 = 0;
  let count: f64 = 0;
  let largest = i16x8.splat(0);
  const tail = lanesBelow(((w - 1) & 7) + 1);
  const last = (w - 1) >> 3;
  for (let row = 0; row < h; row++) {
    const from = data + ((row * w) << 1);
    const rowMask = mask + row * w;
    const to = out + ((row * width) << 1);
    let sums = i32x4.splat(0);
    let kept = i16x8.splat(0);
    for (let block = 0; block <= last; block++) {
      let keep = block == last ? tail : i16x8.splat(-1);
      if (mask != 0) {
        const bytes = v128.load64_zero(rowMask + (block << 3));
        keep = v128.and(keep, i16x8.extend_low_i8x16_s(i8x16.eq(bytes, i8x16.splat(0))));
      }
      const values = v128.and(v128.load(from + (block << 4)), keep);
      if (out != 0) v128.store(to + (block << 4), values);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(values));
      kept = i16x8.sub(kept, keep);
      largest = i16x8.max_u(largest, values);
    }
    sum += unsignedSum(sums);
    count += unsignedSum(i32x4.extadd_pairwise_i16x8_u(kept));
  }
  let most: i32 = 0;
  v128.store(figures, largest);
  for (let lane = 0; lane < 8; lane++) most = max(most, <i32>load<u16>(figures + (lane << 1)));
  store<f64>(figures, sum);
  store<f64>(figures, count, 8);
  store<f64>(figures, <f64>most, 16);
}

/** 16-bit lanes: all ones in the first `count`. */
function lanesBelow(count: i32): v128 {
  return i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>count));
}

function unsignedSum(lanes: v128): f64 {
  return (
    (<f64>(<u32>i32x4.extract_lane(lanes, 0)) + <f64>(<u32>i32x4.extract_lane(lanes, 1))) +
    (<f64>(<u32>i32x4.extract_lane(lanes, 2)) + <f64>(<u32>i32x4.extract_lane(lanes, 3)))
  );
}

/** Pairs of neighbouring rows: x u16 [h, width] to words [⌈h/2⌉, width], each the pixels of one column in two rows. A last odd row pairs with zeros. */
export function pairRows(x: usize, h: i32, width: i32, out: usize): void {
  for (let row = 0; row < h; row += 2) {
    const upper = x + ((row * width) << 1);
    const lower = upper + (width << 1);
    const to = out + (((row >> 1) * width) << 2);
    const both = row + 1 < h;
    for (let column = 0; column < width; column += 8) {
      const a = v128.load(upper + (column << 1));
      const b = both ? v128.load(lower + (column << 1)) : i16x8.splat(0);
      v128.store(to + (column << 2), v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(to + (column << 2), v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
  }
}

/** Pairs of neighbouring columns: x u16 [side, width] to words [width/2, side], each two pixels of one row. side is a multiple of 4. */
export function pairColumns(x: usize, side: i32, width: i32, out: usize): void {
  const rowBytes = width << 1;
  const outBytes = side << 2;
  for (let row = 0; row < side; row += 4) {
    for (let column = 0; column < width; column += 8) {
      const from = x + ((row * width + column) << 1);
      const a = v128.load(from);
      const b = v128.load(from + rowBytes);
      const c = v128.load(from + 2 * rowBytes);
      const d = v128.load(from + 3 * rowBytes);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      const to = out + (((column >> 1) * side + row) << 2);
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to + outBytes, v128.shuffle<i64>(ab, cd, 1, 3));
      v128.store(to + 2 * outBytes, v128.shuffle<i64>(ab2, cd2, 0, 2));
      v128.store(to + 3 * outBytes, v128.shuffle<i64>(ab2, cd2, 1, 3));
    }
  }
}

/**
 * Gram matrix of one band into its lane of the packed lower triangle a (entry (i, j), j ≤ i, at (i(i+1)/2 + j)·16 + lane·8). words [depth,
 * side] as pairRows and pairColumns make them, side a multiple of 4, n ≤ side; scale f64 [n] of rows and columns. Sums are exact in i32
 * over `chunk` words at a time.
 */
export function gramOfPairs(
  words: usize,
  depth: i32,
  chunk: i32,
  side: i32,
  n: i32,
  scale: usize,
  a: usize,
  lane: i32,
): void {
  const step = side << 2;
  for (let start = 0; start < depth; start += chunk) {
    const rounds = min(chunk, depth - start);
    const base = words + start * step;
    for (let i = 0; i < n; i += 4) {
      for (let j = 0; j <= i; j += 4) {
        let r0 = i32x4.splat(0);
        let r1 = i32x4.splat(0);
        let r2 = i32x4.splat(0);
        let r3 = i32x4.splat(0);
        let left = base + (i << 2);
        let right = base + (j << 2);
        for (let k = 0; k < rounds; k++) {
          const x = v128.load(right);
          r0 = i32x4.add(r0, i32x4.dot_i16x8_s(v128.load32_splat(left), x));
          r1 = i32x4.add(r1, i32x4.dot_i16x8_s(v128.load32_splat(left, 4), x));
          r2 = i32x4.add(r2, i32x4.dot_i16x8_s(v128.load32_splat(left, 8), x));
          r3 = i32x4.add(r3, i32x4.dot_i16x8_s(v128.load32_splat(left, 12), x));
          left += step;
          right += step;
        }
        const first = start == 0;
        addRow(r0, i, j, n, scale, a, lane, first);
        addRow(r1, i + 1, j, n, scale, a, lane, first);
        addRow(r2, i + 2, j, n, scale, a, lane, first);
        addRow(r3, i + 3, j, n, scale, a, lane, first);
      }
    }
  }
}

function addRow(sums: v128, i: i32, j: i32, n: i32, scale: usize, a: usize, lane: i32, first: bool): void {
  if (i >= n) return;
  const at = a + (((i * (i + 1)) >> 1) + j) * 16 + lane * 8;
  const rowScale = f64x2.splat(load<f64>(scale + (i << 3)));
  let low = f64x2.mul(f64x2.convert_low_i32x4_s(sums), rowScale);
  let high = f64x2.mul(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3)), rowScale);
  const columns = scale + (j << 3);
  low = f64x2.mul(low, v128.load(columns));
  high = f64x2.mul(high, v128.load(columns, 16));
  addEntry(at, f64x2.extract_lane(low, 0), first);
  if (j + 1 <= i) addEntry(at + 16, f64x2.extract_lane(low, 1), first);
  if (j + 2 <= i) addEntry(at + 32, f64x2.extract_lane(high, 0), first);
  if (j + 3 <= i) addEntry(at + 48, f64x2.extract_lane(high, 1), first);
}

// @ts-ignore: decorator
@inline
function addEntry(at: usize, value: f64, first: bool): void {
  store<f64>(at, first ? value : load<f64>(at) + value);
}

/** The same from doubles: x f64 [n, depth], depth even, rows already scaled. */
export function gramOfDoubles(x: usize, depth: i32, n: i32, a: usize, lane: i32): void {
  const step = depth << 3;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const left = x + i * step;
      const right = x + j * step;
      let sums = ZERO;
      for (let k = 0; k < step; k += 16)
        sums = f64x2.add(sums, f64x2.mul(v128.load(left + k), v128.load(right + k)));
      const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
      store<f64>(a + (((i * (i + 1)) >> 1) + j) * 16 + lane * 8, sum);
    }
  }
}

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

// @ts-ignore: decorator
@inline
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
  if (r == i) return;
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
    if (k == 1 && v128.any_true(active)) {
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
      if (round == MAX_STEPS) {
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
  for (let k = 0; k < ROOTS << 4; k += 16)
    v128.store(roots + k, f64x2.mul(v128.load(roots + k), bound));
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
    if ((i & 7) == 7) {
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
