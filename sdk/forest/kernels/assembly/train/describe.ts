// What a split search needs to know of a node.
import {
  bag,
  bases,
  blocks,
  centred,
  counts,
  inverseSd,
  list,
  outCover,
  outValue,
  records,
  stride,
  table,
  y,
} from './ground';

/** Sum of the node's weights. */
export let totalWeight: i32 = 0;
/** Greatest Σ|weight · centred target| over the targets. */
let extent: f32 = 0;

/** Greatest sum of a side in the integers of `records`: the squares of four stay below 2³¹. */
const GREATEST: f32 = 23_000;
/** A node whose targets' mean square about their mean, in units of their variance over the training rows, is below this is pure. */
const PURE: f64 = 1e-14;

/** Mean of the targets, cover, weights and centred targets of the rows list[start … end); returns whether they all agree. */
export function describe(node: i32, start: i32, end: i32): bool {
  const rowBytes = (<usize>blocks) << 5;
  const size = <usize>(end - start);
  totalWeight = 0;
  for (let i: usize = 0; i < size; i++) {
    const row = <usize>load<u32>(list + ((<usize>start + i) << 2));
    const weight = <i32>load<u16>(bag + (row << 1));
    totalWeight += weight;
    store<i64>(counts + (i << 3), <i64>weight | (1 << 32));
    store<u32>(bases + (i << 2), <u32>(table + row * stride));
  }
  store<u32>(outCover + ((<usize>node) << 2), totalWeight);
  let square01 = f64x2.splat(0);
  let square23 = square01;
  extent = 0;
  for (let block = 0; block < blocks; block++) {
    const column = y + ((<usize>block) << 5);
    let sum01 = f64x2.splat(0);
    let sum23 = sum01;
    for (let i: usize = 0; i < size; i++) {
      const at = column + <usize>load<u32>(list + ((<usize>start + i) << 2)) * rowBytes;
      const weight = f64x2.splat(<f64>load<i32>(counts + (i << 3)));
      sum01 = f64x2.add(sum01, f64x2.mul(weight, v128.load(at)));
      sum23 = f64x2.add(sum23, f64x2.mul(weight, v128.load(at, 16)));
    }
    const total = f64x2.splat(<f64>totalWeight);
    const mean01 = f64x2.div(sum01, total);
    const mean23 = f64x2.div(sum23, total);
    const value = outValue + <usize>node * rowBytes + ((<usize>block) << 5);
    v128.store(value, mean01);
    v128.store(value, mean23, 16);
    const scale01 = v128.load(inverseSd + ((<usize>block) << 5));
    const scale23 = v128.load(inverseSd + ((<usize>block) << 5), 16);
    let absolute = f32x4.splat(0);
    for (let i: usize = 0; i < size; i++) {
      const at = column + <usize>load<u32>(list + ((<usize>start + i) << 2)) * rowBytes;
      const weight = f64x2.splat(<f64>load<i32>(counts + (i << 3)));
      const apart01 = f64x2.mul(f64x2.sub(v128.load(at), mean01), scale01);
      const apart23 = f64x2.mul(f64x2.sub(v128.load(at, 16), mean23), scale23);
      const weighed01 = f64x2.mul(weight, apart01);
      const weighed23 = f64x2.mul(weight, apart23);
      square01 = f64x2.add(square01, f64x2.mul(weighed01, apart01));
      square23 = f64x2.add(square23, f64x2.mul(weighed23, apart23));
      const narrow = v128.shuffle<i64>(f32x4.demote_f64x2_zero(weighed01), f32x4.demote_f64x2_zero(weighed23), 0, 2);
      absolute = f32x4.add(absolute, f32x4.abs(narrow));
      v128.store(centred + ((<usize>block * size + i) << 4), narrow);
    }
    extent = max(extent, max(f32x4.extract_lane(absolute, 0), f32x4.extract_lane(absolute, 1)));
    extent = max(extent, max(f32x4.extract_lane(absolute, 2), f32x4.extract_lane(absolute, 3)));
  }
  const square =
    f64x2.extract_lane(square01, 0) +
    f64x2.extract_lane(square01, 1) +
    (f64x2.extract_lane(square23, 0) + f64x2.extract_lane(square23, 1));
  return square <= PURE * <f64>totalWeight;
}

/** The centred targets as integers beside the weights. A side's sum is at most half of `extent`. */
export function writeRecords(size: i32): void {
  const scale = f32x4.splat(<f32>(2 * GREATEST) / extent);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < size; i++) {
      const at = (<usize>(block * size + i)) << 4;
      const rounded = f32x4.nearest(f32x4.mul(v128.load(centred + at), scale));
      const integers = i32x4.trunc_sat_f32x4_s(rounded);
      const weight = i32x4(load<i32>(counts + ((<usize>i) << 3)), 0, 0, 0);
      v128.store(records + at, i16x8.narrow_i32x4_s(integers, weight));
    }
  }
}
