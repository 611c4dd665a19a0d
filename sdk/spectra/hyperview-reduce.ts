/** Patches of a HYPERVIEW folder reduced to mean spectra and singular values: a thread's share of the work. */
import { join } from 'node:path';
import { messageOf, NadirError, readBounded, sha256 } from '../base/index.ts';
import { MAX_PATCH_BYTES, parsePatch } from './hyperview-patch.ts';
import { PatchReducer } from './pixel-figures.ts';
import { SIGMAS } from './view.ts';

/** Figures of a patch besides its spectra. */
export const PATCH_FIGURES = ['height', 'width', 'pixels', 'maskShare'] as const;

/** Given to each thread once; arrays on shared memory, a row a patch. */
export interface ReduceData {
  readonly folder: string;
  readonly files: readonly string[];
  readonly bands: number;
  readonly scale: number;
  readonly skipBad: boolean;
  /** [n, bands] */
  readonly mean: Float64Array;
  /** [n, 5, bands], empty where no singular values are asked for. */
  readonly sigma: Float64Array;
  /** [n, 4] as PATCH_FIGURES. */
  readonly figures: Float64Array;
}

/** Rows from … up to `end`. */
export interface ReduceJob {
  readonly from: number;
  readonly end: number;
}

export interface ReduceResult {
  /** SHA-256 of each file; empty where it was skipped. */
  readonly hashes: readonly string[];
  readonly skipped: readonly { readonly row: number; readonly reason: string }[];
  /** Time in the pixels, without reading and inflating. */
  readonly seconds: number;
}

const reducer = new PatchReducer();

/** Reads and reduces the rows of a job into the shared arrays. A bad patch is an error, or with `skipBad` a line of the result. */
export async function reducePatches(data: ReduceData, { from, end }: ReduceJob): Promise<ReduceResult> {
  const hashes: string[] = [];
  const skipped: { row: number; reason: string }[] = [];
  let seconds = 0;
  for (let row = from; row < end; row++) {
    const path = join(data.folder, data.files[row]);
    try {
      const bytes = await readBounded(path, MAX_PATCH_BYTES);
      const patch = parsePatch(bytes, path, data.bands);
      const started = performance.now();
      const { mean, sigma, pixels, maskShare } = reducer.reduce(patch, path, {
        sigma: data.sigma.length > 0,
        scale: data.scale,
      });
      seconds += (performance.now() - started) / 1000;
      data.mean.set(mean, row * data.bands);
      if (sigma) data.sigma.set(sigma, row * SIGMAS * data.bands);
      data.figures.set([patch.height, patch.width, pixels, maskShare], row * PATCH_FIGURES.length);
      hashes.push(sha256(bytes));
    } catch (error) {
      if (!data.skipBad || !(error instanceof NadirError)) throw error;
      skipped.push({ row, reason: messageOf(error) });
      hashes.push('');
    }
  }
  return { hashes, skipped, seconds };
}
