/** Worker thread: grows trees. */
import { serveJobs } from '../base/pool.ts';
import { growTrees } from './grow-trees.ts';

serveJobs(growTrees);
