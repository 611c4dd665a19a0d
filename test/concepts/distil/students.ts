/** Students and encoders made up for tests, of any size and any bits. */
import { Random } from '../../../sdk/base/index.ts';
import type { Student } from '../../../sdk/concepts/index.ts';
import type { SaeWeights } from '../../../sdk/sae/index.ts';

/** A student of random numbers with `groups` of [bits, latents]. */
export function someStudent(d: number, groups: readonly (readonly [number, number])[], threshold = false): Student {
  const random = new Random(d);
  const bits = Uint8Array.from(groups.flatMap(([each, count]) => new Array<number>(count).fill(each)));
  const n = bits.length;
  const weights = new Int8Array(n * d);
  for (let i = 0; i < weights.length; i++) {
    const all = 2 ** Math.min(7, bits[Math.floor(i / d)]);
    weights[i] = random.below(all) - all / 2;
  }
  const numbers = (count: number, from: number, to: number) =>
    Float32Array.from({ length: count }, () => from + (to - from) * random.uniform());
  return {
    ...{ d, n, latents: Array.from(bits.keys()), bits, weights },
    ...{ low: numbers(d, -1, 1), perUnit: numbers(d, 20, 200), unit: numbers(n, 1e-4, 1e-3), bias: numbers(n, -1, 1) },
    ...(threshold && { threshold: numbers(n, 0, 2) }),
  };
}

/** Embeddings whose features vary together, by few factors and some noise. */
export function correlated(rows: number, d: number, seed: number): Float32Array {
  const [mixing, random] = [new Random(7), new Random(seed)];
  const factors = Math.ceil(d / 3);
  const mix = Float32Array.from({ length: factors * d }, () => mixing.normal());
  const data = new Float32Array(rows * d);
  for (let row = 0; row < rows; row++) {
    const amounts = Float32Array.from({ length: factors }, () => random.normal());
    for (let j = 0; j < d; j++) {
      let sum = 0.3 * random.normal();
      for (let f = 0; f < factors; f++) sum += (amounts[f] * mix[f * d + j]) / Math.sqrt(factors);
      data[row * d + j] = sum;
    }
  }
  return data;
}

/** An encoder of random directions of length 1, decoded by the same. */
export function randomSae(n: number, d: number): SaeWeights {
  const random = new Random(11);
  const wEnc = Float32Array.from({ length: n * d }, () => random.normal() / Math.sqrt(d));
  return {
    ...{ activation: 'msae', levels: [Math.min(64, n)], d, n, wEnc, wDec: wEnc, scale: 1, nonNegative: false },
    ...{ bLat: new Float32Array(n).fill(-0.5), bPre: new Float32Array(d), mean: new Float32Array(d) },
  };
}
