/** Gradient boosting against LightGBM: binning and 100 trees a target, the same settings, one thread. */
import { join } from 'node:path';
import { writeNpy } from '../../../sdk/base/index.ts';
import { fitEstimator, type TrainingRows } from '../../../sdk/forest/index.ts';
import { type BenchCase, cpuSeconds } from '../case.ts';
import { type BenchData, benchData } from '../data.ts';

const TREES = 100;
const OPTIONS = {
  trees: TREES,
  learningRate: 0.1,
  leaves: 15,
  minLeaf: 5,
  mtry: 1 / 3,
  bagging: 0.8,
  l2: 1,
  earlyStopping: false,
} as const;

function boosting(name: 'S500' | 'S3400' | 'limesoda', targets: number): BenchCase {
  let rows: TrainingRows;
  return {
    name: `boosting/${name}, ${targets} × ${TREES} trees`,
    goal: 1,
    repeats: 3,
    async prepare(folder) {
      const data = benchData(name);
      rows = firstTargets(data, targets);
      await writeNpy(join(folder, 'x.npy'), { shape: [data.rows, data.features], data: data.x });
      await writeNpy(join(folder, 'y.npy'), { shape: [data.rows, targets], data: rows.y });
    },
    async ours() {
      return { seconds: await cpuSeconds(() => fitEstimator('boost', rows, OPTIONS, 1)) };
    },
    peer: { name: 'LightGBM gbdt', script: 'boost.py', arguments: [String(TREES), String(targets)] },
  };
}

function firstTargets({ x, y, rows, features, targets: all }: BenchData, targets: number): TrainingRows {
  const own = Float64Array.from({ length: rows * targets }, (_, i) => y[Math.floor(i / targets) * all + (i % targets)]);
  return { x, y: own, n: rows, features, targets };
}

export const cases: readonly BenchCase[] = [boosting('limesoda', 3), boosting('S500', 1), boosting('S3400', 1)];
