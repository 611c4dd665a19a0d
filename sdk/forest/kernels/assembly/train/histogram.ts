// Splits of nodes of more than 128 rows: histograms of the codes' high bytes, four features at once. Where all rows of a node share a
// feature's high byte, its low byte is looked at instead.
import { bestScore, takeCut } from './best';
import { bases, binSquares, blocks, centred, counts, histograms, minLeaf } from './ground';

const BINS: usize = 256;
/** A bin: f32 [4] sums of targets, i64 weight and rows, and 8 bytes that keep bins within cache lines. */
const BIN_BYTES: usize = 32;
const HISTOGRAM_BYTES: usize = BINS * BIN_BYTES;

/** Replaces the best split where one by one of the four features is better. */
export function searchHistograms(size: i32, totalWeight: i32, f0: u32, f1: u32, f2: u32, f3: u32): void {
  fill(size, ((<usize>f0) << 1) + 1, ((<usize>f1) << 1) + 1, ((<usize>f2) << 1) + 1, ((<usize>f3) << 1) + 1);
  scanOrRefine(0, f0, size, totalWeight);
  scanOrRefine(1, f1, size, totalWeight);
  scanOrRefine(2, f2, size, totalWeight);
  scanOrRefine(3, f3, size, totalWeight);
}

function scanOrRefine(index: i32, feature: u32, size: i32, totalWeight: i32): void {
  const first = <u32>load<u8>(<usize>load<u32>(bases) + ((<usize>feature) << 1), 1);
  const histogram = histograms + <usize>index * HISTOGRAM_BYTES;
  if (load<i32>(histogram + <usize>first * BIN_BYTES, 20) < size) {
    scan(histogram, index, feature, 8, 0, size, totalWeight);
    return;
  }
  memory.fill(histogram + <usize>first * BIN_BYTES, 0, BIN_BYTES);
  const at = (<usize>feature) << 1;
  fillOne(index, size, at);
  scan(histogram, index, feature, 0, first << 8, size, totalWeight);
}

function add(histogram: usize, code: usize, target: v128, count: i64): void {
  const to = histogram + <usize>load<u8>(code) * BIN_BYTES;
  v128.store(to, f32x4.add(v128.load(to), target));
  store<i64>(to, load<i64>(to, 16) + count, 16);
}

function addTarget(histogram: usize, code: usize, target: v128): void {
  const to = histogram + <usize>load<u8>(code) * BIN_BYTES;
  v128.store(to, f32x4.add(v128.load(to), target));
}

/** Four histograms of the bytes at these offsets in a row of the table. */
function fill(size: i32, o0: usize, o1: usize, o2: usize, o3: usize): void {
  const h0 = histograms;
  const h1 = h0 + HISTOGRAM_BYTES;
  const h2 = h1 + HISTOGRAM_BYTES;
  const h3 = h2 + HISTOGRAM_BYTES;
  for (let block = 0; block < blocks - 1; block++) {
    const from = centred + ((<usize>(block * size)) << 4);
    for (let i: usize = 0; i < <usize>size; i++) {
      const base = <usize>load<u32>(bases + (i << 2));
      const target = v128.load(from + (i << 4));
      addTarget(h0, base + o0, target);
      addTarget(h1, base + o1, target);
      addTarget(h2, base + o2, target);
      addTarget(h3, base + o3, target);
    }
    for (let index = 0; index < 4; index++) takeSquares(index, block > 0);
  }
  const from = centred + ((<usize>((blocks - 1) * size)) << 4);
  for (let i: usize = 0; i < <usize>size; i++) {
    const base = <usize>load<u32>(bases + (i << 2));
    const target = v128.load(from + (i << 4));
    const count = load<i64>(counts + (i << 3));
    add(h0, base + o0, target, count);
    add(h1, base + o1, target, count);
    add(h2, base + o2, target, count);
    add(h3, base + o3, target, count);
  }
}

function fillOne(index: i32, size: i32, offset: usize): void {
  const histogram = histograms + <usize>index * HISTOGRAM_BYTES;
  for (let block = 0; block < blocks; block++) {
    const from = centred + ((<usize>(block * size)) << 4);
    for (let i: usize = 0; i < <usize>size; i++) {
      const count = block === blocks - 1 ? load<i64>(counts + (i << 3)) : 0;
      add(histogram, <usize>load<u32>(bases + (i << 2)) + offset, v128.load(from + (i << 4)), count);
    }
    if (block < blocks - 1) takeSquares(index, block > 0);
  }
}

