// Encoding of embeddings in which the dense product is made in 8-bit integers, to find the latents that can be among the strongest, and only these
// are computed in float32. ../encode-twin.ts does the same.
import { divideByLevel, gatherLikely, likelyCut } from './sae/select';
import { SEGMENT, sumOfLanes } from './sae/vector';

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

/** The pre-activations [n] that an int32 product [n] stands for: (product − offset)·step·scale + bias. */
function interpret(product: usize, n: u32, offsets: usize, scales: usize, bias: usize, step: f32, pre: usize): void {
  const size = f32x4.splat(step);
  const length = (<usize>n) << 2;
  for (let at: usize = 0; at < length; at += 16) {
    const whole = f32x4.convert_i32x4_s(i32x4.sub(v128.load(product + at), v128.load(offsets + at)));
    const value = f32x4.mul(f32x4.mul(whole, size), v128.load(scales + at));
    v128.store(pre + at, f32x4.add(value, v128.load(bias + at)));
  }
}

/** a · b in 32 partial sums: sums of eight would wait for each other. */
function product(a: usize, b: usize, width: u32): f32 {
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
  let start: f32 = 0;
  let pairs: u32 = 0;
  let done: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    interpret(products + at * n, n, offsets, scales, bias, load<f32>(steps + at), scratchAll);
    const count = gatherLikely(scratchAll, n, k, load<f32>(margins + at), start, scratchValues, scratchLatents);
    start = likelyCut();
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

export { select } from './sae/select';
export { product };
