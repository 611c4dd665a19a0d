/** A thread of a training. */
import { serveJobs } from '../../base/index.ts';
import { Rank, type RankData, type RankJob } from './rank.ts';

const ranks = new WeakMap<RankData, Rank>();

serveJobs(async (data: RankData, job: RankJob) => {
  const rank = ranks.get(data) ?? new Rank(data);
  ranks.set(data, rank);
  await rank.work(job);
});
