/**
 * How much each latent's exactness matters. A code is a row's strongest latents, so an error changes it where it carries a pre-activation
 * across the cut between the last latent taken and the first one left. The number of such changes is, to first order, the density of the
 * latent's pre-activations at the cut times its mean error; a latent that is dropped changes every code that it was in.
 */
import { preActivationsOf, type SaeWeights, strongestLatents } from '../../sae/index.ts';
import { chunksOf } from './calibration.ts';

/** Latents that name a scene, and those that make its code: a change among the latter counts a quarter, as it moves the decoded embedding less. */
export const COMPARED = 16;
export const K = 64;
const CUTS = [
  { k: COMPARED, worth: 1 },
  { k: K, worth: 0.25 },
] as const;
/** Pre-activations this near the cut, as a share of it, tell the density there. */
const NEARBY = 0.25;
/** A row with fewer than k active latents has its cut at 0; a share of its strongest then stands for the cut. */
const SMALLEST_CUT = 1 / 32;
/** Mean of |error| over its standard deviation, where errors are normal. */
const MEAN_ERROR = Math.sqrt(2 / Math.PI);

export interface Contention {
  /** Mean changes of a row's code per unit of standard error in the latent's pre-activation, [n]. */
  readonly perError: Float64Array;
  /** Mean changes of a row's code if the latent is dropped, [n]; 0 where no code has it. */
  readonly ifDropped: Float64Array;
  /** Rows whose code has the latent, [n]. */
  readonly uses: Uint32Array;
}

/** A row's cut among pre-activations, and how near to it counts as near. */
export interface Cut {
  readonly at: number;
  readonly near: number;
}

/** The cut between the k-th and the next latent of one row of pre-activations; undefined where nothing is active. */
export function cutOf(strongest: Float32Array, k: number): Cut | undefined {
  if (strongest.length === 0) return undefined;
  const at = ((strongest[k - 1] ?? 0) + (strongest[k] ?? 0)) / 2;
  return { at, near: NEARBY * Math.max(at, SMALLEST_CUT * strongest[0]) };
}

/** Measures contention on embeddings [rows, d]. */
export async function measureContention(sae: SaeWeights, rows: Float32Array, threads: number): Promise<Contention> {
  const { d, n } = sae;
  const count = rows.length / d;
  const perError = new Float64Array(n);
  const ifDropped = new Float64Array(n);
  const uses = new Uint32Array(n);
  for (const chunk of chunksOf(rows, d)) {
    const pre = await preActivationsOf(sae, chunk, threads);
    for (let start = 0; start < pre.length; start += n) {
      const { latents, values } = strongestLatents(pre, K + 1, start, n);
      for (const latent of latents.subarray(0, K)) uses[latent]++;
      for (const { k, worth } of CUTS) {
        const cut = cutOf(values, k);
        if (!cut) continue;
        // one leaves, and another one comes in its place
        for (const latent of latents.subarray(0, k)) ifDropped[latent] += (2 * worth) / count;
        const density = (worth * MEAN_ERROR) / (2 * cut.near * count);
        for (let latent = 0; latent < n; latent++)
          if (Math.abs(pre[start + latent] - cut.at) < cut.near) perError[latent] += density;
      }
    }
  }
  return { perError, ifDropped, uses };
}
