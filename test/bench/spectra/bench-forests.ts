/** The forests that SHAP values and prediction are measured on, and their files for the peers. */
import { join } from 'node:path';
import { writeNpy } from '../../../sdk/base/index.ts';
import { type Forest, trainForest } from '../../../sdk/forest/index.ts';
import { benchData } from '../data.ts';

/** F1: 50 trees of leaf 1, depth over 20. F10: 50 trees of leaf 10. On S500, a third of the features tried at a node. */
export type ForestName = 'F1' | 'F10';

export interface BenchForest {
  readonly forest: Forest;
  /** The rows it was trained on, [rows, features]. */
  readonly x: Float32Array;
  readonly rows: number;
}

const made = new Map<ForestName, BenchForest>();

export function benchForest(name: ForestName): BenchForest {
  const known = made.get(name);
  if (known !== undefined) return known;
  const { x, y, rows, features, targets } = benchData('S500');
  const options = { trees: 50, minLeaf: name === 'F1' ? 1 : 10, mtry: Math.ceil(features / 3), seed: 1 };
  const forest = { forest: trainForest(x, y, { rows, features, targets }, options), x, rows };
  made.set(name, forest);
  return forest;
}

/** Writes the trees and the first `n` rows as .npy. */
export async function writeForest(folder: string, { forest, x }: BenchForest, n: number): Promise<void> {
  const { targets, features, roots, feature, threshold, left, right, value, cover } = forest;
  const lists = { roots, feature, threshold, left, right, cover };
  for (const [name, data] of Object.entries(lists))
    await writeNpy(join(folder, `${name}.npy`), { shape: [data.length], data });
  await writeNpy(join(folder, 'value.npy'), { shape: [feature.length, targets], data: value });
  await writeNpy(join(folder, 'x.npy'), { shape: [n, features], data: x.slice(0, n * features) });
}
