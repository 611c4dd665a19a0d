/** Reads a trained concept model for use: its decoder and names, by the teacher's latents and by the student's, which the link carries. */
import { join } from 'node:path';
import { NadirError } from '../base/index.ts';
import { readSae } from '../sae/sae-file.ts';
import type { SaeDecoder, SaeWeights } from '../sae/weights.ts';
import { type ConceptModel, type NamedLatent, readConceptModel, readConceptNames } from './model.ts';

export interface ConceptReader {
  readonly model: ConceptModel;
  readonly sae: SaeWeights;
  /** Best name of each of the teacher's latents; undefined where it has none. */
  readonly names: readonly (NamedLatent | undefined)[];
}

/** What the ground needs: latents are the student's, as they are in a concept code. */
export interface GroundConcepts {
  readonly model: ConceptModel;
  readonly decoder: SaeDecoder;
  /** Name of each of the student's latents where it is valid. */
  readonly names: readonly (string | undefined)[];
}

/** Reads a concept model folder. A folder without names gives none. */
export async function readConcepts(folder: string): Promise<ConceptReader> {
  const model = await readConceptModel(folder);
  const sae = await readSae(join(folder, 'sae.safetensors'));
  if (sae.n !== model.n || sae.d !== model.d) {
    throw new NadirError({
      what: `weights of ${sae.n} × ${sae.d} beside a model.json of ${model.n} × ${model.d}`,
      where: folder,
      remedy: 'Train the model again with nadir concepts train',
    });
  }
  return { model, sae, names: await namesOf(folder, model.n) };
}

/** Reads what turns the student's codes back into names and embeddings. Throws NadirError for a model that is not distilled. */
export async function readGroundConcepts(folder: string): Promise<GroundConcepts> {
  const { model, sae, names } = await readConcepts(folder);
  if (!model.student) {
    const remedy = 'Distil it with nadir concepts distill';
    throw new NadirError({ what: 'the concept model has no student', where: folder, remedy });
  }
  const { latents } = model.student;
  const stray = latents.find((latent) => latent >= sae.n);
  if (stray !== undefined) {
    const remedy = 'Distil it again with nadir concepts distill';
    throw new NadirError({ what: `the student names latent ${stray} of ${sae.n}`, where: folder, remedy });
  }
  return {
    model,
    decoder: decoderOfLatents(sae, latents),
    names: latents.map((latent) => (names[latent]?.valid ? names[latent].name : undefined)),
  };
}

/** The decoder over some latents only, in the given order. */
function decoderOfLatents(decoder: SaeDecoder, latents: readonly number[]): SaeDecoder {
  const { d, bPre, mean, scale, nonNegative } = decoder;
  const wDec = new Float32Array(latents.length * d);
  latents.forEach((latent, i) => {
    wDec.set(decoder.wDec.subarray(latent * d, (latent + 1) * d), i * d);
  });
  return { d, n: latents.length, wDec, bPre, mean, scale, nonNegative };
}

async function namesOf(folder: string, n: number): Promise<(NamedLatent | undefined)[]> {
  const names = new Array<NamedLatent | undefined>(n).fill(undefined);
  const file = await readConceptNames(folder).catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  });
  for (const named of file?.named ?? []) if (named.latent < n) names[named.latent] = named;
  return names;
}

function isMissing(thrown: unknown): boolean {
  return (
    thrown instanceof NadirError &&
    thrown.cause instanceof Error &&
    'code' in thrown.cause &&
    thrown.cause.code === 'ENOENT'
  );
}
