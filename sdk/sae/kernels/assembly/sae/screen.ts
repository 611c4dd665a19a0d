// The dense product made in 8-bit integers, to find the latents that can be among the strongest; only these are computed in float32.
import { CARRIED, cutOf, divideByLevel, LOWERED, LOWERINGS, TO_FRONT } from './select';
import { SEGMENT, sumOfLanes } from './vector';

/**
 * Rows x [rows, width] as bytes round(x/step) + 128, step = max|x|/127. Per row `steps` and the squared norm.
 */
export function quantise(x: usize, rows: u32, width: u32, bytes: usize, steps: usize, squares: usize): void {
  const length = (<usize>width) << 2;
  for (let row: u32 = 0; row < rows; row++) {
    let most = f32x4.splat(0);
    for (let at: usize = 0; at < length; at += 16) most = f32x4.max(most, f32x4.abs(v128.load(x + at)));
    const largest = max<f32>(
      max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
    const step: f32 = largest > 0 ? largest / 127 : 1;
    store<f32>(steps, step);
    store<f32>(squares, product(x, x, width));
    const scale = f32x4.splat(<f32>1 / step);
    const middle = i32x4.splat(128);
    for (let at: usize = 0; at < length; at += 64) {
      const a = i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + at), scale))), middle);
      const b = i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + at, 16), scale))), middle);
      const c = i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + at, 32), scale))), middle);
      const e = i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + at, 48), scale))), middle);
      v128.store(bytes + (at >> 2), i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, e)));
    }
    x += length;
    bytes += width;
    steps += 4;
    squares += 4;
  }
}

/**
 * Weights [n, width] as bytes round(w/step), step = max|w|/127, turned to [width, n]; n is a multiple of 16. Per latent `steps`, and in `offsets` what a row
 * whose bytes are all 128 would give; in `largest` the largest squared norm and squared step.
 */
export function weightBytes(
  weights: usize,
  n: u32,
  width: u32,
  bytes: usize,
  steps: usize,
  offsets: usize,
  largest: usize,
): void {
  const length = (<usize>width) << 2;
  let square: f32 = 0;
  let widest: f32 = 0;
  for (let latent: u32 = 0; latent < n; latent++) {
    const row = weights + <usize>latent * length;
    let most = f32x4.splat(0);
    for (let at: usize = 0; at < length; at += 16) most = f32x4.max(most, f32x4.abs(v128.load(row + at)));
    const large = max<f32>(
      max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
    const step: f32 = large > 0 ? large / 127 : 1;
    store<f32>(steps + ((<usize>latent) << 2), step);
    square = max<f32>(square, product(row, row, width));
    if (large > 0) widest = max<f32>(widest, step * step);
  }
  store<f32>(largest, square);
  store<f32>(largest, widest, 4);
  for (let latent: u32 = 0; latent < n; latent += 16) {
    const rows = weights + <usize>latent * length;
    const step = steps + ((<usize>latent) << 2);
    const sums = offsets + ((<usize>latent) << 2);
    let s0 = i32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const c0 = f32x4.div(f32x4.splat(1), v128.load(step));
    const c1 = f32x4.div(f32x4.splat(1), v128.load(step, 16));
    const c2 = f32x4.div(f32x4.splat(1), v128.load(step, 32));
    const c3 = f32x4.div(f32x4.splat(1), v128.load(step, 48));
    for (let at: usize = 0; at < length; at += 4) {
      const b0 = rounded(rows + at, length, c0);
      const b1 = rounded(rows + at + 4 * length, length, c1);
      const b2 = rounded(rows + at + 8 * length, length, c2);
      const b3 = rounded(rows + at + 12 * length, length, c3);
      s0 = i32x4.add(s0, b0);
      s1 = i32x4.add(s1, b1);
      s2 = i32x4.add(s2, b2);
      s3 = i32x4.add(s3, b3);
      const place = bytes + (at >> 2) * n + latent;
      v128.store(place, i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(b0, b1), i16x8.narrow_i32x4_s(b2, b3)));
    }
    v128.store(sums, i32x4.shl(s0, 7));
    v128.store(sums, i32x4.shl(s1, 7), 16);
    v128.store(sums, i32x4.shl(s2, 7), 32);
    v128.store(sums, i32x4.shl(s3, 7), 48);
  }
}

