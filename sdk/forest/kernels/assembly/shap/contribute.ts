/** Contributions of a split: for each pattern above and below, added to every row. */
import {
  ABOVE,
  ABOVE_COUNT,
  gains,
  keyLeft,
  keyRight,
  keyState,
  lanes,
  offProduct,
  pairs,
  rootBelow,
  rows,
  valueBytes,
  width,
} from './ground';
import { index, MAP_SIZE, pairUp } from './patterns';

/** Adds Σ_k p_k W_k to every row's sums. */
export function contribute(level: usize, below: usize, belowCount: u32, state: usize, target: usize): void {
  const aboveCount = load<u32>(level, ABOVE_COUNT);
  const above = <usize>load<u32>(level, ABOVE);
  const n = rows;
  if (max(aboveCount, belowCount) * 2 > n || aboveCount * belowCount > MAP_SIZE)
    sumProducts(n, level + offProduct, above, gains, below, state, target);
  else contributePairs(n, level + offProduct, above, below, belowCount, state, target);
}

/** Finds the pairs of patterns above and below, forms the contribution of each, and adds them to the rows. */
export function contributePairs(
  n: u32,
  products: usize,
  above: usize,
  below: usize,
  belowCount: u32,
  state: usize,
  target: usize,
): void {
  const bytes = (<usize>lanes) << 3;
  const found = pairUp(n, above, below, belowCount, state);
  memory.fill(pairs, 0, <usize>found * bytes);
  sumProducts(found, products, keyLeft, gains, keyRight, keyState, pairs);
  if (bytes === 32) {
    for (let r: u32 = 0; r < n; r++, target += 32) {
      const pair = pairs + <usize>(index(rootBelow, r) << 5);
      v128.store(target, f64x2.add(v128.load(target), v128.load(pair)));
      v128.store(target, f64x2.add(v128.load(target, 16), v128.load(pair, 16)), 16);
    }
  } else {
    for (let r: u32 = 0; r < n; r++, target += bytes) {
      const pair = pairs + <usize>index(rootBelow, r) * bytes;
      for (let o: usize = 0; o < bytes; o += 8) store<f64>(target + o, load<f64>(target + o) + load<f64>(pair + o));
    }
  }
}

/** Adds Σ_k p_k W_k, formed first, to `count` sums of `lanes`, where the state is not 2: a row's bits do not depend on its company. */
export function sumProducts(
  count: u32,
  products: usize,
  above: usize,
  gain: usize,
  below: usize,
  state: usize,
  to: usize,
): void {
  const w = width << 3;
  const gainBytes = valueBytes;
  const bytes = (<usize>lanes) << 3;
  if (bytes === 32) {
    for (let j: u32 = 0; j < count; j++, to += 32) {
      if (index(state, j) === 2) continue;
      const p = products + <usize>index(above, j) * w;
      let g = gain + <usize>index(below, j) * gainBytes;
      let sum0 = f64x2.splat(0);
      let sum1 = f64x2.splat(0);
      for (let k = p, end = p + w; k < end; k += 16) {
        const even = v128.load64_splat(k);
        const odd = v128.load64_splat(k, 8);
        sum0 = f64x2.add(sum0, f64x2.add(f64x2.mul(even, v128.load(g)), f64x2.mul(odd, v128.load(g, 32))));
        sum1 = f64x2.add(sum1, f64x2.add(f64x2.mul(even, v128.load(g, 16)), f64x2.mul(odd, v128.load(g, 48))));
        g += 64;
      }
      v128.store(to, f64x2.add(v128.load(to), sum0));
      v128.store(to, f64x2.add(v128.load(to, 16), sum1), 16);
    }
    return;
  }
  for (let j: u32 = 0; j < count; j++, to += bytes) {
    if (index(state, j) === 2) continue;
    const p = products + <usize>index(above, j) * w;
    const g = gain + <usize>index(below, j) * gainBytes;
    if (bytes === 8) {
      let sum = f64x2.splat(0);
      for (let o: usize = 0; o < w; o += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(p + o), v128.load(g + o)));
      store<f64>(to, load<f64>(to) + (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
      continue;
    }
    for (let t: usize = 0; t < bytes; t += 16) {
      let sum = f64x2.splat(0);
      let at = g + t;
      for (let k: usize = 0; k < w; k += 8) {
        sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(p + k), v128.load(at)));
        at += bytes;
      }
      v128.store(to + t, f64x2.add(v128.load(to + t), sum));
    }
  }
}
