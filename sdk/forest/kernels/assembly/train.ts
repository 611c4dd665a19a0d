// Growing of regression trees: binning of features, and one call a tree. ../train-twin.ts does the same, bit for bit.
import { bestCut, bestFeature, bestScore, bestThreshold, forgetBest } from './train/best';
import { describe, totalWeight, writeRecords } from './train/describe';
import { draw, drawGroups, drawnCount, startDrawing } from './train/draw';
import { searchExtra, searchExtraSubsets } from './train/extra';
import {
  bag,
  columns,
  drawn,
  features,
  groups,
  list,
  minLeaf,
  mtry,
  outFeature,
  outHigh,
  outLow,
  outRight,
  rows,
  spare,
  stack,
  stride,
  table,
} from './train/ground';
import { searchHistograms } from './train/histogram';
import { clearLanes, laneFeature, makeNetwork, positionBits, setLane } from './train/keys';
import { below, seed } from './train/random';
import { searchSorted } from './train/sorted';
import { possible, searchSubsets, tabulateSubsets } from './train/subsets';

export { codeFeature } from './train/codes';
export { configure } from './train/ground';

/** Most rows of a node whose splits are read from a table of subsets, and of one whose rows are sorted. */
const SUBSET_ROWS = 8;
const SORTED_ROWS = 128;

/** Grows one tree on the rows of the bag; returns its number of nodes. The same state gives the same tree. */
export function grow(state: u32, isExtra: bool): i32 {
  seed(state);
  for (let f = 0; f < features; f++) store<u32>(columns + ((<usize>f) << 2), f);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (load<u16>(bag + ((<usize>row) << 1)) === 0) continue;
    store<u32>(list + ((<usize>count) << 2), row);
    count++;
  }
  let nodes = 0;
  let waiting = stack;
  push(waiting, 0, count, -1);
  waiting += 12;
  while (waiting > stack) {
    waiting -= 12;
    const start = load<i32>(waiting);
    const end = load<i32>(waiting, 4);
    const parent = load<i32>(waiting, 8);
    const node = nodes++;
    const at = (<usize>node) << 2;
    if (parent >= 0) store<i32>(outRight + ((<usize>parent) << 2), node);
    store<i32>(outFeature + at, -1);
    const isPure = describe(node, start, end);
    if (isPure || end - start < 2 * minLeaf) continue;
    forgetBest();
    if (isExtra) searchExtraNode(end - start);
    else searchNode(end - start);
    if (bestFeature < 0) continue;
    store<i32>(outFeature + at, bestFeature);
    const middle = isExtra ? partByValue(node, start, end) : partByCode(node, start, end);
    push(waiting, middle, end, node);
    push(waiting + 12, start, middle, -1);
    waiting += 24;
  }
  return nodes;
}

/** A node to come; `parent` is -1 for the root and for left children, which follow their parent. */
function push(at: usize, start: i32, end: i32, parent: i32): void {
  store<i32>(at, start);
  store<i32>(at, end, 4);
  store<i32>(at, parent, 8);
}

function searchNode(size: i32): void {
  startDrawing();
  if (size <= SUBSET_ROWS) {
    makeNetwork(size);
    tabulateSubsets(size, totalWeight);
    while (nextLanes()) {
      searchSubsets(size);
      if (bestScore >= possible) return;
    }
    return;
  }
  if (size <= SORTED_ROWS) {
    const bits = positionBits(size);
    makeNetwork(size);
    writeRecords(size);
    const count = drawGroups(mtry);
    for (let i = 0; i < count; i++) {
      takeGroup(i);
      searchSorted(size, bits, totalWeight);
    }
    while (bestFeature < 0 && nextLanes()) searchSorted(size, bits, totalWeight);
    return;
  }
  const count = drawGroups(mtry);
  for (let i = 0; i < count; i++) {
    takeGroup(i);
    searchHistograms(size, totalWeight, laneFeature(0), laneFeature(1), laneFeature(2), laneFeature(3));
    searchHistograms(size, totalWeight, laneFeature(4), laneFeature(5), laneFeature(6), laneFeature(7));
  }
  while (bestFeature < 0 && nextLanes()) {
    searchHistograms(size, totalWeight, laneFeature(0), laneFeature(0), laneFeature(0), laneFeature(0));
  }
}

function searchExtraNode(size: i32): void {
  startDrawing();
  if (size <= SUBSET_ROWS) {
    tabulateSubsets(size, totalWeight);
    while (nextLanes()) {
      searchExtraSubsets(size);
      if (bestScore >= possible) return;
    }
    return;
  }
  const count = drawGroups(mtry);
  for (let i = 0; i < count; i++) {
    takeGroup(i);
    searchExtra(size, totalWeight);
  }
  while (bestFeature < 0 && nextLanes()) searchExtra(size, totalWeight);
}

/** Draws features to the lanes: up to eight of the `mtry`, then one by one while no split was found; false where the search is over. */
function nextLanes(): bool {
  const rest = drawnCount < mtry ? min(8, mtry - drawnCount) : bestFeature < 0 ? min(1, features - drawnCount) : 0;
  clearLanes();
  for (let lane = 0; lane < 8; lane++) {
    const isUsed = lane < rest;
    setLane(lane, isUsed ? draw() : laneFeature(max(0, rest - 1)), isUsed);
  }
  return rest > 0;
}

/** Puts the features of a group to the lanes, turned by chance; the last group repeats its last feature. */
function takeGroup(index: i32): void {
  const first = load<i32>(groups + ((<usize>index) << 2)) << 3;
  const turn = below(8);
  clearLanes();
  for (let lane = 0; lane < 8; lane++) {
    const at = first + ((lane + turn) & 7);
    setLane(lane, load<u32>(drawn + ((<usize>min(at, mtry - 1)) << 2)), at < mtry);
  }
}

/** Rows that go left first, both sides in their order; returns where the right side starts. */
function partByCode(node: i32, start: i32, end: i32): i32 {
  const column = table + ((<usize>bestFeature) << 1);
  let left = list + ((<usize>start) << 2);
  let right = spare;
  let lowRow: u32 = 0;
  let highRow: u32 = 0;
  let low: i32 = -1;
  let high: i32 = 0x10000;
  for (let at = left, stop = list + ((<usize>end) << 2); at < stop; at += 4) {
    const row = load<u32>(at);
    const code = <i32>load<u16>(column + <usize>row * stride);
    if (<u32>code <= bestCut) {
      store<u32>(left, row);
      left += 4;
      if (code > low) {
        low = code;
        lowRow = row;
      }
    } else {
      store<u32>(right, row);
      right += 4;
      if (code < high) {
        high = code;
        highRow = row;
      }
    }
  }
  store<u32>(outLow + ((<usize>node) << 2), lowRow);
  store<u32>(outHigh + ((<usize>node) << 2), highRow);
  memory.copy(left, spare, right - spare);
  return <i32>((left - list) >> 2);
}

function partByValue(node: i32, start: i32, end: i32): i32 {
  const column = table + ((<usize>bestFeature) << 2);
  let left = list + ((<usize>start) << 2);
  let right = spare;
  for (let at = left, stop = list + ((<usize>end) << 2); at < stop; at += 4) {
    const row = load<u32>(at);
    const goesLeft = load<f32>(column + <usize>row * stride) <= bestThreshold;
    store<u32>(left, row);
    store<u32>(right, row);
    left += goesLeft ? 4 : 0;
    right += goesLeft ? 0 : 4;
  }
  store<f32>(outLow + ((<usize>node) << 2), bestThreshold);
  memory.copy(left, spare, right - spare);
  return <i32>((left - list) >> 2);
}
