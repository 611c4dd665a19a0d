/** The worker of pool.test.ts. */
import { threadId } from 'node:worker_threads';
import { NadirError, serveJobs } from '../../sdk/base/index.ts';

export interface Answer {
  readonly product: number;
  readonly thread: number;
}

export function multiply({ factor }: { factor: number }, job: number): Answer {
  if (job < 0) throw new NadirError({ what: `${job} is negative`, where: 'job', remedy: 'Give numbers from 0' });
  return { product: factor * job, thread: threadId };
}

serveJobs(multiply);
