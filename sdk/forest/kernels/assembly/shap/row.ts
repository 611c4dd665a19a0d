/** One row alone: the same mathematics without the search for equals. */
import { BEFORE, CHILD, DEPTH, FEATURE, PREVIOUS, SHARE, THRESHOLD, THROUGH } from './record';

// A level's head in a walk of one row.
export const ROW_STATE: usize = 0;
export const ROW_SPLIT: usize = 4;
export const ROW_VALUE: usize = 8; // [2] V of each child
export const ROW_STEP: usize = 16; // [2] bytes from its one node of the quadrature to the next: 0 at a leaf, whose V is the same at all

/** Bytes of `work` that `explainRow` needs. */
export function rowWorkBytes(depth: u32, nodes: u32, targetLanes: u32): usize {
  return <usize>depth * rowLevelBytes((nodes + 1) & ~1, targetLanes);
}

export function rowLevelBytes(evenNodes: usize, targetLanes: usize): usize {
  return 32 + (evenNodes << 3) * (4 + 2 * targetLanes);
}

/**
 * `explain` for one row, without the search for equals: everything open fits into the nearest cache.
 * @param input [features], float32
 * @param into [features, lanes]
 */
export function explainRow(
  records: usize,
  splits: u32,
  leafValues: usize,
  nodes: u32,
  at: usize,
  input: usize,
  into: usize,
  targetLanes: u32,
  work: usize,
): void {
  const w = ((<usize>nodes + 1) & ~1) << 3;
  const bytes = (<usize>targetLanes) << 3;
  const size = rowLevelBytes(w >> 3, targetLanes);
  let open: i32 = -1;
  let record = records;
  for (let split: u32 = 0; split < splits; split++, record += 64) {
    const d = load<i32>(record, DEPTH);
    for (; open >= d; open--) leaveRow(records, leafValues, work + <usize>open * size, size, open, into, w, bytes);
    enterRow(records, record, split, work, size, d, input, at, w);
    open = d;
  }
  for (; open >= 0; open--) leaveRow(records, leafValues, work + <usize>open * size, size, open, into, w, bytes);
}

/** Products of a split, and its factors on the way on: R where followed, then where not; and z_b p/F². */
export function enterRow(
  records: usize,
  record: usize,
  split: u32,
  work: usize,
  size: usize,
  d: i32,
  input: usize,
  at: usize,
  w: usize,
): void {
  const level = work + <usize>d * size;
  let state: u32 =
    load<f32>(input + ((<usize>load<u32>(record, FEATURE)) << 2)) <= load<f32>(record, THRESHOLD) ? 0 : 1;
  const taken = (<usize>state) << 3;
  const previous = load<i32>(record, PREVIOUS);
  if (previous >= 0) {
    const earlier = <usize>load<u32>(records + ((<usize>(previous >> 1)) << 6), DEPTH);
    if (load<u32>(work + earlier * size, ROW_STATE) !== <u32>(previous & 1)) state |= 2;
  }
  store<u32>(level, state, ROW_STATE);
  store<u32>(level, split, ROW_SPLIT);
  const product = level + 32;
  const follow = product + w;
  const rest = follow + w;
  const gain = rest + w;
  let from = at + 2 * w;
  let factor: usize = 0;
  if (d > 0) {
    const above = level - size;
    const parent = records + ((<usize>load<u32>(above, ROW_SPLIT)) << 6);
    const side: u32 = load<u32>(parent, CHILD) === split ? 0 : 1;
    from = above + 32;
    factor = from + ((load<u32>(above, ROW_STATE) & 1) === side ? w : 2 * w);
  }
  if (factor === 0) {
    memory.copy(product, from, w);
  } else {
    for (let o: usize = 0; o < w; o += 16)
      v128.store(product + o, f64x2.mul(v128.load(from + o), v128.load(factor + o)));
  }
  if (state >= 2) {
    const share = f64x2.splat(load<f64>(record + taken, SHARE));
    const other = f64x2.splat(load<f64>(record + (taken ^ 8), SHARE));
    for (let o: usize = 0; o < w; o += 16) {
      v128.store(follow + o, share);
      v128.store(rest + o, other);
    }
    return;
  }
  const za = f64x2.splat(load<f64>(record + taken, THROUGH));
  const zb = f64x2.splat(load<f64>(record + (taken ^ 8), THROUGH));
  if (previous < 0) {
    for (let o: usize = 0; o < w; o += 16) {
      const u = v128.load(at + w + o);
      v128.store(follow + o, f64x2.add(v128.load(at + o), f64x2.mul(za, u)));
      v128.store(rest + o, f64x2.mul(zb, u));
      v128.store(gain + o, f64x2.mul(zb, v128.load(product + o)));
    }
    return;
  }
  const before = f64x2.splat(load<f64>(record, BEFORE));
  for (let o: usize = 0; o < w; o += 16) {
    const t = v128.load(at + o);
    const u = v128.load(at + w + o);
    const inverse = f64x2.div(f64x2.splat(1), f64x2.add(t, f64x2.mul(before, u)));
    v128.store(follow + o, f64x2.mul(f64x2.add(t, f64x2.mul(za, u)), inverse));
    v128.store(rest + o, f64x2.mul(f64x2.mul(zb, u), inverse));
    v128.store(gain + o, f64x2.mul(f64x2.mul(f64x2.mul(zb, inverse), inverse), v128.load(product + o)));
  }
}

