/** A thread that computes the features of a HYPERVIEW folder's patches. */
import { serveJobs } from '../base/index.ts';
import { featuresOfPatches } from './hyperview-features.ts';

serveJobs(featuresOfPatches);