/** A weight of each of four rows that lie `length` bytes apart, over their steps, to the nearest integer. */
function rounded(at: usize, length: usize, scales: v128): v128 {
  let four = v128.load32_zero(at);
  four = v128.load_lane<f32>(at + length, four, 1);
  four = v128.load_lane<f32>(at + 2 * length, four, 2);
  four = v128.load_lane<f32>(at + 3 * length, four, 3);
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(four, scales)));
}

/** What rows of one part have in common. */
let offsetsOf: usize = 0;
let scalesOf: usize = 0;
let biasOf: usize = 0;

/**
 * The pre-activations that an int32 product [n] stands for, (product − offset)·step·scale + bias: those above `floor` and their latents, rising.
 * Gives their number; may write 3 places beyond.
 */
function gatherAbove(product: usize, n: u32, step: f32, floor: f32, values: usize, latents: usize): u32 {
  const size = f32x4.splat(step);
  const least = f32x4.splat(floor);
  const four = i32x4.splat(4);
  let latent = i32x4(0, 1, 2, 3);
  let to: usize = 0;
  const length = (<usize>n) << 2;
  for (let at: usize = 0; at < length; at += 16) {
    const whole = f32x4.convert_i32x4_s(i32x4.sub(v128.load(product + at), v128.load(offsetsOf + at)));
    const value = f32x4.add(f32x4.mul(f32x4.mul(whole, size), v128.load(scalesOf + at)), v128.load(biasOf + at));
    const mask = i32x4.bitmask(f32x4.gt(value, least));
    const order = v128.load(TO_FRONT + ((<usize>mask) << 4));
    v128.store(values + to, i8x16.swizzle(value, order));
    v128.store(latents + to, i8x16.swizzle(latent, order));
    to += (<usize>popcnt(mask)) << 2;
    latent = i32x4.add(latent, four);
  }
  return <u32>(to >> 2);
}

/** The k-th largest of the row looked at last, about; 0 where it had no more than k. */
let cut: f32 = 0;

/** Of a product's pre-activations, each of which may be off by `margin`, those that may be among the k largest above 0. */
function gatherLikely(product: usize, n: u32, k: u32, step: f32, margin: f32, values: usize, latents: usize): u32 {
  // a row's cut is most often near that of the row before
  let floor = max<f32>(-margin, cut * CARRIED - 2 * margin);
  let count = gatherAbove(product, n, step, floor, values, latents);
  for (let tries = 0; count < k && floor > -margin; tries++) {
    floor = tries < LOWERINGS && floor > 0 ? floor * LOWERED : -margin;
    count = gatherAbove(product, n, step, floor, values, latents);
  }
  cut = 0;
  if (count <= k && floor === -margin) return count;
  cut = cutOf(values, count, k, max<f32>(0, floor));
  const from = max<f32>(-margin, cut - 2 * margin);
  if (from < floor) return gatherAbove(product, n, step, from, values, latents);
  let kept: usize = 0;
  for (let at: usize = 0; at < (<usize>count) << 2; at += 4) {
    const value = load<f32>(values + at);
    store<f32>(values + kept, value);
    store<u32>(latents + kept, load<u32>(latents + at));
    kept += value > from ? 4 : 0;
  }
  return <u32>(kept >> 2);
}

/** a · b in 32 partial sums: sums of eight would wait for each other. */
export function product(a: usize, b: usize, width: u32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  for (const end = a + ((<usize>width) << 2); a < end; a += SEGMENT, b += SEGMENT) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    s4 = f32x4.add(s4, f32x4.mul(v128.load(a, 64), v128.load(b, 64)));
    s5 = f32x4.add(s5, f32x4.mul(v128.load(a, 80), v128.load(b, 80)));
    s6 = f32x4.add(s6, f32x4.mul(v128.load(a, 96), v128.load(b, 96)));
    s7 = f32x4.add(s7, f32x4.mul(v128.load(a, 112), v128.load(b, 112)));
  }
  const low = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return sumOfLanes(f32x4.add(low, f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7))));
}

/**
 * Per row the at most k strongest latents above 0, latents rising within each of `levels` [levelCount], the last of which is k: `latents`, `values`
 * [rows, k], `ends` [rows, levelCount]. `products` are [rows, n], n a multiple of 4. A latent is computed in float32 where the product says that it
 * is less than twice `margins` [rows] below the k-th strongest; for all rows at once, so that each latent's weights are read once.
 * `worst` [rows] gets by how much, over the margin, a product that was looked at was off: the caller's to check.
 * Scratches hold n + 4 values, `starts` n + 1 and the four arrays of pairs (row, latent) `capacity` each, 2·n at least.
 */
