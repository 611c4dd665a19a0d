/** Splits of nodes of at most 128 rows, as assembly/train/subsets.ts and sorted.ts find them, a feature at a time. */
import type { TwinNode } from './train-twin-node.ts';

const f32 = Math.fround;

/** Sorted keys of one feature, and how a key turns back into a code. */
function sortKeys(node: TwinNode, feature: number, bits: number) {
  const { size } = node;
  const codes = Array.from({ length: size }, (_, i) => node.at(i, feature));
  const low = Math.min(...codes);
  const range = Math.max(...codes) - low;
  if (range === 0) return undefined;
  const factor = Math.floor(65_535 / range);
  const rest = (1 << bits) - 1;
  const keys = Uint16Array.from(codes, (code, i) => (((code - low) * factor) & ~rest) | i).sort();
  return { keys, cutOf: (key: number) => low + Math.floor((key | rest) / factor) };
}

/** |S|²/(W_L·W_R) of every subset of the node's rows, bit i for position i; -1 where a side is too small. */
export function tabulateSubsets(node: TwinNode): Float32Array {
  const { size, blocks, centred, weight, totalWeight, minLeaf } = node;
  const half = 1 << (size - 1);
  const all = 2 * half - 1;
  const squares = new Float32Array(half);
  for (let block = 0; block < blocks; block++) {
    const sums = new Float32Array(half * 4);
    for (let subset = 1; subset < half; subset++) {
      const without = (subset & (subset - 1)) * 4;
      const from = (block * size + 31 - Math.clz32(subset & -subset)) * 4;
      const square = (t: number) => f32(sums[subset * 4 + t] * sums[subset * 4 + t]);
      for (let t = 0; t < 4; t++) sums[subset * 4 + t] = sums[without + t] + centred[from + t];
      const score = f32(f32(square(0) + square(1)) + f32(square(2) + square(3)));
      squares[subset] = block > 0 ? squares[subset] + score : score;
    }
  }
  const scores = new Float32Array(2 * half).fill(-1);
  for (let subset = 1; subset < half; subset++) {
    let members = 0;
    let left = 0;
    for (let i = 0; i < size; i++) {
      if (((subset >> i) & 1) === 0) continue;
      members++;
      left += weight[i];
    }
    if (members < minLeaf || size - members < minLeaf) continue;
    scores[subset] = squares[subset] / f32(f32(left) * f32(totalWeight - left));
    scores[all - subset] = scores[subset];
  }
  return scores;
}

/** Replaces the best split where one by this feature is better; `scores` by subset. */
export function searchSubsets(node: TwinNode, feature: number, scores: Float32Array): void {
  const sorted = sortKeys(node, feature, 3);
  if (sorted === undefined) return;
  const { keys, cutOf } = sorted;
  let subset = 0;
  for (let place = 0; place < keys.length - 1; place++) {
    subset |= 1 << (keys[place] & 7);
    if (keys[place] >> 3 === keys[place + 1] >> 3) continue;
    if (scores[subset] > node.best.score) node.takeCut(scores[subset], feature, cutOf(keys[place]));
  }
}

/** The same for nodes of 9 to 128 rows. */
export function searchSorted(node: TwinNode, feature: number): void {
  const { size, blocks, weight, totalWeight, minLeaf } = node;
  const bits = 32 - Math.clz32(size - 1);
  const sorted = sortKeys(node, feature, bits);
  if (sorted === undefined) return;
  const { keys, cutOf } = sorted;
  const records = node.records();
  const sums = new Int32Array(4 * blocks);
  let left = 0;
  for (let place = 0; place < size - minLeaf; place++) {
    const position = keys[place] & ((1 << bits) - 1);
    left += weight[position];
    let squares = 0;
    for (let block = 0; block < blocks; block++) {
      let square = 0;
      for (let t = 0; t < 4; t++) {
        sums[block * 4 + t] += records[(block * size + position) * 4 + t];
        square += sums[block * 4 + t] ** 2;
      }
      squares = f32(squares + f32(square));
    }
    if (place + 1 < minLeaf || keys[place] >> bits === keys[place + 1] >> bits) continue;
    const score = f32(squares / f32(left * (totalWeight - left)));
    if (score > node.best.score) node.takeCut(score, feature, cutOf(keys[place]));
  }
}
