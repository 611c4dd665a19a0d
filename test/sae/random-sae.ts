import { Random } from '../../sdk/base/index.ts';
import type { SaeWeights } from '../../sdk/sae/index.ts';

/** A small autoencoder with random weights. */
export function randomSae(d: number, n: number, seed: number, nonNegative = false): SaeWeights {
  const random = new Random(seed);
  const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random.normal());
  return {
    ...{ d, n, activation: 'msae', levels: [2, 4], scale: 2.5, nonNegative },
    ...{ wEnc: draw(n * d, 0.4), wDec: draw(n * d, 0.4), bPre: draw(d, 0.1), bLat: draw(n, 0.1), mean: draw(d, 1) },
  };
}
