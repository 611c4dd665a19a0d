/** A world for tests of naming: kinds of scenes, each along a direction of its own, and a model with a latent a kind beside latents of no kind. */
import { Random } from '../../../sdk/base/index.ts';
import type { SaeWeights } from '../../../sdk/sae/index.ts';

export const WORLD = { d: 64, kinds: 12, latents: 48 } as const;
export const KIND_NAMES: readonly string[] = Array.from({ length: WORLD.kinds }, (_, kind) => `kind ${kind}`);

/** Unit directions of the kinds, [kinds, d]. */
export function kindDirections(): Float32Array {
  const random = new Random(3);
  const { d, kinds } = WORLD;
  const directions = Float32Array.from({ length: kinds * d }, () => random.normal());
  for (let kind = 0; kind < kinds; kind++) {
    const direction = directions.subarray(kind * d, (kind + 1) * d);
    const norm = Math.hypot(...direction);
    for (let i = 0; i < d; i++) direction[i] /= norm;
  }
  return directions;
}

/** Scenes [rows, d]; row i is of kind i mod 12. */
export function scenes(rows: number, seed: number): Float32Array {
  const random = new Random(seed);
  const { d, kinds } = WORLD;
  const directions = kindDirections();
  return Float32Array.from({ length: rows * d }, (_, at) => {
    const [row, i] = [Math.floor(at / d), at % d];
    return 1 + 6 * directions[(row % kinds) * d + i] + random.normal();
  });
}

/** The first twelve latents each fire on their kind; the others along random directions, on about one row in twenty. */
export function model(): SaeWeights {
  const { d, kinds, latents: n } = WORLD;
  const random = new Random(4);
  const wDec = new Float32Array(n * d);
  wDec.set(kindDirections());
  for (let latent = kinds; latent < n; latent++) {
    const atom = Float32Array.from({ length: d }, () => random.normal());
    const norm = Math.hypot(...atom);
    wDec.set(
      atom.map((value) => value / norm),
      latent * d,
    );
  }
  const bLat = Float32Array.from({ length: n }, (_, latent) => (latent < kinds ? -3 : -2.2));
  return {
    ...{ activation: 'msae', levels: [2, 8], n, d, wDec, wEnc: wDec.slice(), scale: 1, nonNegative: false, bLat },
    ...{ bPre: new Float32Array(d), mean: new Float32Array(d).fill(1) },
  };
}
