/** A concept model folder made by hand, its embeddings, and images of them: small, seeded, with names that try the pages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'jpeg-js';
import { Random, VERSION, writeNpy } from '../../sdk/base/index.ts';
import type { NamedLatent } from '../../sdk/concepts/index.ts';
import { writeConceptModel, writeConceptNames } from '../../sdk/concepts/model.ts';
import { type SaeWeights, writeSae } from '../../sdk/sae/index.ts';

export const TINY = { d: 12, n: 40, rows: 240, k: 10 } as const;
/** A name that would be markup where it is not escaped, and would end a script. */
export const HOSTILE = '</script><b>"snow" & ice</b>';
/** Valid names by latent; 20 has one that is not valid. */
export const NAMES: ReadonlyMap<number, string> = new Map([
  [3, 'forest'],
  [7, 'Forest'],
  [5, 'river'],
  [9, 'cloud'],
  [11, 'lake, salt'],
  [12, HOSTILE],
]);
export const CLASSES = ['crop', 'town', 'water'];

/** Seeded weights: unit atoms, the encoder their transpose. */
export function tinyWeights(seed: number, n: number = TINY.n, d: number = TINY.d): SaeWeights {
  const random = new Random(seed);
  const wDec = Float32Array.from({ length: n * d }, () => random.normal());
  for (let latent = 0; latent < n; latent++) {
    const atom = wDec.subarray(latent * d, (latent + 1) * d);
    const norm = Math.hypot(...atom);
    for (let i = 0; i < d; i++) atom[i] /= norm;
  }
  return {
    ...{ activation: 'msae', levels: [TINY.k], n, d, wDec, wEnc: wDec.slice(), scale: 2, nonNegative: false },
    ...{ bPre: new Float32Array(d), bLat: new Float32Array(n).fill(-0.2), mean: new Float32Array(d).fill(0.1) },
  };
}

/** Writes the model; gives its weights. */
export async function writeTinyModel(folder: string, sae: SaeWeights = tinyWeights(1)): Promise<SaeWeights> {
  await writeSae(join(folder, 'sae.safetensors'), sae);
  const quality = { fvu: 0.1, cosine: 0.9, l0: 10, cknna: 0.5 };
  await writeConceptModel(folder, {
    ...{
      kind: 'concepts',
      version: VERSION,
      d: sae.d,
      n: sae.n,
      activation: 'msae',
      levels: [TINY.k],
      weighting: 'uw',
    },
    ...{
      data: { name: '<tiny>.npy', sha256: '0'.repeat(64), rows: TINY.rows },
      licence: 'CC0-1.0',
      seed: 1,
      options: {},
    },
    figures: { byK: [{ k: 8, ...quality }], full: quality, dead: 0, decoderOrthogonality: 0, rows: TINY.rows },
  });
  const named = Array.from({ length: sae.n }, (_, latent): NamedLatent => {
    const name = NAMES.get(latent);
    return { latent, name: name ?? 'mistaken', score: 0.5, margin: latent / 100, valid: name !== undefined };
  });
  await writeConceptNames(folder, { vocabulary: 'tiny', threshold: 0.4, falseDiscoveryRate: 0.05, named });
  return sae;
}

/** Writes embeddings.npy and files.txt, images in a folder of each class; gives the rows [rows, d] and their files. */
export async function writeTinyData(folder: string): Promise<{ data: Float32Array; files: string[] }> {
  const { d, rows } = TINY;
  const random = new Random(7);
  const data = Float32Array.from({ length: rows * d }, () => random.normal());
  const files = Array.from({ length: rows }, (_, row) => `${CLASSES[row % CLASSES.length]}/scene ${row}.jpg`);
  await writeNpy(join(folder, 'embeddings.npy'), { shape: [rows, d], data });
  await writeFile(join(folder, 'files.txt'), `${files.join('\n')}\n`);
  return { data, files };
}

/** Colour of a row's image. */
export function colourOf(row: number): readonly [number, number, number] {
  return [(row * 37) % 256, (row * 91) % 256, (row * 151) % 256];
}

/** Writes an image of one colour for each row. */
export async function writeTinyImages(folder: string, files: readonly string[]): Promise<void> {
  const edge = 64;
  for (const name of CLASSES) await mkdir(join(folder, name), { recursive: true });
  for (const [row, file] of files.entries()) {
    const [red, green, blue] = colourOf(row);
    const data = new Uint8Array(4 * edge * edge);
    for (let at = 0; at < data.length; at += 4) data.set([red, green, blue, 255], at);
    await writeFile(join(folder, file), encode({ width: edge, height: edge, data }, 90).data);
  }
}
