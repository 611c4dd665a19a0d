/**
 * The features of a HYPERVIEW folder's patches, from pixels to the file patch by patch: a thread holds one patch and the rows of one job,
 * whatever the number of patches.
 */
import { join } from 'node:path';
import { messageOf, NadirError, readBounded } from '../base/index.ts';
import { catalogue } from './catalogue.ts';
import { computeFeaturesExact, needsPixels, type SpectralFeature } from './feature.ts';
import { MAX_PATCH_BYTES, parsePatch, release } from './hyperview-patch.ts';
import type { ReduceJob } from './hyperview-reduce.ts';
import { writeRows } from './npy-rows.ts';
import { PatchReducer } from './pixel-figures.ts';

/** Given to each thread once. */
export interface FeatureData {
  readonly folder: string;
  readonly files: readonly string[];
  readonly bands: number;
  readonly groups: readonly string[];
  readonly scale: number;
  readonly skipBad: boolean;
  /** File that the rows are written to, see npy-rows.ts. */
  readonly partial: string;
  readonly mscReference?: Float64Array;
}

export interface FeatureResult {
  readonly skipped: readonly { readonly row: number; readonly reason: string }[];
  /** Time in pixels and features, without reading, inflating and writing. */
  readonly seconds: number;
}

const reducer = new PatchReducer();
let known: { readonly data: FeatureData; readonly features: readonly SpectralFeature[]; readonly sigma: boolean };

function featuresOf(data: FeatureData) {
  if (known?.data !== data) {
    const features = catalogue(data.bands, data.groups);
    known = { data, features, sigma: needsPixels(features) };
  }
  return known;
}

/** Computes the features of a job's patches and writes them at their rows. A bad patch is an error, or with `skipBad` a line of the result. */
export async function featuresOfPatches(data: FeatureData, { from, end }: ReduceJob): Promise<FeatureResult> {
  const { features, sigma } = featuresOf(data);
  const { bands, scale, mscReference } = data;
  const values = new Float64Array((end - from) * features.length);
  const skipped: { row: number; reason: string }[] = [];
  let seconds = 0;
  for (let row = from; row < end; row++) {
    const path = join(data.folder, data.files[row]);
    try {
      const bytes = await readBounded(path, MAX_PATCH_BYTES);
      const patch = parsePatch(bytes, path, bands);
      release(bytes);
      const started = performance.now();
      const { mean, sigma: sigmas } = reducer.reduce(patch, path, { sigma, scale });
      const input = { mean, ...(sigmas && { sigma: sigmas }), ...(mscReference && { mscReference }) };
      values.set(computeFeaturesExact(features, input, bands), (row - from) * features.length);
      release(patch.data);
      if (patch.mask) release(patch.mask);
      seconds += (performance.now() - started) / 1000;
    } catch (error) {
      if (!data.skipBad || !(error instanceof NadirError)) throw error;
      skipped.push({ row, reason: messageOf(error) });
    }
  }
  await writeRows(data.partial, from, features.length, values);
  return { skipped, seconds };
}
