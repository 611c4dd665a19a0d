/** Worker thread of an audit: is given the data once, then a refit at a time. */
import { serveJobs } from '../../base/index.ts';
import { refit } from './refit.ts';

serveJobs(refit);
