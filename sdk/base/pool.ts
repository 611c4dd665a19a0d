/**
 * Jobs on worker threads. A worker's module hands its work to `serveJobs`; `runJobs` gives each thread the shared data once and then
 * a job at a time. Results come in the order of the jobs, whatever the number of threads. Threads are kept a while for the next run.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { NadirError } from './error.ts';

export interface PoolOptions<Data, Job, Result> {
  /** The worker's module, beside the caller: `workerUrl(import.meta.url, './fit-worker')`. */
  readonly worker: URL;
  /** Given to each thread once: plain data, large arrays on SharedArrayBuffer. */
  readonly data: Data;
  readonly jobs: readonly Job[];
  readonly threads: number;
  /** The work itself, done in this thread where one thread is asked for. */
  readonly work: (data: Data, job: Job) => Result | Promise<Result>;
  readonly onDone?: (done: number, result: Result, index: number) => void;
}

/** Module beside `from`, with its ending: .ts in a checkout, .js in the published package. */
export function workerUrl(from: string, name: string): URL {
  return new URL(`${name}${from.slice(from.lastIndexOf('.'))}`, from);
}

type Shareable = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array;

/** The same values on memory that threads share; a copy where they are not on such. */
export function onSharedMemory<A extends Shareable>(values: A): A {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const copy = new (values.constructor as new (buffer: SharedArrayBuffer) => A)(
    new SharedArrayBuffer(values.byteLength),
  );
  copy.set(values);
  return copy;
}

/** Runs every job and gives back the results, [jobs]. The first error ends all threads and is thrown. */
export async function runJobs<Data, Job, Result>(options: PoolOptions<Data, Job, Result>): Promise<Result[]> {
  const { data, jobs, threads, work, onDone } = options;
  const results: Result[] = [];
  let done = 0;
  const finish = (index: number, result: Result) => {
    results[index] = result;
    onDone?.(++done, result, index);
  };
  if (threads <= 1 || jobs.length <= 1) {
    for (const [index, job] of jobs.entries()) {
      finish(index, await work(data, job));
      // lets a progress display draw between parts
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  }
  let next = 0;
  const workers = Array.from({ length: Math.min(threads, jobs.length) }, () => takeWorker(options.worker));
  try {
    await Promise.all(
      workers.map(async (worker) => {
        worker.postMessage({ data });
        while (next < jobs.length) {
          const index = next++;
          finish(index, await resultOf<Job, Result>(worker, jobs[index]));
        }
      }),
    );
  } catch (error) {
    // others may be amid a job: none of them is used again
    await Promise.all(workers.map((worker) => worker.terminate()));
    throw error;
  }
  for (const worker of workers) giveBack(options.worker, worker);
  return results;
}

/** Threads without work, by their module: the next run finds them started and their code compiled. */
const idle = new Map<string, Worker[]>();
/** A thread without work ends after this. */
const IDLE_MILLISECONDS = 10_000;

function takeWorker(url: URL): Worker {
  const worker = idle.get(url.href)?.pop() ?? new Worker(url);
  worker.ref();
  return worker;
}

function giveBack(url: URL, worker: Worker): void {
  const waiting = idle.get(url.href) ?? [];
  idle.set(url.href, waiting);
  waiting.push(worker);
  const leave = () => {
    const place = waiting.indexOf(worker);
    if (place >= 0) waiting.splice(place, 1);
    return place >= 0;
  };
  worker.postMessage({ data: undefined });
  worker.once('exit', leave);
  worker.unref();
  setTimeout(() => {
    if (leave()) void worker.terminate();
  }, IDLE_MILLISECONDS).unref();
}

/** Threads that each have work of their own, and do a job together. */
export interface Crew<Job, Result> {
  /** Has every thread do the job; their results, [threads]. The first error ends all threads and is thrown. */
  together(job: Job): Promise<Result[]>;
  /** Gives the threads back; nothing more where an error has ended them. */
  close(): void;
  /** Whether no error has ended them. */
  readonly whole: boolean;
}

/** Threads that stay with their data, one each, until they are given back. */
export function openCrew<Data, Job, Result>(worker: URL, data: readonly Data[]): Crew<Job, Result> {
  const workers = data.map((own) => {
    const taken = takeWorker(worker);
    taken.postMessage({ data: own });
    return taken;
  });
  let whole = true;
  return {
    async together(job) {
      if (!whole) throw new Error('the threads ended with an error before');
      try {
        return await Promise.all(workers.map((one) => resultOf<Job, Result>(one, job)));
      } catch (error) {
        whole = false;
        await Promise.all(workers.map((one) => one.terminate()));
        throw error;
      }
    },
    get whole() {
      return whole;
    },
    close() {
      if (whole) for (const one of workers) giveBack(worker, one);
    },
  };
}

/** The whole body of a worker's module: does each job that comes with the data that came before it. */
export function serveJobs<Data, Job, Result>(work: (data: Data, job: Job) => Result | Promise<Result>): void {
  let data: Data;
  parentPort?.on('message', async (message: { data: Data } | { job: Job }) => {
    if ('data' in message) {
      data = message.data;
      return;
    }
    try {
      parentPort?.postMessage({ result: await work(data, message.job) });
    } catch (error) {
      parentPort?.postMessage({ error: portable(error) });
    }
  });
}

/** An error as plain data: what a thread throws must still be a user's error on the other side. */
function portable(error: unknown) {
  if (error instanceof NadirError) {
    const { what, where, remedy, exitCode } = error;
    return { nadir: { what, where, remedy, exitCode } };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function revived(error: ReturnType<typeof portable>): Error {
  return error.nadir === undefined ? new Error(error.message) : new NadirError(error.nadir);
}

function resultOf<Job, Result>(worker: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = () => worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    const onMessage = (answer: { result: Result } | { error: ReturnType<typeof portable> }) => {
      settle();
      if ('error' in answer) reject(revived(answer.error));
      else resolve(answer.result);
    };
    const onError = (error: Error) => {
      settle();
      reject(error);
    };
    const onExit = (code: number) => onError(new Error(`a worker thread ended with code ${code}`));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage({ job });
  });
}
