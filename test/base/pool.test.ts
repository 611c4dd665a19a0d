import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openCrew, runJobs, workerUrl } from '../../sdk/base/index.ts';
import { type Answer, multiply } from './pool-worker.ts';

const worker = workerUrl(import.meta.url, './pool-worker');
const run = (factor: number, jobs: readonly number[], threads: number) =>
  runJobs({ worker, data: { factor }, jobs, threads, work: multiply });

test('results come in the order of the jobs, on one thread or three', async () => {
  const jobs = [5, 0, 3, 9, 1, 7];
  for (const threads of [1, 3]) {
    const answers = await run(2, jobs, threads);
    expect(answers.map(({ product }) => product)).toEqual(jobs.map((job) => 2 * job));
    expect(answers.every(({ thread }) => (thread === threadId) === (threads === 1))).toBe(true);
  }
});

test('threads are kept for the next run, which has its own data', async () => {
  const first = await run(2, [1, 2, 3, 4], 2);
  const second = await run(10, [1, 2, 3, 4], 2);
  expect(second.map(({ product }) => product)).toEqual([10, 20, 30, 40]);
  const known = new Set(first.map(({ thread }) => thread));
  expect(second.some(({ thread }) => known.has(thread))).toBe(true);
});

test("a user's error in a thread is a user's error here, and the next run works", async () => {
  await expect(run(2, [1, -1, 2, 3], 2)).rejects.toMatchObject({
    name: 'NadirError',
    where: 'job',
    remedy: 'Give numbers from 0',
    message: expect.stringContaining('-1 is negative'),
  });
  expect((await run(3, [1, 2], 2)).map(({ product }) => product)).toEqual([3, 6]);
});

test('a crew does each job together, every thread with data of its own, until an error ends it', async () => {
  const crew = openCrew<{ factor: number }, number, Answer>(worker, [{ factor: 2 }, { factor: 3 }, { factor: 5 }]);
  const first = await crew.together(7);
  const second = await crew.together(10);
  expect(first.map(({ product }) => product)).toEqual([14, 21, 35]);
  expect(second.map(({ product }) => product)).toEqual([20, 30, 50]);
  expect(second.map(({ thread }) => thread)).toEqual(first.map(({ thread }) => thread));
  expect(new Set(first.map(({ thread }) => thread)).size).toBe(3);
  await expect(crew.together(-1)).rejects.toMatchObject({ name: 'NadirError', where: 'job' });
  expect(crew.whole).toBe(false);
  await expect(crew.together(1)).rejects.toThrow('the threads ended');
  crew.close();
});
