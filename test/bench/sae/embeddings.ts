/**
 * Seeded rows that look to a sparse autoencoder as embeddings of images do: each is a sum of some of 2,048 directions, the first of them far more
 * often than the last, which lie in a space whose axes fade, with noise and a mean of its own. Nothing is downloaded; the same bytes everywhere.
 */
import { Random } from '../../../sdk/base/index.ts';

const DIRECTIONS = 2048;
const ACTIVE = 40;
/** Axis i has the power (1 + i/FADING)^−1. */
const FADING = 32;
const NOISE = 0.1;

/** [rows, d]. */
export function benchEmbeddings(rows: number, d: number, seed: number): Float32Array {
  const random = Random.of(seed, 'embeddings');
  const power = Float64Array.from({ length: d }, (_, i) => 1 / Math.sqrt(1 + i / FADING));
  const normals = (count: number) => Float64Array.from({ length: count * d }, (_, i) => power[i % d] * random.normal());
  const [mean, directions] = [normals(1), normals(DIRECTIONS)];
  const embeddings = new Float32Array(rows * d);
  const sum = new Float64Array(d);
  for (let row = 0; row < rows; row++) {
    sum.set(mean);
    for (let i = 0; i < ACTIVE; i++) {
      // density falls as the square root does: a few directions are everywhere, most are rare
      const from = Math.floor(DIRECTIONS * random.uniform() ** 2) * d;
      const strength = Math.abs(random.normal()) / Math.sqrt(ACTIVE);
      for (let j = 0; j < d; j++) sum[j] += strength * directions[from + j];
    }
    for (let j = 0; j < d; j++) embeddings[row * d + j] = sum[j] + NOISE * power[j] * random.normal();
  }
  return embeddings;
}
