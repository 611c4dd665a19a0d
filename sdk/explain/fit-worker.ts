/** Worker thread of cross-validation. */
import { serveJobs } from '../base/index.ts';
import { fitFold } from './fits.ts';

serveJobs(fitFold);
