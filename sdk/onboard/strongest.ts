/** Top-k selection of activations, in the order that the concept code wants: strongest first, ties by index. */
import type { ActiveConcepts } from '../link/index.ts';

/** The at most k largest of those activations [n] that are above 0. */
export function strongest(activations: Float32Array, k: number): ActiveConcepts {
  const latents = new Uint32Array(k);
  const values = new Float32Array(k);
  let count = 0;
  for (let latent = 0; latent < activations.length; latent++) {
    const value = activations[latent];
    if (!(value > 0) || (count === k && value <= values[k - 1])) continue;
    let at = count < k ? count++ : k - 1;
    for (; at > 0 && values[at - 1] < value; at--) {
      values[at] = values[at - 1];
      latents[at] = latents[at - 1];
    }
    values[at] = value;
    latents[at] = latent;
  }
  return { latents: latents.subarray(0, count), values: values.subarray(0, count) };
}
