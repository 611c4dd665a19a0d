// Splits of extra trees (Geurts, Ernst & Wehenkel 2006): one threshold a feature, uniform between its lowest and highest value in the node;
// eight features at once.
import { bestScore, takeThreshold } from './best';
import { bases, blocks, centred, counts, group, histograms, minLeaf, subsetScores } from './ground';
import { laneFeature, lanesUsed } from './keys';
import { uniform } from './random';

/** f32 [8] thresholds, scores. */
const THRESHOLD: usize = 32;
const SCORE: usize = 64;

/** Gathers the lanes' values to [size, 8] and draws their thresholds; false where none of them varies. */
function gather(size: i32): bool {
  const o0 = (<usize>load<u32>(group)) << 2;
  const o1 = (<usize>load<u32>(group, 4)) << 2;
  const o2 = (<usize>load<u32>(group, 8)) << 2;
  const o3 = (<usize>load<u32>(group, 12)) << 2;
  const o4 = (<usize>load<u32>(group, 16)) << 2;
  const o5 = (<usize>load<u32>(group, 20)) << 2;
  const o6 = (<usize>load<u32>(group, 24)) << 2;
  const o7 = (<usize>load<u32>(group, 28)) << 2;
  let lowA = f32x4.splat(f32.MAX_VALUE);
  let lowB = lowA;
  let highA = f32x4.splat(-f32.MAX_VALUE);
  let highB = highA;
  let to = histograms;
  const end = bases + ((<usize>size) << 2);
  for (let at = bases; at < end; at += 4) {
    const base = <usize>load<u32>(at);
    let a = v128.load32_zero(base + o0);
    a = v128.load32_lane(base + o1, a, 1);
    a = v128.load32_lane(base + o2, a, 2);
    a = v128.load32_lane(base + o3, a, 3);
    let b = v128.load32_zero(base + o4);
    b = v128.load32_lane(base + o5, b, 1);
    b = v128.load32_lane(base + o6, b, 2);
    b = v128.load32_lane(base + o7, b, 3);
    lowA = f32x4.pmin(lowA, a);
    lowB = f32x4.pmin(lowB, b);
    highA = f32x4.pmax(highA, a);
    highB = f32x4.pmax(highB, b);
    v128.store(to, a);
    v128.store(to, b, 16);
    to += 32;
  }
  drawThresholds(lowA, highA, 0);
  drawThresholds(lowB, highB, 16);
  return v128.any_true(v128.or(f32x4.lt(lowA, highA), f32x4.lt(lowB, highB)));
}

function drawThresholds(low: v128, high: v128, at: usize): void {
  let u = f32x4.splat(uniform());
  u = f32x4.replace_lane(u, 1, uniform());
  u = f32x4.replace_lane(u, 2, uniform());
  u = f32x4.replace_lane(u, 3, uniform());
  // halves first: the range of values may exceed what a float32 holds
  const half = f32x4.splat(0.5);
  const halfRange = f32x4.sub(f32x4.mul(high, half), f32x4.mul(low, half));
  const step = f32x4.mul(halfRange, u);
  const threshold = f32x4.add(f32x4.add(low, step), step);
  const isInside = v128.and(f32x4.lt(threshold, high), f32x4.ge(threshold, low));
  v128.store(group + at, v128.bitselect(threshold, low, isInside), THRESHOLD);
}

/** Replaces the best split where the drawn one of a lane is better. Nodes of 2 to 8 rows: scores are known by subset. */
export function searchExtraSubsets(size: i32): void {
  if (!gather(size)) return;
  const thresholdA = v128.load(group, THRESHOLD);
  const thresholdB = v128.load(group, THRESHOLD + 16);
  let subsetA = i32x4.splat(0);
  let subsetB = subsetA;
  for (let i = 0; i < size; i++) {
    const at = histograms + ((<usize>i) << 5);
    const bit = i32x4.splat(4 << i);
    subsetA = v128.or(subsetA, v128.and(bit, f32x4.le(v128.load(at), thresholdA)));
    subsetB = v128.or(subsetB, v128.and(bit, f32x4.le(v128.load(at, 16), thresholdB)));
  }
  const all = (<u32>((1 << size) - 1)) << 2;
  v128.store(group, subsetA, SCORE);
  v128.store(group, subsetB, SCORE + 16);
  for (let lane = 0; lane < 8; lane++) {
    const subset = load<u32>(group + ((<usize>lane) << 2), SCORE);
    if (subset === all) continue; // does not vary
    offer(lane, load<f32>(subsetScores + <usize>subset));
  }
}

