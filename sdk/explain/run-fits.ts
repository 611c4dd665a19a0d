/** Runs the fits of a cross-validation on some threads. Results come in the order of the jobs and do not depend on the number of threads. */
import { Worker } from 'node:worker_threads';
import type { Progress } from '../base/index.ts';
import { type FitJob, type FitResult, fitFold } from './fits.ts';
import type { FitData } from './problem.ts';

// beside this file, with its ending: .ts in a checkout, .js in the published package
const WORKER = new URL(`./fit-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

export async function runFits(
  data: FitData,
  jobs: readonly FitJob[],
  threads: number,
  progress: Progress,
): Promise<FitResult[]> {
  const results: FitResult[] = [];
  let done = 0;
  const finish = (index: number, result: FitResult) => {
    results[index] = result;
    progress.log(`forests: ${++done} of ${jobs.length} parts done`);
  };
  if (threads <= 1) {
    for (const [index, job] of jobs.entries()) {
      finish(index, fitFold(data, job));
      // lets a progress display draw between parts
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  }
  let next = 0;
  const workers = Array.from(
    { length: Math.min(threads, jobs.length) },
    () => new Worker(WORKER, { workerData: data }),
  );
  try {
    await Promise.all(
      workers.map(async (worker) => {
        while (next < jobs.length) {
          const index = next++;
          finish(index, await resultOf(worker, jobs[index]));
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

function resultOf(worker: Worker, job: FitJob): Promise<FitResult> {
  return new Promise((resolve, reject) => {
    const settle = () => worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    const onMessage = (result: FitResult) => {
      settle();
      resolve(result);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    const onExit = (code: number) => onError(new Error(`a worker thread ended with code ${code}`));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}

/** Puts the folds' predictions back into the order of the rows, [n, targets]. */
export function outOfFold(
  data: FitData,
  parts: readonly { readonly rows: Uint32Array; readonly prediction: Float64Array }[],
): Float64Array {
  const T = data.targets;
  const all = new Float64Array(data.n * T);
  for (const { rows, prediction } of parts)
    rows.forEach((row, i) => {
      all.set(prediction.subarray(i * T, (i + 1) * T), row * T);
    });
  return all;
}
