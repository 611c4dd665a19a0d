/** Going up: V of the patterns below a split, and the weights W of its contributions. */
import { BELOW, BELOW_COUNT, capacity, lanes, none, offValue, valueBytes, width } from './ground';
import { index } from './patterns';
import { SHARE } from './record';

/** A leaf as the only pattern below: its value at every node of the quadrature. */
export function leafBelow(level: usize, side: usize, leaf: usize): void {
  const to = level + offValue + side * capacity() * valueBytes;
  if (lanes === 1) {
    const v = v128.load64_splat(leaf);
    for (let o: usize = 0; o < valueBytes; o += 16) v128.store(to + o, v);
  } else {
    const bytes = (<usize>lanes) << 3;
    for (let o: usize = 0; o < valueBytes; o += bytes) {
      for (let t: usize = 0; t < bytes; t += 16) v128.store(to + o + t, v128.load(leaf + t));
    }
  }
  store<u32>(level + (side << 2), 1, BELOW_COUNT);
  store<u32>(level + (side << 2), <u32>none, BELOW);
}

/** V of each pattern to `values` (unless 0), and to `gain` the W that weighs products to its contributions. */
export function valuesBelow(
  record: usize,
  table: usize,
  count: u32,
  lefts: usize,
  fromLeft: usize,
  rights: usize,
  fromRight: usize,
  states: usize,
  values: usize,
  gain: usize,
): void {
  const w = width << 3;
  const bytes = valueBytes;
  const targetBytes = (<usize>lanes) << 3;
  const share0 = f64x2.splat(load<f64>(record, SHARE));
  const share1 = f64x2.splat(load<f64>(record, SHARE + 8));
  const hasValues = values !== 0;
  // without V wanted, W overwrites it
  let out = hasValues ? values : gain;
  for (let j: u32 = 0; j < count; j++, out += bytes, gain += bytes) {
    const left = lefts + <usize>index(fromLeft, j) * bytes;
    const right = rights + <usize>index(fromRight, j) * bytes;
    const state = <usize>index(states, j);
    if (state === 2) {
      if (!hasValues) continue;
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(out + o, f64x2.add(f64x2.mul(share0, v128.load(left + o)), f64x2.mul(share1, v128.load(right + o))));
      continue;
    }
    const taken = state === 0 ? left : right;
    const other = state === 0 ? right : left;
    const follow = table + state * w;
    const scale = table + (4 + state) * w;
    if (targetBytes === 8) {
      for (let o: usize = 0; o < w; o += 16) {
        const b = v128.load(other + o);
        const difference = f64x2.sub(v128.load(taken + o), b);
        v128.store(out + o, f64x2.add(b, f64x2.mul(v128.load(follow + o), difference)));
        v128.store(gain + o, f64x2.mul(v128.load(scale + o), difference));
      }
    } else if (targetBytes === 32) {
      let o: usize = 0;
      for (let k: usize = 0; k < w; k += 8) {
        const factor = v128.load64_splat(follow + k);
        const weight = v128.load64_splat(scale + k);
        const b0 = v128.load(other + o);
        const b1 = v128.load(other + o, 16);
        const d0 = f64x2.sub(v128.load(taken + o), b0);
        const d1 = f64x2.sub(v128.load(taken + o, 16), b1);
        v128.store(out + o, f64x2.add(b0, f64x2.mul(factor, d0)));
        v128.store(out + o, f64x2.add(b1, f64x2.mul(factor, d1)), 16);
        v128.store(gain + o, f64x2.mul(weight, d0));
        v128.store(gain + o, f64x2.mul(weight, d1), 16);
        o += 32;
      }
    } else {
      let o: usize = 0;
      for (let k: usize = 0; k < w; k += 8) {
        const factor = v128.load64_splat(follow + k);
        const weight = v128.load64_splat(scale + k);
        for (const end = o + targetBytes; o < end; o += 16) {
          const b = v128.load(other + o);
          const difference = f64x2.sub(v128.load(taken + o), b);
          v128.store(out + o, f64x2.add(b, f64x2.mul(factor, difference)));
          v128.store(gain + o, f64x2.mul(weight, difference));
        }
      }
    }
  }
}
