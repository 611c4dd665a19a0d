/** Sub-clusters of classes where nobody labelled any: k-means within each class, seeded by k-means++ (Arthur & Vassilvitskii 2007). */
import { Random } from '../../base/index.ts';
import { requireRows, requireSame } from './rows.ts';

const MAX_ROUNDS = 50;

/** Sub-cluster of each row within its class, 0 … perClass − 1, Int32Array [rows]; fewer where a class has fewer rows. */
export function subClusters(
  embeddings: Float32Array,
  d: number,
  labels: ArrayLike<number>,
  classes: number,
  perClass: number,
  seed: number,
): Int32Array {
  const rows = requireRows(embeddings, d, 'embeddings');
  requireSame(labels.length, rows, 'labels');
  const result = new Int32Array(rows);
  for (let label = 0; label < classes; label++) {
    const members = Array.from({ length: rows }, (_, row) => row).filter((row) => labels[row] === label);
    const found = kMeans(embeddings, d, members, perClass, Random.of(seed, `sub-clusters of ${label}`));
    members.forEach((row, i) => {
      result[row] = found[i];
    });
  }
  return result;
}

function kMeans(values: Float32Array, d: number, members: readonly number[], k: number, random: Random): Int32Array {
  const count = Math.min(k, members.length);
  const centres = new Float64Array(count * d);
  const nearest = new Float64Array(members.length).fill(Infinity);
  const own = new Int32Array(members.length);
  for (let c = 0, chosen = random.below(members.length); c < count; c++) {
    for (let j = 0; j < d; j++) centres[c * d + j] = values[members[chosen] * d + j];
    for (let i = 0; i < members.length; i++)
      nearest[i] = Math.min(nearest[i], distance(values, members[i] * d, centres, c * d, d));
    let left = random.uniform() * nearest.reduce((sum, square) => sum + square, 0);
    chosen = 0;
    while (chosen < members.length - 1 && left >= nearest[chosen]) left -= nearest[chosen++];
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = false;
    for (let i = 0; i < members.length; i++) {
      let [best, at] = [Infinity, 0];
      for (let c = 0; c < count; c++) {
        const square = distance(values, members[i] * d, centres, c * d, d);
        if (square < best) [best, at] = [square, c];
      }
      if (own[i] !== at) moved = true;
      own[i] = at;
    }
    if (!moved && round > 0) break;
    const sizes = new Float64Array(count);
    for (const c of own) sizes[c]++;
    // a centre that lost all rows stays where it is
    for (let c = 0; c < count; c++) if (sizes[c] > 0) centres.fill(0, c * d, (c + 1) * d);
    for (let i = 0; i < members.length; i++)
      for (let j = 0, c = own[i]; j < d; j++) centres[c * d + j] += values[members[i] * d + j] / sizes[c];
  }
  return own;
}

function distance(a: Float32Array, fromA: number, b: Float64Array, fromB: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += (a[fromA + j] - b[fromB + j]) ** 2;
  return sum;
}
