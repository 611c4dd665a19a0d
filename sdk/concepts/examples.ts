/** Scenes that show a concept best, kept in the model's folder for its report: the images themselves, since they are small. */
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, readBounded, writeFileAtomic } from '../base/index.ts';
import { preActivationsOf } from '../sae/index.ts';
import type { EmbeddingTable } from './embeddings.ts';
import type { ImageSet } from './images.ts';
import type { ConceptReader } from './reader.ts';

const FILE = 'examples.json';
const MAX_BYTES = 64 * 2 ** 20;
/** Concepts that are shown, the best named first, and scenes of each. */
const CONCEPTS = 36;
const SCENES = 6;
/** Larger images are not embedded. */
const MAX_IMAGE_BYTES = 64 * 2 ** 10;

const examplesSchema = z.array(
  z.object({
    latent: z.int(),
    scenes: z.array(z.object({ file: z.string(), activation: z.number(), jpeg: z.base64() })),
  }),
);

export type ConceptExamples = z.infer<typeof examplesSchema>;

/** Finds the scenes where each of the best named latents is strongest, one row an image, and writes them to the folder. */
export async function writeExamples(
  folder: string,
  reader: ConceptReader,
  table: EmbeddingTable,
  images: ImageSet,
  threads: number,
): Promise<ConceptExamples> {
  const { sae } = reader;
  const pre = await preActivationsOf(sae, table.data, threads);
  const examples: ConceptExamples = [];
  for (const latent of bestNamed(reader)) {
    const scenes: ConceptExamples[number]['scenes'] = [];
    const seen = new Set<string>();
    const rows = Array.from({ length: table.rows }, (_, row) => row);
    rows.sort((a, b) => pre[b * sae.n + latent] - pre[a * sae.n + latent] || a - b);
    for (const row of rows) {
      const file = table.files?.[row];
      if (scenes.length === SCENES || !(pre[row * sae.n + latent] > 0)) break;
      if (file === undefined || seen.has(file)) continue;
      seen.add(file);
      const bytes = await images.read(file);
      if (bytes.length > MAX_IMAGE_BYTES) continue;
      scenes.push({ file, activation: pre[row * sae.n + latent], jpeg: Buffer.from(bytes).toString('base64') });
    }
    if (scenes.length > 0) examples.push({ latent, scenes });
  }
  await writeFileAtomic(join(folder, FILE), canonicalJson(examples));
  return examples;
}

/** Examples of a folder; none where it has none. */
export async function readExamples(folder: string): Promise<ConceptExamples> {
  const bytes = await readBounded(join(folder, FILE), MAX_BYTES).catch(() => undefined);
  return bytes === undefined ? [] : examplesSchema.parse(JSON.parse(bytes.toString('utf8')));
}

/** Valid latents by falling score, taken word by word in turn so that every word is seen. */
function bestNamed({ names }: ConceptReader): number[] {
  const byWord = new Map<string, { latent: number; score: number }[]>();
  for (const named of names) if (named?.valid) byWord.set(named.name, [...(byWord.get(named.name) ?? []), named]);
  for (const latents of byWord.values()) latents.sort((a, b) => b.score - a.score);
  const words = [...byWord.values()].sort((a, b) => b[0].score - a[0].score);
  const longest = Math.max(0, ...words.map((latents) => latents.length));
  const turns = Array.from({ length: longest }, (_, turn) => words.flatMap((latents) => latents[turn]?.latent ?? []));
  return turns.flat().slice(0, CONCEPTS);
}
