/** Exact SHAP values beside shap's C core. Set-up: the peer's TreeExplainer is made before its clock starts; ours counts where the name does not say `tables kept`. */
import { openExplainer, shapValues, shapValuesThreads } from '../../../sdk/forest/index.ts';
import { type BenchCase, cpuSeconds } from '../case.ts';
import { type BenchForest, benchForest, type ForestName, writeForest } from './bench-forests.ts';

/** Calls of few rows whose least counts, as in the peer's script. */
const LEAST_OF = 3;
/** Calls of one row that are timed together. */
const SINGLES = 50;

function shapCase(name: ForestName, n: number, goal: number): BenchCase {
  let made: BenchForest;
  return {
    name: `shap/${name}, ${n} rows`,
    goal,
    repeats: n > 500 ? 2 : 5,
    prepare: async (folder) => {
      made = benchForest(name);
      await writeForest(folder, made, n);
    },
    ours: async () => {
      const x = made.x.subarray(0, n * made.forest.features);
      let seconds = Number.POSITIVE_INFINITY;
      for (let i = 0; i < (n > 50 ? 1 : LEAST_OF); i++)
        seconds = Math.min(seconds, await cpuSeconds(() => shapValues(made.forest, x, n)));
      return { seconds };
    },
    peer: { name: 'shap.TreeExplainer.shap_values', script: 'shap_forest.py', arguments: [] },
  };
}

function keptCase(name: ForestName, n: number, goal: number): BenchCase {
  let made: BenchForest;
  return {
    name: `shap/${name}, ${n} ${n === 1 ? 'row' : 'rows'}, tables kept`,
    goal,
    repeats: 5,
    prepare: async (folder) => {
      made = benchForest(name);
      await writeForest(folder, made, n);
    },
    ours: async () => {
      const explainer = openExplainer(made.forest, n);
      const x = made.x.subarray(0, n * made.forest.features);
      const times = n === 1 ? SINGLES : 1;
      const seconds = await cpuSeconds(() => {
        for (let i = 0; i < times; i++) explainer.values(x, n);
      });
      return { seconds: seconds / times };
    },
    peer: { name: 'shap.TreeExplainer.shap_values', script: 'shap_forest.py', arguments: [] },
  };
}

/** Wall seconds of one thread over those of two: a machine with other work shows less. */
function threadsCase(name: ForestName, goal: number): BenchCase {
  let made: BenchForest;
  const wall = async (work: () => unknown) => {
    const start = performance.now();
    await work();
    return { seconds: (performance.now() - start) / 1000 };
  };
  return {
    name: `shap/${name}, 1700 rows, two threads, wall seconds`,
    goal,
    repeats: 8, // the first runs start the threads and compile
    prepare: async () => {
      made = benchForest(name);
    },
    ours: () => wall(() => shapValuesThreads(made.forest, made.x, made.rows, 2)),
    peerHere: { name: 'one thread', run: () => wall(() => shapValues(made.forest, made.x, made.rows)) },
  };
}

export const cases: BenchCase[] = [
  shapCase('F1', 50, 25),
  shapCase('F1', 1700, 25),
  shapCase('F10', 50, 10),
  shapCase('F10', 1700, 10),
  keptCase('F1', 1, 5),
  keptCase('F10', 1, 5),
  keptCase('F1', 50, 25),
  keptCase('F10', 50, 10),
  threadsCase('F1', 1.8),
];
