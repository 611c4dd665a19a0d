/** Worker thread of cross-validation: is given the problem once, then a job at a time, and posts each result. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FitJob, fitFold } from './fits.ts';
import type { FitData } from './problem.ts';

const data = workerData as FitData;
parentPort?.on('message', (job: FitJob) => {
  parentPort?.postMessage(fitFold(data, job));
});