export function strongest(
  products: usize,
  rows: u32,
  n: u32,
  k: u32,
  x: usize,
  width: u32,
  weights: usize,
  bias: usize,
  offsets: usize,
  scales: usize,
  steps: usize,
  margins: usize,
  worst: usize,
  starts: usize,
  pairLatents: usize,
  pairValues: usize,
  pairRows: usize,
  order: usize,
  capacity: u32,
  firsts: usize,
  levels: usize,
  levelCount: u32,
  scratchValues: usize,
  scratchLatents: usize,
  scratchAll: usize,
  scratchRest: usize,
  latents: usize,
  values: usize,
  ends: usize,
): void {
  offsetsOf = offsets;
  scalesOf = scales;
  biasOf = bias;
  cut = 0;
  let pairs: u32 = 0;
  let done: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const step = load<f32>(steps + at);
    const count = gatherLikely(products + at * n, n, k, step, load<f32>(margins + at), scratchValues, scratchLatents);
    store<u32>(firsts + at, pairs);
    memory.copy(pairLatents + ((<usize>pairs) << 2), scratchLatents, (<usize>count) << 2);
    memory.copy(pairValues + ((<usize>pairs) << 2), scratchValues, (<usize>count) << 2);
    for (let pair = pairs; pair < pairs + count; pair++) store<u32>(pairRows + ((<usize>pair) << 2), row);
    pairs += count;
    if (row + 1 < rows && capacity - pairs >= n) continue;
    store<u32>(firsts + at, pairs, 4);
    sortByLatent(pairs, n, pairLatents, starts, order);
    // what the product said gives way to the value, the pair's row to how far off it was
    for (let place: u32 = 0; place < pairs; place++) {
      const slot = order + ((<usize>place) << 2);
      const pair = (<usize>load<u32>(slot)) << 2;
      const latent = <usize>load<u32>(pairLatents + pair);
      const input = x + ((<usize>load<u32>(pairRows + pair) * width) << 2);
      const value = product(input, weights + ((latent * width) << 2), width) + load<f32>(bias + (latent << 2));
      const said = pairValues + pair;
      store<f32>(pairRows + pair, abs<f32>(value - load<f32>(said)));
      store<f32>(said, value);
    }
    for (; done <= row; done++) {
      const own = (<usize>done) << 2;
      const end = load<u32>(firsts + own, 4);
      let off: f32 = 0;
      let kept: usize = 0;
      for (let pair = load<u32>(firsts + own); pair < end; pair++) {
        const from = (<usize>pair) << 2;
        const value = load<f32>(pairValues + from);
        off = max<f32>(off, load<f32>(pairRows + from));
        store<f32>(scratchValues + kept, value);
        store<u32>(scratchLatents + kept, load<u32>(pairLatents + from));
        kept += value > 0 ? 4 : 0;
      }
      store<f32>(worst + own, off / load<f32>(margins + own));
      divideByLevel(
        <u32>(kept >> 2),
        0,
        levels,
        levelCount,
        scratchValues,
        scratchLatents,
        scratchAll,
        scratchRest,
        latents + own * k,
        values + own * k,
        ends + own * levelCount,
      );
    }
    pairs = 0;
    store<u32>(firsts + at, 0, 4);
  }
}

/** Numbers of the pairs, sorted by latent (counting sort). */
function sortByLatent(pairs: u32, n: u32, pairLatents: usize, starts: usize, order: usize): void {
  memory.fill(starts, 0, (<usize>(n + 1)) << 2);
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const place = starts + ((<usize>load<u32>(pairLatents + ((<usize>pair) << 2))) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  let before: u32 = 0;
  for (let latent: u32 = 0; latent < n; latent++) {
    const place = starts + ((<usize>latent) << 2);
    const own = load<u32>(place);
    store<u32>(place, before);
    before += own;
  }
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const place = starts + ((<usize>load<u32>(pairLatents + ((<usize>pair) << 2))) << 2);
    const next = load<u32>(place);
    store<u32>(place, next + 1);
    store<u32>(order + ((<usize>next) << 2), pair);
  }
}
