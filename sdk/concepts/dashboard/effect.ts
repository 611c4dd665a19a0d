/**
 * What a latent does to a linear classifier of the embeddings: adding its mean activation a moves x by a·w_dec/scale, and so the logit of class c by
 * a·(W_c·w_dec)/scale. Only differences between classes count in a softmax, so changes are taken from their mean over the classes.
 */
import type { SaeDecoder } from '../../sae/index.ts';

/** A linear classifier over embeddings. */
export interface LinearProbe {
  /** Names of the classes. */
  readonly names: readonly string[];
  /** [classes, d]. */
  readonly weights: Float64Array;
}

/** The class that a latent moves most, and by how many nats its log-odds change against the others. */
export interface Effect {
  readonly class: number;
  readonly change: number;
}

/** Effects of all latents at their mean activations [n]. */
export function effectsOn(
  probe: LinearProbe,
  { n, d, wDec, scale }: SaeDecoder,
  activations: ArrayLike<number>,
): Effect[] {
  const classes = probe.names.length;
  const changes = new Float64Array(classes);
  return Array.from({ length: n }, (_, latent) => {
    let mean = 0;
    for (let c = 0; c < classes; c++) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += probe.weights[c * d + i] * wDec[latent * d + i];
      changes[c] = (activations[latent] * dot) / scale;
      mean += changes[c] / classes;
    }
    let most = 0;
    for (let c = 1; c < classes; c++) if (Math.abs(changes[c] - mean) > Math.abs(changes[most] - mean)) most = c;
    return { class: most, change: changes[most] - mean };
  });
}
