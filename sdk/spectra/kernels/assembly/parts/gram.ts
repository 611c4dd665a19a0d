/** Gram matrices of band images, each in its lane of a packed lower triangle. */

const ZERO = f64x2.splat(0);

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

// @ts-expect-error: decorator
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
