/** Embeddings made up for tests: kinds of scenes as non-negative directions of their own, mixed with noise. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, writeFileAtomic, writeNpy } from '../../sdk/base/index.ts';

export const D = 48;
export const KINDS = ['forest', 'water', 'town', 'field'];

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nadir-concepts-'));
}

/** Mean embedding of each kind, [kinds, D]. */
export function kindVectors(): Float32Array {
  const random = new Random(21);
  return Float32Array.from({ length: KINDS.length * D }, () => Math.max(0, random.normal()));
}

/** Rows of the kinds in turn. */
export function someEmbeddings(rows: number, seed: number): Float32Array {
  const random = new Random(seed);
  const kinds = kindVectors();
  const noise = Float32Array.from({ length: 8 * D }, () => random.normal());
  const data = new Float32Array(rows * D);
  for (let row = 0; row < rows; row++) {
    const strength = 1 + random.uniform();
    const amounts = Array.from({ length: 8 }, () => 0.3 * random.normal());
    for (let i = 0; i < D; i++) {
      const shared = amounts.reduce((sum, amount, part) => sum + amount * noise[part * D + i], 0);
      const kind = kinds[(row % KINDS.length) * D + i];
      data[row * D + i] = Math.max(0, strength * kind + 0.5 * shared + 0.1 * random.normal());
    }
  }
  return data;
}

/** Writes embeddings and a vocabulary of the kinds; gives the paths. */
export async function writeScenes(folder: string) {
  const paths = {
    train: join(folder, 'train.npy'),
    holdout: join(folder, 'holdout.npy'),
    vocabulary: join(folder, 'kinds.txt'),
    vectors: join(folder, 'kinds.npy'),
  };
  await writeNpy(paths.train, { shape: [600, D], data: someEmbeddings(600, 1) });
  await writeNpy(paths.holdout, { shape: [80, D], data: someEmbeddings(80, 2) });
  await writeFileAtomic(paths.vocabulary, `${KINDS.join('\n')}\n`);
  await writeNpy(paths.vectors, { shape: [KINDS.length, D], data: Float16Array.from(kindVectors()) });
  return paths;
}
