/**
 * A sparse autoencoder's weights and what they mean (Zaigrajew, Baniecki & Biecek, ICML 2025, arXiv 2502.20578):
 * x' = (x − mean)·scale, pre = (x' − bPre)·W_encᵀ + bLat, z = activation(pre), x̂' = z·W_dec + bPre, x̂ = x̂'/scale + mean.
 */
import { NadirError } from '../base/index.ts';

/**
 * How latents are picked: `msae` and `topk` keep the k largest pre-activations (then ReLU), `relu` keeps all above 0; `batchtopk`,
 * `prefix` (BatchTopK over nested prefixes of the dictionary) and `jumprelu` keep those above their latent's threshold.
 */
export const ACTIVATIONS = ['msae', 'topk', 'relu', 'batchtopk', 'jumprelu', 'prefix'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** What turns a code back into an embedding. */
export interface SaeDecoder {
  /** Length of an embedding. */
  readonly d: number;
  /** Latents. */
  readonly n: number;
  /** [n, d], rows of norm 1. */
  readonly wDec: Float32Array;
  /** [d]. */
  readonly bPre: Float32Array;
  /** Mean of the training embeddings, [d]. */
  readonly mean: Float32Array;
  /** Brings the mean norm of x − mean to √d. */
  readonly scale: number;
  /**
   * True where no training embedding had a value below 0, as after a ReLU: decoding then projects x̂ onto x̂ ≥ 0. A projection onto a
   * convex set that holds x never takes x̂ further from it.
   */
  readonly nonNegative: boolean;
}

/** A whole sparse autoencoder. */
export interface SaeWeights extends SaeDecoder {
  readonly activation: Activation;
  /** Numbers of latents kept at each level, rising; for `batchtopk` and `prefix` kept on average; empty for `relu` and `jumprelu`. */
  readonly levels: readonly number[];
  /** Sizes of the nested dictionaries of `prefix`, rising to n: the first so many latents are an autoencoder of their own. */
  readonly prefixes?: readonly number[];
  /** [n, d]: row j is the encoder direction of latent j. */
  readonly wEnc: Float32Array;
  /** [n]. */
  readonly bLat: Float32Array;
  /** [n], not negative: a latent is active where its pre-activation is above its threshold. Absent: above 0. */
  readonly threshold?: Float32Array;
}

/** Checks that all lengths agree and all numbers are finite; `where` names the model in errors. */
export function checkWeights(sae: SaeWeights, where: string): void {
  const fail = (what: string) => new NadirError({ what, where, remedy: 'Train the model again or check its source' });
  const { n, d } = sae;
  const lengths = { wEnc: n * d, wDec: n * d, bPre: d, bLat: n, mean: d } as const;
  for (const [name, length] of Object.entries(lengths) as [keyof typeof lengths, number][]) {
    if (sae[name].length !== length) throw fail(`${name} holds ${sae[name].length} values where ${length} belong`);
    if (!sae[name].every(Number.isFinite)) throw fail(`${name} holds values that are not finite`);
  }
  if (sae.threshold) {
    if (sae.threshold.length !== n) throw fail(`threshold holds ${sae.threshold.length} values where ${n} belong`);
    if (!sae.threshold.every((value) => value >= 0 && Number.isFinite(value)))
      throw fail('threshold holds values that are not finite numbers from 0');
  }
  const { prefixes } = sae;
  if (
    prefixes &&
    (prefixes.at(-1) !== n || prefixes.some((m, i) => !Number.isInteger(m) || m <= (prefixes[i - 1] ?? 0)))
  )
    throw fail(`prefixes ${prefixes.join(',')} do not rise to ${n}`);
  if (!(sae.scale > 0 && Number.isFinite(sae.scale))) throw fail(`scale ${sae.scale} is not a number above 0`);
  if (sae.levels.some((k, i) => !Number.isInteger(k) || k < 1 || k > n || (i > 0 && k <= sae.levels[i - 1])))
    throw fail(`levels ${sae.levels.join(',')} do not rise from 1 to at most ${n}`);
}
