// Splits of nodes of 2 to 8 rows: the score of every way to part them is known before any feature is looked at, so the search reads scores
// from a table and ends where nothing better can come.
import { bestScore, takeCut } from './best';
import { blocks, centred, counts, keys, minLeaf, subsetScores, subsetSums } from './ground';
import { cutOf, laneFeature, sortKeys, writeKeys } from './keys';

/** Best score that any feature could give the node. */
export let possible: f32 = -1;

/** Tabulates |S|²/(W_L·W_R) of every subset of the node's rows, bit i for position i; -1 where a side is too small. */
export function tabulateSubsets(size: i32, totalWeight: i32): void {
  const half = 1 << (size - 1);
  possible = -1;
  for (let block = 0; block < blocks; block++) {
    v128.store(subsetSums, f32x4.splat(0));
    for (let subset = 1; subset < half; subset++) {
      const sum = f32x4.add(
        v128.load(subsetSums + ((<usize>(subset & (subset - 1))) << 4)),
        v128.load(centred + ((<usize>(block * size + ctz(subset))) << 4)),
      );
      v128.store(subsetSums + ((<usize>subset) << 4), sum);
      const square = f32x4.mul(sum, sum);
      const score =
        f32x4.extract_lane(square, 0) +
        f32x4.extract_lane(square, 1) +
        (f32x4.extract_lane(square, 2) + f32x4.extract_lane(square, 3));
      const to = subsetScores + ((<usize>subset) << 2);
      store<f32>(to, block > 0 ? load<f32>(to) + score : score);
    }
  }
  const all = 2 * half - 1;
  for (let subset = 1; subset < half; subset++) {
    const members = popcnt(subset);
    let score: f32 = -1;
    if (members >= minLeaf && size - members >= minLeaf) {
      let weight = 0;
      for (let rest = subset; rest > 0; rest &= rest - 1) weight += load<i32>(counts + ((<usize>ctz(rest)) << 3));
      score = load<f32>(subsetScores + ((<usize>subset) << 2)) / (<f32>weight * <f32>(totalWeight - weight));
      if (score > possible) possible = score;
    }
    store<f32>(subsetScores + ((<usize>subset) << 2), score);
    store<f32>(subsetScores + ((<usize>(all - subset)) << 2), score);
  }
}

/** Replaces the best split where one by a feature of the lanes is better. */
export function searchSubsets(size: i32): void {
  if (!writeKeys(size, 3)) return;
  sortKeys();
  for (let lane = 0; lane < 8; lane++) {
    let at = keys + ((<usize>lane) << 1);
    let subset: usize = 0;
    let key = <u32>load<u16>(at);
    for (let place = 0; place < size - 1; place++) {
      subset |= (<usize>1) << (key & 7);
      at += 16;
      const next = <u32>load<u16>(at);
      if (key >>> 3 !== next >>> 3) {
        const score = load<f32>(subsetScores + (subset << 2));
        if (score > bestScore) takeCut(score, laneFeature(lane), cutOf(lane, key, 3));
      }
      key = next;
    }
  }
}
