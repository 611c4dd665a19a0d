/** Worker of shapValuesThreads: explains a range of rows into the shared result. */
import { serveJobs } from '../base/index.ts';
import { explainRange } from './shap-threads.ts';

serveJobs(explainRange);
