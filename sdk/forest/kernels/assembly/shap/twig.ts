/** Twigs: small subtrees done at once, by closed forms. They hold nearly half of the splits of a tree grown to leaf 1. */
import { decide } from './enter';
import {
  ABOVE,
  ABOVE_COUNT,
  BELOW,
  BELOW_COUNT,
  capacity,
  gains,
  lanes,
  levelAt,
  levelBytes,
  moments,
  OPEN,
  offProduct,
  offState,
  offTable,
  offValue,
  PARENT,
  PARENT_STATE,
  padded,
  pairs,
  quadrature,
  rowBytes,
  rows,
  sideOf,
  sums,
  twigTables,
  valueBytes,
  width,
} from './ground';
import { index } from './patterns';
import { CHILD, FEATURE, PREVIOUS, SHARE, THROUGH } from './record';

/** Splits below a twig: a split whose children are leaves or last splits, one at least a last split, on features not tested above; else 0. */
export function twigSplits(records: usize, record: usize): u32 {
  if (load<i32>(record, PREVIOUS) >= 0) return 0;
  let below: u32 = 0;
  for (let side: usize = 0; side < 8; side += 4) {
    const child = load<i32>(record + side, CHILD);
    if (child < 0) continue;
    const last = records + ((<usize>child) << 6);
    if (load<i32>(last, CHILD) >= 0 || load<i32>(last, CHILD + 4) >= 0 || load<i32>(last, PREVIOUS) >= 0) return 0;
    below++;
  }
  return below;
}

/**
 * A twig at once. With u = 1 − t, V of a last split is A₀ + A₁u, and products on the way to it are those of the twig times 1 − z u or z u: so two
 * moments of p, over 1 and u, are all that a pattern above needs, and a pattern below, the three sides s + 2l + 4r, has two weights for them.
 */
export function twig(records: usize, split: u32, leafValues: usize, d: i32): void {
  const level = levelAt(d);
  const above = levelAt(d - 1);
  const record = records + ((<usize>split) << 6);
  const side = sideOf(records, split, d);
  const state = level + offState + side * rowBytes;
  decide(records, record, state);
  twigMoments(level, above, records, side);
  for (let childSide: usize = 0; childSide < 2; childSide++) {
    const child = load<i32>(record + (childSide << 2), CHILD);
    if (child < 0) continue;
    const childState = level + levelBytes + offState;
    decide(records, records + ((<usize>child) << 6), childState);
    const shift = <i32>childSide + 1;
    for (let o: usize = 0; o < (<usize>padded) << 1; o += 16)
      v128.store(state + o, v128.or(v128.load(state + o), i16x8.shl(v128.load(childState + o), shift)));
  }
  const values = above + offValue + side * capacity() * valueBytes;
  for (let pattern: u32 = 0; pattern < 8; pattern++) {
    if (pattern & 2 && load<i32>(record, CHILD) < 0) continue;
    if (pattern & 4 && load<i32>(record, CHILD + 4) < 0) continue;
    twigPattern(records, record, leafValues, pattern, values + <usize>pattern * valueBytes);
  }
  const ids = <usize>load<u32>(level, ABOVE);
  const table = (<usize>lanes) << 7; // of one split: 8 patterns × 2 weights
  addTwig(ids, state, twigTables, sums + ((<usize>load<u32>(record, FEATURE) * padded * lanes) << 3));
  for (let childSide: usize = 0; childSide < 2; childSide++) {
    const child = load<i32>(record + (childSide << 2), CHILD);
    if (child < 0) continue;
    const feature = <usize>load<u32>(records + ((<usize>child) << 6), FEATURE);
    addTwig(ids, state, twigTables + (childSide + 1) * table, sums + ((feature * padded * lanes) << 3));
  }
  store<u32>(above + (side << 2), 8, BELOW_COUNT);
  store<u32>(above + (side << 2), <u32>state, BELOW);
}

/** Both moments of the patterns above a twig. */
export function twigMoments(level: usize, above: usize, records: usize, side: usize): void {
  const w = width << 3;
  const count = load<u32>(level, ABOVE_COUNT);
  const parent = <usize>load<u32>(level, PARENT);
  const parentState = <usize>load<u32>(level, PARENT_STATE);
  const from = above + offProduct;
  const share = f64x2.splat(load<f64>(records + ((<usize>load<u32>(above, OPEN)) << 6) + (side << 3), SHARE));
  const follow = above + offTable + side * w;
  // the parent's factors, for moments over 1 and over u: followed, not followed, told nothing
  const factors = gains;
  for (let o: usize = 0; o < w; o += 16) {
    const u = v128.load(quadrature + w + o);
    const followed = v128.load(follow + o);
    const rest = v128.load(follow + 2 * w + o);
    v128.store(factors + o, followed);
    v128.store(factors + w + o, f64x2.mul(followed, u));
    v128.store(factors + 2 * w + o, rest);
    v128.store(factors + 3 * w + o, f64x2.mul(rest, u));
    v128.store(factors + 4 * w + o, share);
    v128.store(factors + 5 * w + o, f64x2.mul(share, u));
  }
  for (let g: u32 = 0; g < count; g++) {
    const p = from + <usize>index(parent, g) * w;
    const s = <usize>index(parentState, g);
    const factor = factors + (s === 2 ? 4 * w : s === side ? 0 : 2 * w);
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    for (let o: usize = 0; o < w; o += 16) {
      const product = v128.load(p + o);
      sum0 = f64x2.add(sum0, f64x2.mul(product, v128.load(factor + o)));
      sum1 = f64x2.add(sum1, f64x2.mul(product, v128.load(factor + w + o)));
    }
    const low = v128.shuffle<f64>(sum0, sum1, 0, 2);
    const high = v128.shuffle<f64>(sum0, sum1, 1, 3);
    v128.store(moments + ((<usize>g) << 4), f64x2.add(low, high));
  }
}

