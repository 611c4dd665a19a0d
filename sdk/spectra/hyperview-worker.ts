/** A thread that reduces patches of a HYPERVIEW folder. */
import { serveJobs } from '../base/index.ts';
import { reducePatches } from './hyperview-reduce.ts';

serveJobs(reducePatches);