function offer(lane: i32, score: f32): void {
  if (score <= bestScore || ((lanesUsed >>> lane) & 1) === 0) return; // a repeated feature has but one threshold
  takeThreshold(score, laneFeature(lane), load<f32>(group + ((<usize>lane) << 2), THRESHOLD));
}

/** The same for larger nodes: the left sides' sums in one pass. */
export function searchExtra(size: i32, totalWeight: i32): void {
  if (!gather(size)) return;
  let squareA = f32x4.splat(0);
  let squareB = squareA;
  for (let block = 0; block < blocks; block++) {
    addSums(size, centred + ((<usize>(block * size)) << 4));
    squareA = f32x4.add(squareA, sumA);
    squareB = f32x4.add(squareB, sumB);
  }
  countLeft(size);
  const scoreA = score(squareA, leftA, countA, size, totalWeight);
  const scoreB = score(squareB, leftB, countB, size, totalWeight);
  const best = f32x4.splat(bestScore);
  if (!v128.any_true(v128.or(f32x4.gt(scoreA, best), f32x4.gt(scoreB, best)))) return;
  v128.store(group, scoreA, SCORE);
  v128.store(group, scoreB, SCORE + 16);
  for (let lane = 0; lane < 8; lane++) offer(lane, load<f32>(group + ((<usize>lane) << 2), SCORE));
}

let sumA: v128 = i32x4.splat(0);
let sumB: v128 = i32x4.splat(0);
let leftA: v128 = i32x4.splat(0);
let leftB: v128 = i32x4.splat(0);
let countA: v128 = i32x4.splat(0);
let countB: v128 = i32x4.splat(0);

/** |S|² of the lanes' left sides over one block of targets, to `sumA` and `sumB`. */
function addSums(size: i32, from: usize): void {
  const thresholdA = v128.load(group, THRESHOLD);
  const thresholdB = v128.load(group, THRESHOLD + 16);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let at = histograms;
  const end = from + ((<usize>size) << 4);
  for (; from < end; from += 16, at += 32) {
    const goesA = f32x4.le(v128.load(at), thresholdA);
    const goesB = f32x4.le(v128.load(at, 16), thresholdB);
    const t0 = v128.load32_splat(from);
    a0 = f32x4.add(a0, v128.and(goesA, t0));
    b0 = f32x4.add(b0, v128.and(goesB, t0));
    const t1 = v128.load32_splat(from, 4);
    a1 = f32x4.add(a1, v128.and(goesA, t1));
    b1 = f32x4.add(b1, v128.and(goesB, t1));
    const t2 = v128.load32_splat(from, 8);
    a2 = f32x4.add(a2, v128.and(goesA, t2));
    b2 = f32x4.add(b2, v128.and(goesB, t2));
    const t3 = v128.load32_splat(from, 12);
    a3 = f32x4.add(a3, v128.and(goesA, t3));
    b3 = f32x4.add(b3, v128.and(goesB, t3));
  }
  sumA = squareOf(a0, a1, a2, a3);
  sumB = squareOf(b0, b1, b2, b3);
}

function squareOf(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.mul(s0, s0), f32x4.mul(s1, s1)), f32x4.add(f32x4.mul(s2, s2), f32x4.mul(s3, s3)));
}

/** Weights and rows of the lanes' left sides. */
function countLeft(size: i32): void {
  const thresholdA = v128.load(group, THRESHOLD);
  const thresholdB = v128.load(group, THRESHOLD + 16);
  let weightA = i32x4.splat(0);
  let weightB = weightA;
  let rowsA = weightA;
  let rowsB = weightA;
  let at = histograms;
  const end = counts + ((<usize>size) << 3);
  for (let from = counts; from < end; from += 8, at += 32) {
    const goesA = f32x4.le(v128.load(at), thresholdA);
    const goesB = f32x4.le(v128.load(at, 16), thresholdB);
    const weight = v128.load32_splat(from);
    weightA = i32x4.add(weightA, v128.and(goesA, weight));
    weightB = i32x4.add(weightB, v128.and(goesB, weight));
    rowsA = i32x4.sub(rowsA, goesA);
    rowsB = i32x4.sub(rowsB, goesB);
  }
  leftA = weightA;
  leftB = weightB;
  countA = rowsA;
  countB = rowsB;
}

function score(square: v128, left: v128, count: v128, size: i32, totalWeight: i32): v128 {
  const right = i32x4.sub(i32x4.splat(totalWeight), left);
  const product = f32x4.mul(f32x4.convert_i32x4_s(left), f32x4.convert_i32x4_s(right));
  const isRight = v128.and(i32x4.ge_s(count, i32x4.splat(minLeaf)), i32x4.le_s(count, i32x4.splat(size - minLeaf)));
  return v128.bitselect(f32x4.div(square, product), f32x4.splat(-1), isRight);
}
