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
  for (let row = 0; row < h; row++) {
    const from = data + ((row * w) << 1);
    const rowMask = mask + row * w;
    const to = out + ((row * width) << 1);
    let sums = i32x4.splat(0);
    let kept = i16x8.splat(0);
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
    <f64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <f64>(<u32>i32x4.extract_lane(lanes, 1)) +
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
