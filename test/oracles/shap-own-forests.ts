/**
 * Forests that Nadir trained, for shap_exact.py: `node tools/pinned.mjs test/oracles/shap-own-forests.ts FILE` writes them as JSON. The fixture keeps
 * the trees, so that the tests don't depend on how we train today.
 */
import { writeFileSync } from 'node:fs';
import { Random } from '../../sdk/base/index.ts';
import { type Forest, trainForest } from '../../sdk/forest/index.ts';

const [rows, features, targets] = [700, 14, 2];

/** Targets with long tails, which make single trees deep. */
function table(): { x: Float32Array; y: Float64Array } {
  const random = Random.of(4, 'own forests');
  const x = Float32Array.from({ length: rows * features }, () => random.normal());
  const y = Float64Array.from({ length: rows * targets }, (_, i) => {
    const at = Math.floor(i / targets) * features;
    return Math.exp(1.5 * x[at + (i % targets)]) + x[at + 2] * x[at + 3] + random.normal() / 4;
  });
  return { x, y };
}

function plain(forest: Forest) {
  const { roots, feature, threshold, left, right, value, cover } = forest;
  const list = (values: ArrayLike<number>) => Array.from(values);
  return {
    targets,
    features,
    roots: list(roots),
    feature: list(feature),
    threshold: list(threshold),
    left: list(left),
    right: list(right),
    value: list(value),
    cover: list(cover),
  };
}

const { x, y } = table();
const shape = { rows, features, targets };
const forests = [
  { name: 'ours, leaves of one row', ...plain(trainForest(x, y, shape, { trees: 1, minLeaf: 1, mtry: 3, seed: 5 })) },
  { name: 'ours, leaves of ten rows', ...plain(trainForest(x, y, shape, { trees: 8, minLeaf: 10, mtry: 5, seed: 6 })) },
];
writeFileSync(process.argv[2], JSON.stringify({ x: Array.from(x), features, forests }));
