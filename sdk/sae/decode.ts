/** From a sparse code back to an embedding in the original space. Any prefix of a code decodes. */
import type { SaeDecoder } from './weights.ts';

/** x̂ [d] of one code: (Σ value·W_dec[latent] + bPre)/scale + mean, projected onto x̂ ≥ 0 where the decoder says so. */
export function decodeCode(
  decoder: SaeDecoder,
  latents: ArrayLike<number>,
  values: ArrayLike<number>,
  into: Float32Array = new Float32Array(decoder.d),
): Float32Array {
  const { d, n, wDec, bPre, mean, scale, nonNegative } = decoder;
  into.set(bPre);
  for (let i = 0; i < latents.length; i++) {
    const value = values[i];
    const latent = latents[i];
    if (latent >= n) throw new RangeError(`latent ${latent} of ${n}`);
    for (let j = 0, at = latent * d; j < d; j++) into[j] += value * wDec[at + j];
  }
  for (let j = 0; j < d; j++) {
    into[j] = into[j] / scale + mean[j];
    if (nonNegative && into[j] < 0) into[j] = 0;
  }
  return into;
}
