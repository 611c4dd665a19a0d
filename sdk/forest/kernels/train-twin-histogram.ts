/** Splits of nodes of more than 128 rows, as assembly/train/histogram.ts finds them, a feature at a time. */
import type { TwinNode } from './train-twin-node.ts';

const f32 = Math.fround;
const BINS = 256;

/** Replaces the best split where one by this feature is better. */
export function searchHistogram(node: TwinNode, feature: number): void {
  const high = (i: number) => node.at(i, feature) >> 8;
  const first = high(0);
  let isOneBin = true;
  for (let i = 0; i < node.size; i++) isOneBin &&= high(i) === first;
  if (isOneBin) scan(node, feature, (i) => node.at(i, feature) & 255, 0, first << 8);
  else scan(node, feature, high, 8, 0);
}

function scan(node: TwinNode, feature: number, binOf: (i: number) => number, shift: number, origin: number): void {
  const { size, blocks, centred, weight, totalWeight, minLeaf } = node;
  const counts = new Int32Array(BINS);
  const weights = new Int32Array(BINS);
  const squares = new Float32Array(BINS);
  for (let block = 0; block < blocks; block++) {
    const sums = new Float32Array(BINS * 4);
    for (let i = 0; i < size; i++) {
      const bin = binOf(i);
      for (let t = 0; t < 4; t++) sums[bin * 4 + t] += centred[(block * size + i) * 4 + t];
      if (block > 0) continue;
      counts[bin]++;
      weights[bin] += weight[i];
    }
    const left = new Float32Array(4);
    for (let bin = 0; bin < BINS; bin++) {
      for (let t = 0; t < 4; t++) left[t] += sums[bin * 4 + t];
      const square = (t: number) => f32(left[t] * left[t]);
      const whole = f32(f32(square(0) + square(2)) + f32(square(1) + square(3)));
      squares[bin] = block > 0 ? squares[bin] + whole : whole;
    }
  }
  // a lane is every fourth bin: the kernel keeps the best of each
  const best = new Float32Array(4).fill(-1);
  const bestBin = new Int32Array(4);
  let count = 0;
  let left = 0;
  for (let bin = 0; bin < BINS; bin++) {
    count += counts[bin];
    left += weights[bin];
    if (count < minLeaf || size - count < minLeaf) continue;
    const score = f32(squares[bin] / f32(f32(left) * f32(totalWeight - left)));
    if (score <= best[bin & 3]) continue;
    best[bin & 3] = score;
    bestBin[bin & 3] = bin;
  }
  for (let lane = 0; lane < 4; lane++)
    if (best[lane] > node.best.score) node.takeCut(best[lane], feature, origin + (((bestBin[lane] + 1) << shift) - 1));
}