/** One pattern below a twig: V at every node of the quadrature, and the weights of its splits' contributions. */
export function twigPattern(records: usize, record: usize, leafValues: usize, pattern: u32, values: usize): void {
  const bytes = (<usize>lanes) << 3;
  const taken = <usize>(pattern & 1);
  const zOther = load<f64>(record + ((1 - taken) << 3), THROUGH);
  const table = (<usize>lanes) << 7;
  const weights = twigTables + <usize>pattern * 2 * bytes;
  for (let t: usize = 0; t < bytes; t += 8) {
    // both children's V, A₀ + A₁u for the one taken and B₀ + B₁u
    let a0: f64 = 0;
    let a1: f64 = 0;
    let b0: f64 = 0;
    let b1: f64 = 0;
    for (let side: usize = 0; side < 2; side++) {
      const child = load<i32>(record + (side << 2), CHILD);
      let v0: f64;
      let v1: f64 = 0;
      if (child < 0) {
        v0 = load<f64>(leafValues + <usize>~child * bytes + t);
      } else {
        const last = records + ((<usize>child) << 6);
        const lastTaken = <usize>((pattern >> (1 + <u32>side)) & 1);
        v0 = load<f64>(leafValues + <usize>~load<i32>(last + (lastTaken << 2), CHILD) * bytes + t);
        const other = load<f64>(leafValues + <usize>~load<i32>(last + ((1 - lastTaken) << 2), CHILD) * bytes + t);
        const w = load<f64>(last + ((1 - lastTaken) << 3), THROUGH) * (v0 - other);
        v1 = -w;
        const to = weights + (side + 1) * table + t;
        if (side === taken) {
          store<f64>(to, w);
          store<f64>(to + bytes, -zOther * w);
        } else {
          store<f64>(to, 0);
          store<f64>(to + bytes, zOther * w);
        }
      }
      if (side === taken) {
        a0 = v0;
        a1 = v1;
      } else {
        b0 = v0;
        b1 = v1;
      }
    }
    store<f64>(weights + t, zOther * (a0 - b0));
    store<f64>(weights + bytes + t, zOther * (a1 - b1));
    // V = A − z_b u (A − B)
    store<f64>(pairs + t, a0);
    store<f64>(pairs + bytes + t, a1 - zOther * (a0 - b0));
    store<f64>(pairs + 2 * bytes + t, -zOther * (a1 - b1));
  }
  twigValues(values);
}

/** V at every node of the quadrature, from its coefficients of 1, u and u² in `pairs`, [3, lanes]. */
export function twigValues(values: usize): void {
  const w = width << 3;
  const bytes = (<usize>lanes) << 3;
  if (bytes === 8) {
    const constant = v128.load64_splat(pairs);
    const linear = v128.load64_splat(pairs, 8);
    const square = v128.load64_splat(pairs, 16);
    for (let o: usize = 0; o < w; o += 16) {
      const u = v128.load(quadrature + w + o);
      v128.store(values + o, f64x2.add(constant, f64x2.mul(u, f64x2.add(linear, f64x2.mul(u, square)))));
    }
    return;
  }
  for (let t: usize = 0; t < bytes; t += 16) {
    const constant = v128.load(pairs + t);
    const linear = v128.load(pairs + bytes + t);
    const square = v128.load(pairs + 2 * bytes + t);
    let to = values + t;
    for (let k: usize = 0; k < w; k += 8) {
      const u = v128.load64_splat(quadrature + w + k);
      v128.store(to, f64x2.add(constant, f64x2.mul(u, f64x2.add(linear, f64x2.mul(u, square)))));
      to += bytes;
    }
  }
}

/** Adds M₀X + M₁Y to every row's sums: moments by pattern above, X and Y by pattern below. */
export function addTwig(above: usize, below: usize, table: usize, target: usize): void {
  const bytes = (<usize>lanes) << 3;
  const n = rows;
  if (bytes === 32) {
    for (let r: u32 = 0; r < n; r++, target += 32) {
      const m = moments + ((<usize>index(above, r)) << 4);
      const weights = table + ((<usize>index(below, r)) << 6);
      const m0 = v128.load64_splat(m);
      const m1 = v128.load64_splat(m, 8);
      const low = f64x2.add(f64x2.mul(m0, v128.load(weights)), f64x2.mul(m1, v128.load(weights, 32)));
      const high = f64x2.add(f64x2.mul(m0, v128.load(weights, 16)), f64x2.mul(m1, v128.load(weights, 48)));
      v128.store(target, f64x2.add(v128.load(target), low));
      v128.store(target, f64x2.add(v128.load(target, 16), high), 16);
    }
    return;
  }
  for (let r: u32 = 0; r < n; r++, target += bytes) {
    const m = moments + ((<usize>index(above, r)) << 4);
    const weights = table + <usize>index(below, r) * 2 * bytes;
    for (let t: usize = 0; t < bytes; t += 8)
      store<f64>(
        target + t,
        load<f64>(target + t) +
          (load<f64>(m) * load<f64>(weights + t) + load<f64>(m, 8) * load<f64>(weights + bytes + t)),
      );
  }
}
