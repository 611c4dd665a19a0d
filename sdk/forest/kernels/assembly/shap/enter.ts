/** Going down: how rows decide at a split, and the products of the patterns above it. */
import {
  ABOVE_COUNT,
  levelAt,
  levelBytes,
  OPEN,
  offProduct,
  offState,
  offTable,
  PARENT,
  PARENT_STATE,
  padded,
  quadrature,
  rowBytes,
  STATE,
  sideOf,
  width,
  x,
} from './ground';
import { index, refine } from './patterns';
import { BEFORE, CHILD, DEPTH, FEATURE, PREVIOUS, SHARE, THRESHOLD, THROUGH } from './record';

export function enter(records: usize, split: u32, d: i32): void {
  const level = levelAt(d);
  const record = records + ((<usize>split) << 6);
  const side = sideOf(records, split, d);
  store<u32>(level + OPEN, split);
  const state = level + offState + side * rowBytes;
  store<u32>(level + STATE, <u32>state);
  decide(records, record, state);
  tabulate(record, level + offTable);
  if (load<i32>(record, CHILD) < 0 && load<i32>(record, CHILD + 4) < 0) return; // leaves need no products, see `lastSplit`
  if (d === 0) {
    memory.copy(level + offProduct, quadrature + 2 * (width << 3), width << 3);
  } else {
    multiply(level, levelAt(d - 1), records, side);
  }
  refine(level, level + levelBytes, state);
}

/** States of all rows. */
export function decide(records: usize, record: usize, state: usize): void {
  const input = x + ((<usize>load<u32>(record, FEATURE) * padded) << 2);
  const threshold = f32x4.splat(load<f32>(record, THRESHOLD));
  const one = i16x8.splat(1);
  const previous = load<i32>(record, PREVIOUS);
  const end = (<usize>padded) << 1;
  if (previous < 0) {
    for (let o: usize = 0; o < end; o += 16) {
      const left = i16x8.narrow_i32x4_s(
        f32x4.le(v128.load(input + 2 * o), threshold),
        f32x4.le(v128.load(input + 2 * o + 16), threshold),
      );
      v128.store(state + o, v128.andnot(one, left));
    }
    return;
  }
  const earlier = load<u32>(levelAt(load<i32>(records + ((<usize>(previous >> 1)) << 6), DEPTH)), STATE);
  const followed = i16x8.splat(<i16>(previous & 1));
  const two = i16x8.splat(2);
  for (let o: usize = 0; o < end; o += 16) {
    const left = i16x8.narrow_i32x4_s(
      f32x4.le(v128.load(input + 2 * o), threshold),
      f32x4.le(v128.load(input + 2 * o + 16), threshold),
    );
    const learns = i16x8.eq(v128.load(earlier + o), followed);
    v128.store(state + o, v128.bitselect(v128.andnot(one, left), two, learns));
  }
}

/** What a product gains on the way to each child where the row follows (2) and where it does not (2), z_b/F² for the side taken (2), and 1/F². */
export function tabulate(record: usize, table: usize): void {
  const z0 = f64x2.splat(load<f64>(record, THROUGH));
  const z1 = f64x2.splat(load<f64>(record, THROUGH + 8));
  const before = load<f64>(record, BEFORE);
  const w = width << 3;
  const one = f64x2.splat(1);
  for (let o: usize = 0; o < w; o += 16) {
    const t = v128.load(quadrature + o);
    const u = v128.load(quadrature + w + o);
    let rest0 = f64x2.mul(z0, u);
    let rest1 = f64x2.mul(z1, u);
    let follow0 = f64x2.add(t, rest0);
    let follow1 = f64x2.add(t, rest1);
    let square = one;
    if (before !== 1) {
      const inverse = f64x2.div(one, f64x2.add(t, f64x2.mul(f64x2.splat(before), u)));
      rest0 = f64x2.mul(rest0, inverse);
      rest1 = f64x2.mul(rest1, inverse);
      follow0 = f64x2.mul(follow0, inverse);
      follow1 = f64x2.mul(follow1, inverse);
      square = f64x2.mul(inverse, inverse);
    }
    v128.store(table + o, follow0);
    v128.store(table + w + o, follow1);
    v128.store(table + 2 * w + o, rest0);
    v128.store(table + 3 * w + o, rest1);
    v128.store(table + 4 * w + o, f64x2.mul(z1, square));
    v128.store(table + 5 * w + o, f64x2.mul(z0, square));
    v128.store(table + 6 * w + o, square);
  }
}

/** Products of a split's patterns above from its parent's. */
export function multiply(level: usize, above: usize, records: usize, side: usize): void {
  const w = width << 3;
  const count = load<u32>(level, ABOVE_COUNT);
  const parent = <usize>load<u32>(level, PARENT);
  const parentState = <usize>load<u32>(level, PARENT_STATE);
  const follow = above + offTable + side * w;
  const rest = follow + 2 * w;
  const share = f64x2.splat(load<f64>(records + ((<usize>load<u32>(above, OPEN)) << 6) + (side << 3), SHARE));
  const from = above + offProduct;
  let to = level + offProduct;
  for (let g: u32 = 0; g < count; g++) {
    const source = from + <usize>index(parent, g) * w;
    const state = index(parentState, g);
    if (state === 2) {
      for (let o: usize = 0; o < w; o += 16) v128.store(to + o, f64x2.mul(v128.load(source + o), share));
    } else {
      const factor = state === side ? follow : rest;
      for (let o: usize = 0; o < w; o += 16)
        v128.store(to + o, f64x2.mul(v128.load(source + o), v128.load(factor + o)));
    }
    to += w;
  }
}
