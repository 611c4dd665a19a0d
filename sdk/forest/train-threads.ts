/** Trains a forest on several threads. */
import { onSharedMemory, runJobs, workerUrl } from '../base/pool.ts';
import type { Forest } from './forest.ts';
import { type GrowJob, growTrees } from './grow-trees.ts';
import { plantForest } from './plant.ts';
import { type ForestOptions, prepareGround, tableFor } from './train.ts';

/** Jobs a thread: enough that none waits long for the last, few enough that handing over costs nothing. */
const JOBS_PER_THREAD = 4;

/**
 * As `trainForest`, and the same forest bit for bit, on `threads` worker threads. They share the table; each has a working memory of its own
 * of two bytes a value (extra trees: four).
 */
export async function trainForestThreads(
  x: Float32Array,
  y: Float64Array,
  shape: { readonly rows: number; readonly features: number; readonly targets: number },
  options: ForestOptions,
  threads: number,
  rows?: Uint32Array,
): Promise<Forest> {
  const table = tableFor(options, x, shape);
  const ground = prepareGround(table, y, shape.targets, options, rows);
  const length = Math.max(1, Math.ceil(options.trees / (threads * JOBS_PER_THREAD)));
  const jobs: GrowJob[] = [];
  for (let first = 0; first < options.trees; first += length)
    jobs.push({ first, end: Math.min(options.trees, first + length) });
  const data = threads > 1 ? { ...ground, table: onSharedMemory(ground.table) } : ground;
  const worker = workerUrl(import.meta.url, './train-worker');
  const grown = await runJobs({ worker, data, jobs, threads, work: growTrees });
  return plantForest(ground, table, grown.flat());
}
