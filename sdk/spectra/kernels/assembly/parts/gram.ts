/** Gram matrices of two band images, each in its lane of a packed lower triangle: entry (i, j), j ≤ i, at (i(i+1)/2 + j)·16. */

const ZERO = f64x2.splat(0);

/**
 * From words [depth, side, 2 bands] as pairRows and pairColumns make them, side a multiple of 4, n ≤ side. Their pixels have a centre c
 * taken away, which leaves it exact: Σ xy = Σ (x − c)(y − c) + c Σ (x − c) + c Σ (y − c) + Σ c². scale f64 [n + 3] of rows and columns;
 * shift f64x2 [side], room for what each line adds. Sums over `chunk` words at a time are exact in i32, and those of all in f64.
 */
export function gramOfPairs(
  words: usize,
  depth: i32,
  chunk: i32,
  side: i32,
  n: i32,
  centre0: i32,
  centre1: i32,
  scale: usize,
  shift: usize,
  a: usize,
): void {
  const step = side << 3;
  const centre = f64x2.replace_lane(f64x2.splat(<f64>centre0), 1, <f64>centre1);
  for (let i = 0; i < n; i += 2) shiftsOf(words + (i << 3), depth, step, centre, shift + (i << 4));
  for (let first = 0; first < depth; first += chunk) {
    const part = words + first * step;
    const bytes = min(chunk, depth - first) * step;
    const isLast = first + chunk >= depth;
    for (let i = 0; i < n; i += 4)
      for (let j = 0; j <= i; j += 4) fourByFour(part, bytes, step, i, j, n, first === 0, isLast, scale, shift, a);
  }
}

/** c·Σ (x − c) + half of Σ c² of two lines. */
function shiftsOf(words: usize, depth: i32, step: i32, centre: v128, shift: usize): void {
  const ones = i16x8.splat(1);
  let sums = i32x4.splat(0);
  for (const end = words + depth * step; words < end; words += step)
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(words), ones));
  const half = f64x2.mul(f64x2.mul(centre, centre), f64x2.splat(<f64>depth));
  v128.store(shift, f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(sums), centre), half));
  v128.store(shift, f64x2.add(f64x2.mul(upper(sums), centre), half), 16);
}

/** Rows i … i + 3, columns j … j + 3, over a part of the depth. */
function fourByFour(
  words: usize,
  bytes: i32,
  step: i32,
  i: i32,
  j: i32,
  n: i32,
  isFirst: bool,
  isLast: bool,
  scale: usize,
  shift: usize,
  a: usize,
): void {
  let left = words + (i << 3);
  let right = words + (j << 3);
  let r0 = i32x4.splat(0);
  let r1 = r0;
  let r2 = r0;
  let r3 = r0;
  let s0 = r0;
  let s1 = r0;
  let s2 = r0;
  let s3 = r0;
  for (const end = right + bytes; right < end; right += step, left += step) {
    const x = v128.load(right);
    const y = v128.load(right, 16);
    let own = v128.load64_splat(left);
    r0 = i32x4.add(r0, i32x4.dot_i16x8_s(own, x));
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(own, y));
    own = v128.load64_splat(left, 8);
    r1 = i32x4.add(r1, i32x4.dot_i16x8_s(own, x));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(own, y));
    own = v128.load64_splat(left, 16);
    r2 = i32x4.add(r2, i32x4.dot_i16x8_s(own, x));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(own, y));
    own = v128.load64_splat(left, 24);
    r3 = i32x4.add(r3, i32x4.dot_i16x8_s(own, x));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(own, y));
  }
  storeRow(r0, s0, i, j, isFirst, isLast, scale, shift, a);
  if (i + 1 < n) storeRow(r1, s1, i + 1, j, isFirst, isLast, scale, shift, a);
  if (i + 2 < n) storeRow(r2, s2, i + 2, j, isFirst, isLast, scale, shift, a);
  if (i + 3 < n) storeRow(r3, s3, i + 3, j, isFirst, isLast, scale, shift, a);
}

/** Columns j … j + 3 of row i, as far as the triangle has them. */
function storeRow(
  near: v128,
  far: v128,
  i: i32,
  j: i32,
  isFirst: bool,
  isLast: bool,
  scale: usize,
  shift: usize,
  a: usize,
): void {
  const at = a + ((((i * (i + 1)) >> 1) + j) << 4);
  let v0 = f64x2.convert_low_i32x4_s(near);
  let v1 = upper(near);
  let v2 = f64x2.convert_low_i32x4_s(far);
  let v3 = upper(far);
  if (!isFirst) {
    v0 = f64x2.add(v0, v128.load(at));
    v1 = f64x2.add(v1, v128.load(at, 16));
    v2 = f64x2.add(v2, v128.load(at, 32));
    v3 = f64x2.add(v3, v128.load(at, 48));
  }
  if (isLast) {
    const own = v128.load(shift + (i << 4));
    const others = shift + (j << 4);
    v0 = f64x2.add(v0, f64x2.add(own, v128.load(others)));
    v1 = f64x2.add(v1, f64x2.add(own, v128.load(others, 16)));
    v2 = f64x2.add(v2, f64x2.add(own, v128.load(others, 32)));
    v3 = f64x2.add(v3, f64x2.add(own, v128.load(others, 48)));
    const rowScale = v128.load64_splat(scale + (i << 3));
    const columns = scale + (j << 3);
    v0 = f64x2.mul(f64x2.mul(v0, rowScale), v128.load64_splat(columns));
    v1 = f64x2.mul(f64x2.mul(v1, rowScale), v128.load64_splat(columns, 8));
    v2 = f64x2.mul(f64x2.mul(v2, rowScale), v128.load64_splat(columns, 16));
    v3 = f64x2.mul(f64x2.mul(v3, rowScale), v128.load64_splat(columns, 24));
  }
  v128.store(at, v0);
  if (j < i) v128.store(at, v1, 16);
  if (j + 1 < i) v128.store(at, v2, 32);
  if (j + 2 < i) v128.store(at, v3, 48);
}

function upper(sums: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3));
}

/** Of one band, from doubles: x f64 [n, depth], depth even, rows already scaled. */
export function gramOfDoubles(x: usize, depth: i32, n: i32, a: usize, lane: i32): void {
  const step = depth << 3;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const left = x + i * step;
      const right = x + j * step;
      let sums = ZERO;
      for (let k = 0; k < step; k += 16) sums = f64x2.add(sums, f64x2.mul(v128.load(left + k), v128.load(right + k)));
      const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
      store<f64>(a + (((i * (i + 1)) >> 1) + j) * 16 + lane * 8, sum);
    }
  }
}
