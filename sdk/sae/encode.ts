/** Evaluates a sparse autoencoder's encoder in plain TypeScript: pre-activations, and the strongest latents in their order. */

/** What encoding needs of the weights (weights.ts says what they mean). */
export interface Encoder {
  readonly d: number;
  readonly n: number;
  /** [n, d]. */
  readonly wEnc: Float32Array;
  readonly bLat: Float32Array;
  readonly bPre: Float32Array;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly threshold?: Float32Array;
}

/** A sparse code: the active latents of one embedding, strongest first. */
export interface SparseCode {
  readonly latents: Uint32Array;
  readonly values: Float32Array;
}

/** Pre-activations [rows, n] of embeddings [rows, d], summed in float64; those not above their latent's threshold, where it has one, are 0. */
export function preActivations(
  encoder: Encoder,
  embeddings: Float32Array,
  into = new Float32Array((embeddings.length / encoder.d) * encoder.n),
): Float32Array {
  const { d, n, wEnc, bLat, bPre, mean, scale, threshold } = encoder;
  const rows = embeddings.length / d;
  const centred = new Float64Array(d);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < d; i++) centred[i] = (embeddings[row * d + i] - mean[i]) * scale - bPre[i];
    for (let latent = 0; latent < n; latent++) {
      let sum = bLat[latent];
      for (let i = 0, at = latent * d; i < d; i++) sum += centred[i] * wEnc[at + i];
      into[row * n + latent] = sum;
      if (threshold && !(into[row * n + latent] > threshold[latent])) into[row * n + latent] = 0;
    }
  }
  return into;
}

/** The at most k largest activations above 0 of one row, strongest first, ties by index. */
export function strongestLatents(pre: Float32Array, k: number, start = 0, n = pre.length): SparseCode {
  const latents = new Uint32Array(Math.min(k, n));
  const values = new Float32Array(latents.length);
  if (latents.length === 0) return { latents, values };
  // a heap of the k best so far with the weakest on top: O(n + hits·log k) where k is large
  let count = 0;
  const weaker = (a: number, b: number) =>
    values[a] < values[b] || (values[a] === values[b] && latents[a] > latents[b]);
  const swap = (a: number, b: number) => {
    const [value, latent] = [values[a], latents[a]];
    values[a] = values[b];
    latents[a] = latents[b];
    values[b] = value;
    latents[b] = latent;
  };
  const sink = (from: number, size: number) => {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < size && weaker(child, least)) least = child;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  for (let latent = 0; latent < n; latent++) {
    const value = pre[start + latent];
    if (!(value > 0)) continue;
    if (count < latents.length) {
      values[count] = value;
      latents[count] = latent;
      count++;
      if (count === latents.length) for (let at = count >> 1; at >= 0; at--) sink(at, count);
    } else if (value > values[0]) {
      values[0] = value;
      latents[0] = latent;
      sink(0, count);
    }
  }
  if (count < latents.length) for (let at = count >> 1; at >= 0; at--) sink(at, count);
  // heap sort: the weakest goes to the end
  for (let size = count - 1; size > 0; size--) {
    swap(0, size);
    sink(0, size);
  }
  return { latents: latents.subarray(0, count), values: values.subarray(0, count) };
}
