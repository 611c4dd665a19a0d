/** Splits of extra trees, as assembly/train/extra.ts finds them. */
import type { Random } from '../../base/random.ts';
import type { TwinNode } from './train-twin-node.ts';

const f32 = Math.fround;

/** Replaces the best split where the drawn one of a lane is better; `scores` by subset for nodes of at most 8 rows. */
export function searchExtra(
  node: TwinNode,
  lanes: readonly (number | undefined)[],
  random: Random,
  scores?: Float32Array,
): void {
  for (const feature of lanes) {
    const u = (random.uint32() >>> 8) / 2 ** 24; // drawn for empty lanes as well
    if (feature === undefined) continue;
    const threshold = drawThreshold(node, feature, f32(u));
    if (threshold === undefined) continue;
    const score = scores === undefined ? scoreOf(node, feature, threshold) : scores[subsetOf(node, feature, threshold)];
    if (score > node.best.score) node.takeThreshold(score, feature, threshold);
  }
}

/** Uniform between the lowest and the highest value; undefined where the feature does not vary. */
function drawThreshold(node: TwinNode, feature: number, u: number): number | undefined {
  let low = node.at(0, feature);
  let high = low;
  for (let i = 1; i < node.size; i++) {
    const value = node.at(i, feature);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) return undefined;
  const step = f32(f32(f32(high * 0.5) - f32(low * 0.5)) * u);
  const threshold = f32(f32(low + step) + step);
  return threshold < high && threshold >= low ? threshold : low;
}

function subsetOf(node: TwinNode, feature: number, threshold: number): number {
  let subset = 0;
  for (let i = 0; i < node.size; i++) if (node.at(i, feature) <= threshold) subset |= 1 << i;
  return subset;
}

function scoreOf(node: TwinNode, feature: number, threshold: number): number {
  const { size, blocks, centred, weight, totalWeight, minLeaf } = node;
  let count = 0;
  let left = 0;
  let squares = 0;
  for (let block = 0; block < blocks; block++) {
    const sums = new Float32Array(4);
    for (let i = 0; i < size; i++) {
      if (node.at(i, feature) > threshold) continue;
      for (let t = 0; t < 4; t++) sums[t] += centred[(block * size + i) * 4 + t];
      if (block > 0) continue;
      count++;
      left += weight[i];
    }
    const square = (t: number) => f32(sums[t] * sums[t]);
    squares = f32(squares + f32(f32(square(0) + square(1)) + f32(square(2) + square(3))));
  }
  if (count < minLeaf || size - count < minLeaf) return -1;
  return f32(squares / f32(f32(left) * f32(totalWeight - left)));
}
