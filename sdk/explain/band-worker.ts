/** Worker thread of band selection. */
import { serveJobs } from '../base/index.ts';
import { fitBands } from './band-fits.ts';

serveJobs(fitBands);
