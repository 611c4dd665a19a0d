/** A concept model folder as the ground uses it: the valid name and the direction of each latent that a code can hold. */
import { readGroundConcepts } from '../concepts/reader.ts';
import { decodeCode } from '../sae/decode.ts';
import type { ConceptReader } from './scenes.ts';

/** Opens a distilled concept model folder. Throws a NadirError for any other. */
export async function openConceptReader(dir: string): Promise<ConceptReader> {
  const { decoder, names } = await readGroundConcepts(dir);
  return {
    latentCount: decoder.n,
    nameOf: (latent) => names[latent],
    embed: ({ latents, values }) => decodeCode(decoder, latents, values),
  };
}
