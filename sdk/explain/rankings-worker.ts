/** Worker thread of the comparison of rankings. */
import { serveJobs } from '../base/index.ts';
import { rankFold } from './rankings-fits.ts';

serveJobs(rankFold);
