/** Splits with two leaves: a third of all. */
import {
  ABOVE,
  ABOVE_COUNT,
  BELOW,
  BELOW_COUNT,
  capacity,
  gains,
  lanes,
  levelAt,
  moments,
  OPEN,
  offProduct,
  offTable,
  offValue,
  PARENT,
  PARENT_STATE,
  pairs,
  quadrature,
  rows,
  STATE,
  valueBytes,
  width,
} from './ground';
import { index } from './patterns';
import { CHILD, SHARE, THROUGH } from './record';

/** A split with two leaves: V(a) − V(b) is the same at every node, so Σ_k p_k/F² is all that a pattern above needs. */
export function lastSplit(records: usize, record: usize, leafValues: usize, d: i32, side: usize, target: usize): void {
  const level = levelAt(d);
  const w = width << 3;
  const state = <usize>load<u32>(level, STATE);
  const table = level + offTable;
  const square = table + 6 * w;
  const count = load<u32>(level, ABOVE_COUNT);
  if (d === 0) {
    let sum: f64 = 0;
    for (let k: usize = 0; k < w; k += 8) sum += load<f64>(quadrature + 2 * w + k);
    store<f64>(moments, sum);
  } else {
    const above = levelAt(d - 1);
    const parent = <usize>load<u32>(level, PARENT);
    const parentState = <usize>load<u32>(level, PARENT_STATE);
    const from = above + offProduct;
    const share = load<f64>(records + ((<usize>load<u32>(above, OPEN)) << 6) + (side << 3), SHARE);
    // the parent's factors, times this split's 1/F²: followed, not followed, told nothing
    const factors = gains;
    const follow = above + offTable + side * w;
    for (let o: usize = 0; o < w; o += 16) {
      const s = v128.load(square + o);
      v128.store(factors + o, f64x2.mul(v128.load(follow + o), s));
      v128.store(factors + w + o, f64x2.mul(v128.load(follow + 2 * w + o), s));
      v128.store(factors + 2 * w + o, f64x2.mul(f64x2.splat(share), s));
    }
    for (let g: u32 = 0; g < count; g++) {
      const p = from + <usize>index(parent, g) * w;
      const s = index(parentState, g);
      const factor = factors + (s === 2 ? 2 * w : s === side ? 0 : w);
      let sum = f64x2.splat(0);
      for (let o: usize = 0; o < w; o += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(p + o), v128.load(factor + o)));
      store<f64>(moments + ((<usize>g) << 3), f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    }
  }
  const bytes = (<usize>lanes) << 3;
  const left = leafValues + <usize>~load<i32>(record, CHILD) * bytes;
  const right = leafValues + <usize>~load<i32>(record, CHILD + 4) * bytes;
  // by state: z_b (v_a − v_b)
  const weights = pairs;
  const z0 = load<f64>(record, THROUGH);
  const z1 = load<f64>(record, THROUGH + 8);
  for (let o: usize = 0; o < bytes; o += 8) {
    const difference = load<f64>(left + o) - load<f64>(right + o);
    store<f64>(weights + o, z1 * difference);
    store<f64>(weights + bytes + o, -z0 * difference);
    store<f64>(weights + 2 * bytes + o, 0);
  }
  const ids = <usize>load<u32>(level, ABOVE);
  const n = rows;
  if (lanes === 4) {
    for (let r: u32 = 0; r < n; r++) {
      const m = v128.load64_splat(moments + ((<usize>index(ids, r)) << 3));
      const weight = weights + ((<usize>index(state, r)) << 5);
      v128.store(target, f64x2.add(v128.load(target), f64x2.mul(m, v128.load(weight))));
      v128.store(target, f64x2.add(v128.load(target, 16), f64x2.mul(m, v128.load(weight, 16))), 16);
      target += 32;
    }
  } else {
    for (let r: u32 = 0; r < n; r++) {
      const m = load<f64>(moments + ((<usize>index(ids, r)) << 3));
      const weight = weights + <usize>index(state, r) * bytes;
      for (let o: usize = 0; o < bytes; o += 8)
        store<f64>(target + o, load<f64>(target + o) + m * load<f64>(weight + o));
      target += bytes;
    }
  }
  if (d === 0) return;
  const above = levelAt(d - 1);
  store<u32>(above + (side << 2), 3, BELOW_COUNT);
  store<u32>(above + (side << 2), <u32>state, BELOW);
  const values = above + offValue + side * capacity() * valueBytes;
  lastValues(record, table, left, right, values);
}

/** V of a split with two leaves, for its three states. */
export function lastValues(record: usize, table: usize, left: usize, right: usize, values: usize): void {
  const w = width << 3;
  const share0 = load<f64>(record, SHARE);
  const share1 = load<f64>(record, SHARE + 8);
  if (lanes === 1) {
    const l = load<f64>(left);
    const r = load<f64>(right);
    const mean = f64x2.splat(share0 * l + share1 * r);
    const difference = f64x2.splat(l - r);
    for (let o: usize = 0; o < w; o += 16) {
      v128.store(values + o, f64x2.add(f64x2.splat(r), f64x2.mul(v128.load(table + o), difference)));
      v128.store(values + w + o, f64x2.sub(f64x2.splat(l), f64x2.mul(v128.load(table + w + o), difference)));
      v128.store(values + 2 * w + o, mean);
    }
    return;
  }
  const bytes = (<usize>lanes) << 3;
  for (let t: usize = 0; t < bytes; t += 16) {
    const l = v128.load(left + t);
    const r = v128.load(right + t);
    const difference = f64x2.sub(l, r);
    const mean = f64x2.add(f64x2.mul(f64x2.splat(share0), l), f64x2.mul(f64x2.splat(share1), r));
    let to = values + t;
    for (let k: usize = 0; k < w; k += 8) {
      v128.store(to, f64x2.add(r, f64x2.mul(v128.load64_splat(table + k), difference)));
      v128.store(to + valueBytes, f64x2.sub(l, f64x2.mul(v128.load64_splat(table + w + k), difference)));
      v128.store(to + 2 * valueBytes, mean);
      to += bytes;
    }
  }
}