/** V of a split for its parent, and the contributions of its feature. */
export function leaveRow(
  records: usize,
  leafValues: usize,
  level: usize,
  size: usize,
  d: i32,
  into: usize,
  w: usize,
  bytes: usize,
): void {
  const split = load<u32>(level, ROW_SPLIT);
  const record = records + ((<usize>split) << 6);
  const state = load<u32>(level, ROW_STATE);
  for (let side: usize = 0; side < 8; side += 4) {
    const child = load<i32>(record + side, CHILD);
    if (child >= 0) continue;
    store<u32>(level + side, <u32>(leafValues + <usize>~child * bytes), ROW_VALUE);
    store<u32>(level + side, 0, ROW_STEP);
  }
  const taken = (<usize>(state & 1)) << 2;
  let a = <usize>load<u32>(level + taken, ROW_VALUE);
  let b = <usize>load<u32>(level + (taken ^ 4), ROW_VALUE);
  const stepA = <usize>load<u32>(level + taken, ROW_STEP);
  const stepB = <usize>load<u32>(level + (taken ^ 4), ROW_STEP);
  const follow = level + 32 + w;
  const gain = follow + 2 * w;
  const to = into + <usize>load<u32>(record, FEATURE) * bytes;
  const learns = state < 2;
  let out = gain + w;
  if (d > 0) {
    const above = level - size;
    const parent = records + ((<usize>load<u32>(above, ROW_SPLIT)) << 6);
    const side: usize = load<u32>(parent, CHILD) === split ? 0 : 4;
    out = above + 32 + 4 * w + (side >> 2) * w * (bytes >> 3);
    store<u32>(above + side, <u32>out, ROW_VALUE);
    store<u32>(above + side, <u32>bytes, ROW_STEP);
  }
  if (bytes === 8) {
    let sum: f64 = 0;
    for (let k: usize = 0; k < w; k += 8) {
      const other = load<f64>(b);
      const difference = load<f64>(a) - other;
      store<f64>(out + k, other + load<f64>(follow + k) * difference);
      sum += load<f64>(gain + k) * difference;
      a += stepA;
      b += stepB;
    }
    if (learns) store<f64>(to, load<f64>(to) + sum);
  } else if (bytes === 32) {
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    for (let k: usize = 0; k < w; k += 8) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const d0 = f64x2.sub(v128.load(a), b0);
      const d1 = f64x2.sub(v128.load(a, 16), b1);
      const factor = v128.load64_splat(follow + k);
      const weight = v128.load64_splat(gain + k);
      v128.store(out, f64x2.add(b0, f64x2.mul(factor, d0)));
      v128.store(out, f64x2.add(b1, f64x2.mul(factor, d1)), 16);
      sum0 = f64x2.add(sum0, f64x2.mul(weight, d0));
      sum1 = f64x2.add(sum1, f64x2.mul(weight, d1));
      a += stepA;
      b += stepB;
      out += 32;
    }
    if (learns) {
      v128.store(to, f64x2.add(v128.load(to), sum0));
      v128.store(to, f64x2.add(v128.load(to, 16), sum1), 16);
    }
  } else {
    for (let k: usize = 0; k < w; k += 8) {
      const factor = v128.load64_splat(follow + k);
      const weight = v128.load64_splat(gain + k);
      for (let t: usize = 0; t < bytes; t += 16) {
        const other = v128.load(b + t);
        const difference = f64x2.sub(v128.load(a + t), other);
        v128.store(out + t, f64x2.add(other, f64x2.mul(factor, difference)));
        if (learns) v128.store(to + t, f64x2.add(v128.load(to + t), f64x2.mul(weight, difference)));
      }
      a += stepA;
      b += stepB;
      out += bytes;
    }
  }
}
