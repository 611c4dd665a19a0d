/** Covers of a forest that came without: other programs' ONNX files do not say how many training rows a node saw. */
import { NadirError } from '../base/index.ts';
import type { Forest } from './forest.ts';

/**
 * The forest with covers counted on `n` rows: give it the rows it was trained on. (A bootstrap's weights are not known; each row counts once.) Inner values become the
 * means by those covers. Throws NadirError where a node sees none of the rows.
 * @param x [n, features], row-major
 */
export function coveredForest(forest: Forest, x: Float32Array, n: number): Forest {
  const { features, targets, roots, feature, threshold, left, right } = forest;
  if (x.length !== n * features) throw new RangeError(`${x.length} values are not [${n}, ${features}]`);
  const cover = new Float64Array(feature.length);
  const value = forest.value.slice();
  for (const root of roots) {
    for (let row = 0; row < n; row++) {
      let node = root;
      for (; feature[node] >= 0; node = x[row * features + feature[node]] <= threshold[node] ? left[node] : right[node])
        cover[node]++;
      cover[node]++;
    }
  }
  const empty = cover.indexOf(0);
  if (empty >= 0) {
    throw new NadirError({
      what: 'no row reaches a node, so its share of the training rows is not known',
      where: `node ${empty}, ${n} rows`,
      remedy: 'Give the rows that the forest was trained on',
    });
  }
  for (const node of parentsLast(forest)) {
    if (feature[node] < 0) continue;
    const share = cover[left[node]] / cover[node];
    for (let t = 0; t < targets; t++)
      value[node * targets + t] =
        share * value[left[node] * targets + t] + (1 - share) * value[right[node] * targets + t];
  }
  return { ...forest, cover, value };
}

function parentsLast({ roots, feature, left, right }: Forest): number[] {
  const order: number[] = [];
  const waiting = Array.from(roots);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    order.push(node);
    if (feature[node] >= 0) waiting.push(left[node], right[node]);
  }
  return order.reverse();
}
