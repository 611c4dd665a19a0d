/**
 * Codes of an autoencoder that another program trained, in that program's units: a latent's activation here and there is the same number. And
 * the same autoencoder in ours, with atoms of norm 1.
 */
import { NadirError } from '../../base/index.ts';
import { preActivations, type SparseCode, strongestLatents } from '../encode.ts';
import type { SaeWeights } from '../weights.ts';

/** Relative spread of norms that counts as none: float32 and float16 round. */
const EQUAL_NORMS = 1e-3;

/**
 * Codes of embeddings [rows, d], strongest latents first: those above their thresholds, and of them the `k` strongest, by default as many as the
 * model keeps. Throws NadirError where the values do not make whole rows.
 */
export function encodeRows(weights: SaeWeights, embeddings: Float32Array, k = keptLatents(weights)): SparseCode[] {
  const { d, n } = weights;
  if (embeddings.length % d !== 0) {
    const remedy = 'Give embeddings of the encoder that the autoencoder was trained on';
    throw new NadirError({ what: `${embeddings.length} values make no rows of ${d}`, where: 'embeddings', remedy });
  }
  const pre = new Float32Array(n);
  return Array.from({ length: embeddings.length / d }, (_, row) => {
    preActivations(weights, embeddings.subarray(row * d, (row + 1) * d), pre);
    return strongestLatents(pre, k);
  });
}

/** Most latents that a code of the model has: its k where it keeps a fixed number, else all. */
function keptLatents({ activation, levels, n }: SaeWeights): number {
  return activation === 'topk' ? (levels.at(-1) ?? n) : n;
}

/**
 * The same autoencoder with the rows of W_dec at norm 1, which is what ours have: activations, encoder rows, biases and thresholds take
 * their row's norm. A latent whose atom is 0 says nothing and falls silent. Throws NadirError where only the k strongest count and the norms
 * differ: there the order of latents, and so the code, would change. `where` names the model in errors.
 */
export function withUnitAtoms(weights: SaeWeights, where: string): SaeWeights {
  const norms = atomNorms(weights);
  const least = norms.reduce((a, b) => Math.min(a, b));
  const most = norms.reduce((a, b) => Math.max(a, b));
  if (weights.activation === 'topk' && most - least > EQUAL_NORMS * most) {
    const range = `${least.toPrecision(3)} to ${most.toPrecision(3)}`;
    throw new NadirError({
      what: `its ${weights.levels.at(-1)} strongest latents are picked among atoms of unequal norm (${range})`,
      where,
      remedy: 'Use its codes as they are',
    });
  }
  return scaleLatents(weights, norms);
}

/** Norm of each row of W_dec, [n]. */
export function atomNorms({ n, d, wDec }: Pick<SaeWeights, 'n' | 'd' | 'wDec'>): Float64Array {
  const norms = new Float64Array(n);
  for (let latent = 0; latent < n; latent++) {
    let sum = 0;
    for (let i = latent * d; i < (latent + 1) * d; i++) sum += wDec[i] * wDec[i];
    norms[latent] = Math.sqrt(sum);
  }
  return norms;
}

/** Multiplies each latent's activation by its factor [n] and divides its atom by it: reconstructions stay, activations change. */
export function scaleLatents(weights: SaeWeights, factors: Float64Array): SaeWeights {
  const { n, d, threshold } = weights;
  const wEnc = new Float32Array(n * d);
  const wDec = new Float32Array(n * d);
  for (let latent = 0; latent < n; latent++) {
    const factor = factors[latent];
    for (let i = latent * d; i < (latent + 1) * d; i++) {
      wEnc[i] = weights.wEnc[i] * factor;
      wDec[i] = factor === 0 ? 0 : weights.wDec[i] / factor;
    }
  }
  const scaled = (values: Float32Array) => values.map((value, latent) => value * factors[latent]);
  return { ...weights, wEnc, wDec, bLat: scaled(weights.bLat), ...(threshold && { threshold: scaled(threshold) }) };
}
