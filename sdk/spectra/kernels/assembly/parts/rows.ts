/** Pixels of a band: excluded ones zeroed, and neighbours paired as the products of 16-bit pairs want them. */

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
  let sums = i32x4.splat(0);
  let kept = i16x8.splat(0);
  let added = 0;
  for (let row = 0; row < h; row++) {
    const from = data + ((row * w) << 1);
    const rowMask = mask + row * w;
    const to = out + ((row * width) << 1);
    for (let block = 0; block <= last; block++) {
      let keep = block === last ? tail : i16x8.splat(-1);
      if (mask !== 0) {
        const bytes = v128.load64_zero(rowMask + (block << 3));
        keep = v128.and(keep, i16x8.extend_low_i8x16_s(i8x16.eq(bytes, i8x16.splat(0))));
      }
      const values = v128.and(v128.load(from + (block << 4)), keep);
      if (out !== 0) v128.store(to + (block << 4), values);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(values));
      kept = i16x8.sub(kept, keep);
      largest = i16x8.max_u(largest, values);
    }
    // 32 bits hold 32,768 blocks' sums
    added += last + 1;
    if (added < 16_384 && row + 1 < h) continue;
    sum += unsignedSum(sums);
    count += unsignedSum(i32x4.extadd_pairwise_i16x8_u(kept));
    sums = i32x4.splat(0);
    kept = sums;
    added = 0;
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
    <f64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <f64>(<u32>i32x4.extract_lane(lanes, 1)) +
    (<f64>(<u32>i32x4.extract_lane(lanes, 2)) + <f64>(<u32>i32x4.extract_lane(lanes, 3)))
  );
}

/**
 * Pairs of neighbouring rows of two bands: each x u16 [h, width], none above 32,767, to words [⌈h/2⌉, width, 2 bands], each the pixels of
 * one column in two rows, i16, less the band's centre. A last odd row pairs with pixels of 0.
 */
export function pairRows(x0: usize, x1: usize, h: i32, width: i32, centre0: i32, centre1: i32, out: usize): void {
  const rowBytes = width << 1;
  const zero = i16x8.splat(0);
  const c0 = i16x8.splat(<i16>centre0);
  const c1 = i16x8.splat(<i16>centre1);
  for (let row = 0; row < h; row += 2) {
    const both = row + 1 < h;
    for (const end = x0 + rowBytes; x0 < end; x0 += 16, x1 += 16, out += 64) {
      const a0 = i16x8.sub(v128.load(x0), c0);
      const b0 = i16x8.sub(both ? v128.load(x0 + rowBytes) : zero, c0);
      const a1 = i16x8.sub(v128.load(x1), c1);
      const b1 = i16x8.sub(both ? v128.load(x1 + rowBytes) : zero, c1);
      storeInterleaved(
        out,
        v128.shuffle<i16>(a0, b0, 0, 8, 1, 9, 2, 10, 3, 11),
        v128.shuffle<i16>(a1, b1, 0, 8, 1, 9, 2, 10, 3, 11),
      );
      storeInterleaved(
        out + 32,
        v128.shuffle<i16>(a0, b0, 4, 12, 5, 13, 6, 14, 7, 15),
        v128.shuffle<i16>(a1, b1, 4, 12, 5, 13, 6, 14, 7, 15),
      );
    }
    x0 += rowBytes;
    x1 += rowBytes;
  }
}

function storeInterleaved(to: usize, words0: v128, words1: v128): void {
  v128.store(to, v128.shuffle<i32>(words0, words1, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<i32>(words0, words1, 2, 6, 3, 7), 16);
}

/**
 * Pairs of neighbouring columns of two bands, the same way: each x u16 [side, width] to words [width/2, side, 2 bands], each two pixels of
 * one row. side is even.
 */
export function pairColumns(x0: usize, x1: usize, side: i32, width: i32, centre0: i32, centre1: i32, out: usize): void {
  const rowBytes = width << 1;
  const outBytes = side << 3;
  const c0 = i16x8.splat(<i16>centre0);
  const c1 = i16x8.splat(<i16>centre1);
  for (let row = 0; row < side; row += 2) {
    let to = out + (row << 3);
    for (const end = x0 + rowBytes; x0 < end; x0 += 16, x1 += 16, to += outBytes << 2) {
      const a0 = i16x8.sub(v128.load(x0), c0);
      const a1 = i16x8.sub(v128.load(x1), c1);
      const b0 = i16x8.sub(v128.load(x0 + rowBytes), c0);
      const b1 = i16x8.sub(v128.load(x1 + rowBytes), c1);
      const a = v128.shuffle<i32>(a0, a1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(b0, b1, 0, 4, 1, 5);
      v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
      v128.store(to + outBytes, v128.shuffle<i64>(a, b, 1, 3));
      const c = v128.shuffle<i32>(a0, a1, 2, 6, 3, 7);
      const d = v128.shuffle<i32>(b0, b1, 2, 6, 3, 7);
      v128.store(to + 2 * outBytes, v128.shuffle<i64>(c, d, 0, 2));
      v128.store(to + 3 * outBytes, v128.shuffle<i64>(c, d, 1, 3));
    }
    x0 += rowBytes;
    x1 += rowBytes;
  }
}
