/** Runs the fits of a cross-validation on some threads. Results come in the order of the jobs and do not depend on the number of threads. */
import { type Progress, runJobs, workerUrl } from '../base/index.ts';
import { type FitJob, type FitResult, fitFold } from './fits.ts';
import type { FitData } from './problem.ts';
import { placeRows } from './row-arrays.ts';

export function runFits(
  data: FitData,
  jobs: readonly FitJob[],
  threads: number,
  progress: Progress,
): Promise<FitResult[]> {
  return runJobs({
    worker: workerUrl(import.meta.url, './fit-worker'),
    data,
    jobs,
    threads,
    work: fitFold,
    onDone: (done) => progress.log(`forests: ${done} of ${jobs.length} parts done`),
  });
}

/** Puts the folds' predictions back into the order of the rows, [n, targets]. */
export function outOfFold(
  data: FitData,
  parts: readonly { readonly rows: Uint32Array; readonly prediction: Float64Array }[],
): Float64Array {
  const values = parts.map(({ rows, prediction }) => ({ rows, values: prediction }));
  return placeRows(data.n, data.targets, values, 0);
}
