// Splits of nodes of 9 to 128 rows: eight features are sorted at once, then walked at once. Targets are 16-bit integers scaled to the node,
// so that no partial sum of a side overflows (both sides together are 0) and four features fit one multiplication.
import { bestScore, takeCut } from './best';
import { blocks, group, keys, minLeaf, offsets, records, squares } from './ground';
import { cutOf, laneFeature, lowBits, sortKeys, writeKeys } from './keys';

/** Where lanes keep their best score, f32 [8], and the place of its last left row, i32 [8]. */
const SCORE: usize = 64;
const PLACE: usize = 96;

/** Replaces the best split where one by a feature of the lanes is better. */
export function searchSorted(size: i32, bits: i32, totalWeight: i32): void {
  if (!writeKeys(size, bits)) return;
  sortKeys();
  writeOffsets(size, bits);
  for (let block = 0; block < blocks - 1; block++) addSquares(size, block);
  walk(size, bits, totalWeight);
  const best = f32x4.splat(bestScore);
  if (!v128.any_true(v128.or(f32x4.gt(v128.load(group, SCORE), best), f32x4.gt(v128.load(group, SCORE + 16), best))))
    return;
  for (let lane = 0; lane < 8; lane++) {
    const score = load<f32>(group + ((<usize>lane) << 2), SCORE);
    if (score <= bestScore) continue;
    const place = <usize>load<i32>(group + ((<usize>lane) << 2), PLACE);
    const key = load<u16>(keys + (place << 4) + ((<usize>lane) << 1));
    takeCut(score, laneFeature(lane), cutOf(lane, key, bits));
  }
}

/** Positions as byte offsets of their records. */
function writeOffsets(size: i32, bits: i32): void {
  const mask = i16x8.splat(lowBits(bits));
  const end = (<usize>size) << 4;
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(offsets + at, i16x8.shl(v128.and(v128.load(keys + at), mask), 4));
  }
}

function recordPair(from: usize, at: usize, lane: i32): v128 {
  const first = v128.load64_zero(from + <usize>load<u16>(at + ((<usize>lane) << 1)));
  return v128.load64_lane(from + <usize>load<u16>(at + ((<usize>lane) << 1), 2), first, 1);
}

/** Squares of four features' sums, i32 [4], from sums i16 [2 features, 4 targets] twice. */
function squaresOf(first: v128, second: v128): v128 {
  const a = i32x4.dot_i16x8_s(first, first);
  const b = i32x4.dot_i16x8_s(second, second);
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}

/** Adds up |S|² of one block of targets at each place, for forests of more than four targets. */
function addSquares(size: i32, block: i32): void {
  const from = records + ((<usize>(block * size)) << 4);
  let s0 = i16x8.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let place = 0; place < size - minLeaf; place++) {
    const at = offsets + ((<usize>place) << 4);
    s0 = i16x8.add(s0, recordPair(from, at, 0));
    s1 = i16x8.add(s1, recordPair(from, at, 2));
    s2 = i16x8.add(s2, recordPair(from, at, 4));
    s3 = i16x8.add(s3, recordPair(from, at, 6));
    const to = squares + ((<usize>place) << 5);
    let a = f32x4.convert_i32x4_s(squaresOf(s0, s1));
    let b = f32x4.convert_i32x4_s(squaresOf(s2, s3));
    if (block > 0) {
      a = f32x4.add(v128.load(to), a);
      b = f32x4.add(v128.load(to, 16), b);
    }
    v128.store(to, a);
    v128.store(to, b, 16);
  }
}

function weightsAt(from: usize, at: usize): v128 {
  let weights = v128.load16_splat(from + <usize>load<u16>(at), 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 2), weights, 1, 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 4), weights, 2, 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 6), weights, 3, 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 8), weights, 4, 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 10), weights, 5, 8);
  weights = v128.load16_lane(from + <usize>load<u16>(at, 12), weights, 6, 8);
  return v128.load16_lane(from + <usize>load<u16>(at, 14), weights, 7, 8);
}

/** Scores every place of every lane; writes each lane's best score and its place. */
function walk(size: i32, bits: i32, totalWeight: i32): void {
  const from = records + ((<usize>((blocks - 1) * size)) << 4);
  const mask = i16x8.splat(lowBits(bits) ^ -1);
  const total = i16x8.splat(<i16>totalWeight);
  const none = f32x4.splat(-1);
  const more = blocks > 1;
  let s0 = i16x8.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let leftWeight = s0;
  let bestA = none;
  let bestB = none;
  let placeA = s0;
  let placeB = s0;
  let key = v128.and(v128.load(keys), mask);
  for (let place = 0; place < size - minLeaf; place++) {
    const at = offsets + ((<usize>place) << 4);
    s0 = i16x8.add(s0, recordPair(from, at, 0));
    s1 = i16x8.add(s1, recordPair(from, at, 2));
    s2 = i16x8.add(s2, recordPair(from, at, 4));
    s3 = i16x8.add(s3, recordPair(from, at, 6));
    leftWeight = i16x8.add(leftWeight, weightsAt(from, at));
    const here = key;
    key = v128.and(v128.load(keys + ((<usize>place) << 4), 16), mask);
    if (place + 1 < minLeaf) continue;
    let a = f32x4.convert_i32x4_s(squaresOf(s0, s1));
    let b = f32x4.convert_i32x4_s(squaresOf(s2, s3));
    if (more) {
      const before = squares + ((<usize>place) << 5);
      a = f32x4.add(v128.load(before), a);
      b = f32x4.add(v128.load(before, 16), b);
    }
    const rightWeight = i16x8.sub(total, leftWeight);
    a = f32x4.div(a, f32x4.convert_i32x4_s(i32x4.extmul_low_i16x8_s(leftWeight, rightWeight)));
    b = f32x4.div(b, f32x4.convert_i32x4_s(i32x4.extmul_high_i16x8_s(leftWeight, rightWeight)));
    const tied = i16x8.eq(here, key);
    a = v128.bitselect(none, a, i32x4.extend_low_i16x8_s(tied));
    b = v128.bitselect(none, b, i32x4.extend_high_i16x8_s(tied));
    const index = i32x4.splat(place);
    placeA = v128.bitselect(index, placeA, f32x4.gt(a, bestA));
    placeB = v128.bitselect(index, placeB, f32x4.gt(b, bestB));
    bestA = f32x4.pmax(bestA, a);
    bestB = f32x4.pmax(bestB, b);
  }
  v128.store(group, bestA, SCORE);
  v128.store(group, bestB, SCORE + 16);
  v128.store(group, placeA, PLACE);
  v128.store(group, placeB, PLACE + 16);
}
