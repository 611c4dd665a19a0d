/** Sets forests side by side, each with its own targets, as one. */
import type { Forest } from './forest.ts';

/**
 * One forest whose estimates are those of the parts, one after another, each times its scale. A tree of a part says 0 to the other
 * parts' targets; as the estimate is the mean over all trees, values are raised by all trees over the part's.
 */
export function joinForests(parts: readonly Forest[], scales: readonly number[]): Forest {
  if (parts.length === 1 && scales[0] === 1) return parts[0];
  const total = (count: (part: Forest) => number) => parts.reduce((sum, part) => sum + count(part), 0);
  const nodes = total(({ feature }) => feature.length);
  const trees = total(({ roots }) => roots.length);
  const targets = total((part) => part.targets);
  const joined = {
    targets,
    features: Math.max(...parts.map(({ features }) => features)),
    roots: new Int32Array(trees),
    feature: new Int32Array(nodes),
    threshold: new Float32Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    value: new Float64Array(nodes * targets),
    cover: new Float64Array(nodes),
  };
  let node = 0;
  let tree = 0;
  let target = 0;
  parts.forEach((part, p) => {
    const start = node;
    const moved = (child: number) => (child < 0 ? -1 : child + start);
    joined.roots.set(part.roots.map(moved), tree);
    joined.feature.set(part.feature, start);
    joined.threshold.set(part.threshold, start);
    joined.left.set(part.left.map(moved), start);
    joined.right.set(part.right.map(moved), start);
    joined.cover.set(part.cover, start);
    const factor = (scales[p] * trees) / part.roots.length;
    for (let i = 0; i < part.feature.length; i++)
      for (let t = 0; t < part.targets; t++)
        joined.value[(start + i) * targets + target + t] = part.value[i * part.targets + t] * factor;
    node += part.feature.length;
    tree += part.roots.length;
    target += part.targets;
  });
  return joined;
}
