/** `sae.safetensors` of a concept model folder: the weights as float32, and in the metadata what else makes them usable. */
import { z } from 'zod';
import { NadirError, readBounded, toFloat32, writeFileAtomic } from '../base/index.ts';
import { formatSafeTensors, parseSafeTensors } from './safetensors.ts';
import { ACTIVATIONS, checkWeights, type SaeWeights } from './weights.ts';

const MAX_BYTES = 2 * 2 ** 30;

const metadataSchema = z.object({
  activation: z.enum(ACTIVATIONS),
  levels: z.string().regex(/^(\d+(,\d+)*)?$/),
  prefixes: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .optional(),
  s: z.coerce.number().positive(),
  nonNegative: z.enum(['true', 'false']),
});

/** Writes the weights; W_enc and W_dec both [n, d], and the threshold [n] of the kinds that have one. */
export async function writeSae(path: string, sae: SaeWeights): Promise<void> {
  const { d, n, wEnc, wDec, bPre, bLat, mean } = sae;
  const bytes = formatSafeTensors(
    {
      W_enc: { shape: [n, d], data: wEnc },
      W_dec: { shape: [n, d], data: wDec },
      b_pre: { shape: [d], data: bPre },
      b_lat: { shape: [n], data: bLat },
      mean: { shape: [d], data: mean },
      ...(sae.threshold && { threshold: { shape: [n], data: sae.threshold } }),
    },
    {
      activation: sae.activation,
      levels: sae.levels.join(','),
      ...(sae.prefixes && { prefixes: sae.prefixes.join(',') }),
      s: String(sae.scale),
      nonNegative: String(sae.nonNegative),
    },
  );
  await writeFileAtomic(path, bytes);
}

/** Reads and checks weights written by `writeSae`. */
export async function readSae(path: string): Promise<SaeWeights> {
  return parseSae(await readBounded(path, MAX_BYTES), path);
}

/** Parses the bytes of `sae.safetensors`; `where` names them in errors. */
export function parseSae(bytes: Uint8Array, where: string): SaeWeights {
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: 'Train the model again with nadir concepts train' });
  const { tensors, metadata } = parseSafeTensors(bytes, where);
  const notes = metadataSchema.safeParse(metadata);
  if (!notes.success)
    throw fail(`not a sparse autoencoder of ours: its metadata has no valid ${notes.error.issues[0].path}`);
  const shape = tensors.get('W_dec')?.shape ?? [];
  if (shape.length !== 2) throw fail('tensor W_dec [n, d] is missing');
  const [n, d] = shape;
  const get = (name: string, ...expected: number[]) => {
    const tensor = tensors.get(name);
    if (!tensor || String(tensor.shape) !== String(expected)) throw fail(`tensor ${name} [${expected}] is missing`);
    return toFloat32(tensor);
  };
  const sae: SaeWeights = {
    d,
    n,
    activation: notes.data.activation,
    levels: notes.data.levels === '' ? [] : notes.data.levels.split(',').map(Number),
    ...(notes.data.prefixes && { prefixes: notes.data.prefixes.split(',').map(Number) }),
    wEnc: get('W_enc', n, d),
    wDec: get('W_dec', n, d),
    bPre: get('b_pre', d),
    bLat: get('b_lat', n),
    mean: get('mean', d),
    scale: notes.data.s,
    nonNegative: notes.data.nonNegative === 'true',
    ...(tensors.has('threshold') && { threshold: get('threshold', n) }),
  };
  checkWeights(sae, where);
  return sae;
}
