/** `sae.safetensors` of a concept model folder: the weights as float32, and in the metadata what else makes them usable. */
import { NadirError, readBounded, toFloat32, writeFileAtomic } from '../base/index.ts';
import { notesOf, notesSchema } from './notes.ts';
import { formatSafeTensors, parseSafeTensors } from './safetensors.ts';
import { checkWeights, type SaeWeights } from './weights.ts';

const MAX_BYTES = 2 * 2 ** 30;

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
    notesOf(sae),
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
  const notes = notesSchema.safeParse(metadata);
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
  const { activation, levels, prefixes, s: scale, nonNegative } = notes.data;
  const sae: SaeWeights = {
    ...{ d, n, activation, levels, ...(prefixes && { prefixes }) },
    wEnc: get('W_enc', n, d),
    wDec: get('W_dec', n, d),
    bPre: get('b_pre', d),
    bLat: get('b_lat', n),
    mean: get('mean', d),
    ...{ scale, nonNegative },
    ...(tensors.has('threshold') && { threshold: get('threshold', n) }),
  };
  checkWeights(sae, where);
  return sae;
}