/** |S|² of four bins' left sides, f32 [4]. */
function squaresOf(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const a = f32x4.mul(s0, s0);
  const b = f32x4.mul(s1, s1);
  const c = f32x4.mul(s2, s2);
  const d = f32x4.mul(s3, s3);
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Turns the sums of one block of targets into squares of left sides, and clears them. */
function takeSquares(index: i32, isMore: bool): void {
  const zero = f32x4.splat(0);
  let at = histograms + <usize>index * HISTOGRAM_BYTES;
  let to = binSquares + ((<usize>index * BINS) << 2);
  let s3 = zero;
  for (let bin: usize = 0; bin < BINS; bin += 4) {
    const s0 = f32x4.add(s3, v128.load(at));
    const s1 = f32x4.add(s0, v128.load(at, 32));
    const s2 = f32x4.add(s1, v128.load(at, 64));
    s3 = f32x4.add(s2, v128.load(at, 96));
    v128.store(at, zero);
    v128.store(at, zero, 32);
    v128.store(at, zero, 64);
    v128.store(at, zero, 96);
    const square = squaresOf(s0, s1, s2, s3);
    v128.store(to, isMore ? f32x4.add(v128.load(to), square) : square);
    at += 4 * BIN_BYTES;
    to += 16;
  }
}

/** Scores the cut after every bin and clears the histogram. Bins are the codes' bits from `shift` on, added to `origin`. */
function scan(at: usize, index: i32, feature: u32, shift: u32, origin: u32, size: i32, totalWeight: i32): void {
  const zero = f32x4.splat(0);
  const none = f32x4.splat(-1);
  const total = i32x4.splat(totalWeight);
  const fewest = i32x4.splat(minLeaf);
  const most = i32x4.splat(size - minLeaf);
  const more = blocks > 1;
  let before = binSquares + ((<usize>index * BINS) << 2);
  let s3 = zero;
  let count: i64 = 0;
  let best = none;
  let bestBin = zero;
  let bin = i32x4(0, 1, 2, 3);
  for (let i: usize = 0; i < BINS; i += 4) {
    const s0 = f32x4.add(s3, v128.load(at));
    const s1 = f32x4.add(s0, v128.load(at, 32));
    const s2 = f32x4.add(s1, v128.load(at, 64));
    s3 = f32x4.add(s2, v128.load(at, 96));
    const c0 = count + load<i64>(at, 16);
    const c1 = c0 + load<i64>(at, 48);
    const c2 = c1 + load<i64>(at, 80);
    count = c2 + load<i64>(at, 112);
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
    v128.store(at, zero, 64);
    v128.store(at, zero, 80);
    v128.store(at, zero, 96);
    v128.store(at, zero, 112);
    const c01 = i64x2.replace_lane(i64x2.splat(c0), 1, c1);
    const c23 = i64x2.replace_lane(i64x2.splat(c2), 1, count);
    const weight = v128.shuffle<i32>(c01, c23, 0, 2, 4, 6);
    const rowsLeft = v128.shuffle<i32>(c01, c23, 1, 3, 5, 7);
    let square = squaresOf(s0, s1, s2, s3);
    if (more) square = f32x4.add(v128.load(before), square);
    const left = f32x4.convert_i32x4_s(weight);
    const right = f32x4.convert_i32x4_s(i32x4.sub(total, weight));
    let score = f32x4.div(square, f32x4.mul(left, right));
    const isRight = v128.and(i32x4.ge_s(rowsLeft, fewest), i32x4.le_s(rowsLeft, most));
    score = v128.bitselect(score, none, isRight);
    bestBin = v128.bitselect(bin, bestBin, f32x4.gt(score, best));
    best = f32x4.pmax(best, score);
    bin = i32x4.add(bin, i32x4.splat(4));
    at += 4 * BIN_BYTES;
    before += 16;
  }
  if (!v128.any_true(f32x4.gt(best, f32x4.splat(bestScore)))) return;
  offer(f32x4.extract_lane(best, 0), i32x4.extract_lane(bestBin, 0), feature, shift, origin);
  offer(f32x4.extract_lane(best, 1), i32x4.extract_lane(bestBin, 1), feature, shift, origin);
  offer(f32x4.extract_lane(best, 2), i32x4.extract_lane(bestBin, 2), feature, shift, origin);
  offer(f32x4.extract_lane(best, 3), i32x4.extract_lane(bestBin, 3), feature, shift, origin);
}

function offer(score: f32, bin: u32, feature: u32, shift: u32, origin: u32): void {
  if (score > bestScore) takeCut(score, feature, origin + (((bin + 1) << shift) - 1));
}
