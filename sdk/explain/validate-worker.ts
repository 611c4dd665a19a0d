/** Worker thread of validation. */
import { serveJobs } from '../base/index.ts';
import { runTrial } from './validate.ts';

serveJobs(runTrial);
