/** Latents whose atoms point the same way: in one dictionary, or in that of another training. */
import { DenseProduct, type SaeDecoder } from '../../sae/index.ts';

/** Atoms that are compared with all others at once. */
const CHUNK_ATOMS = 256;

export interface Neighbour {
  readonly latent: number;
  readonly cosine: number;
}

/** The `count` atoms nearest to each by cosine, itself left out, nearest first; atoms [n, d] have norm 1. */
export function nearestAtoms(sae: SaeDecoder, count: number, threads: number): Promise<Neighbour[][]> {
  return nearest(sae, sae, count, threads, true);
}

/** How stable each latent is: the cosine of its atom and the nearest atom of another training on the same data, [n]. */
export async function stabilityOf(sae: SaeDecoder, other: SaeDecoder, threads: number): Promise<number[]> {
  return (await nearest(sae, other, 1, threads, false)).map(([{ cosine }]) => cosine);
}

async function nearest(
  { n, d, wDec }: SaeDecoder,
  other: SaeDecoder,
  count: number,
  threads: number,
  same: boolean,
): Promise<Neighbour[][]> {
  const result: Neighbour[][] = [];
  const dense = await DenseProduct.open(threads);
  try {
    for (let from = 0; from < n; from += CHUNK_ATOMS) {
      const cosines = await dense.multiply(wDec.subarray(from * d, (from + CHUNK_ATOMS) * d), other.wDec, d);
      for (let at = 0; at < cosines.length; at += other.n) {
        const own = same ? result.length : -1;
        result.push(largest(cosines.subarray(at, at + other.n), count, own));
      }
    }
  } finally {
    await dense.close();
  }
  return result;
}

/** The largest of some values, falling, ties by index. */
function largest(values: Float32Array, count: number, leftOut: number): Neighbour[] {
  const best: Neighbour[] = [];
  for (let latent = 0; latent < values.length; latent++) {
    const cosine = values[latent];
    if (latent === leftOut || (best.length === count && !(cosine > best[count - 1].cosine))) continue;
    let at = best.length;
    while (at > 0 && best[at - 1].cosine < cosine) at--;
    best.splice(at, 0, { latent, cosine });
    if (best.length > count) best.pop();
  }
  return best;
}
