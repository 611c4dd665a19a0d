/** Gram matrices of band images, each in its lane of a packed lower triangle. */

const ZERO = f64x2.splat(0);

/**
 * Gram matrix of one band into its lane of the packed lower triangle a (entry (i, j), j ≤ i, at (i(i+1)/2 + j)·16 + lane·8). words [depth,
 * side] as pairRows and pairColumns make them, side a multiple of 4, n ≤ side; scale f64 [n] of rows and columns. Sums over `chunk` words
 * at a time are exact in i32, and those of all in f64.
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
  for (let i = 0; i < n; i += 4)
    for (let j = 0; j <= i; j += 4) fourByFour(words, depth, chunk, side, i, j, n, scale, a, lane);
}

/** Rows i … i + 3, columns j … j + 3. */
function fourByFour(
  words: usize,
  depth: i32,
  chunk: i32,
  side: i32,
  i: i32,
  j: i32,
  n: i32,
  scale: usize,
  a: usize,
  lane: i32,
): void {
  const step = side << 2;
  let left = words + (i << 2);
  let right = words + (j << 2);
  let low0 = ZERO;
  let low1 = ZERO;
  let low2 = ZERO;
  let low3 = ZERO;
  let high0 = ZERO;
  let high1 = ZERO;
  let high2 = ZERO;
  let high3 = ZERO;
  for (let rest = depth; rest > 0; rest -= chunk) {
    const end = right + min(chunk, rest) * step;
    let r0 = i32x4.splat(0);
    let r1 = i32x4.splat(0);
    let r2 = i32x4.splat(0);
    let r3 = i32x4.splat(0);
    for (; right < end; right += step, left += step) {
      const x = v128.load(right);
      r0 = i32x4.add(r0, i32x4.dot_i16x8_s(v128.load32_splat(left), x));
      r1 = i32x4.add(r1, i32x4.dot_i16x8_s(v128.load32_splat(left, 4), x));
      r2 = i32x4.add(r2, i32x4.dot_i16x8_s(v128.load32_splat(left, 8), x));
      r3 = i32x4.add(r3, i32x4.dot_i16x8_s(v128.load32_splat(left, 12), x));
    }
    low0 = f64x2.add(low0, f64x2.convert_low_i32x4_s(r0));
    low1 = f64x2.add(low1, f64x2.convert_low_i32x4_s(r1));
    low2 = f64x2.add(low2, f64x2.convert_low_i32x4_s(r2));
    low3 = f64x2.add(low3, f64x2.convert_low_i32x4_s(r3));
    high0 = f64x2.add(high0, upper(r0));
    high1 = f64x2.add(high1, upper(r1));
    high2 = f64x2.add(high2, upper(r2));
    high3 = f64x2.add(high3, upper(r3));
  }
  storeRow(low0, high0, i, j, n, scale, a, lane);
  storeRow(low1, high1, i + 1, j, n, scale, a, lane);
  storeRow(low2, high2, i + 2, j, n, scale, a, lane);
  storeRow(low3, high3, i + 3, j, n, scale, a, lane);
}

function upper(sums: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3));
}

function storeRow(low: v128, high: v128, i: i32, j: i32, n: i32, scale: usize, a: usize, lane: i32): void {
  if (i >= n) return;
  const at = a + (((i * (i + 1)) >> 1) + j) * 16 + lane * 8;
  const rowScale = f64x2.splat(load<f64>(scale + (i << 3)));
  const columns = scale + (j << 3);
  low = f64x2.mul(f64x2.mul(low, rowScale), v128.load(columns));
  high = f64x2.mul(f64x2.mul(high, rowScale), v128.load(columns, 16));
  store<f64>(at, f64x2.extract_lane(low, 0));
  if (j + 1 <= i) store<f64>(at, f64x2.extract_lane(low, 1), 16);
  if (j + 2 <= i) store<f64>(at, f64x2.extract_lane(high, 0), 32);
  if (j + 3 <= i) store<f64>(at, f64x2.extract_lane(high, 1), 48);
}

/** The same from doubles: x f64 [n, depth], depth even, rows already scaled. */
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
