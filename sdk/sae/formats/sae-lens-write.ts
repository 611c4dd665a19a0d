/**
 * Writes an autoencoder as a folder of sae-lens, which its `SAE.load_from_disk` reads: `cfg.json` and `sae_weights.safetensors`. The scale and the
 * mean of the data are folded into the weights, so that encode and decode there give the same activations and reconstructions from raw embeddings.
 */
import { NadirError } from '../../base/index.ts';
import { notesOf } from '../notes.ts';
import { formatSafeTensors } from '../safetensors.ts';
import type { SaeWeights } from '../weights.ts';
import { type RawWeights, toRaw, transposed } from './raw-weights.ts';
import { SAE_LENS_CFG } from './sae-lens-cfg.ts';
import { SAE_LENS_WEIGHTS } from './sae-lens-read.ts';
import { writeFilesTogether } from './write-folder.ts';

/** The sae-lens version whose layout this is; its reader goes by it. */
const LAYOUT = '6.0.0';

export interface SaeLensOptions {
  /** Writes architecture `topk` that keeps the k strongest latents of each row; without it the ReLU code, architecture `standard`. */
  readonly k?: number;
}

/**
 * Writes the folder; a model that keeps a fixed k is written as `topk` with that k, one with thresholds as `jumprelu`. The two files appear
 * together and whole (write-folder.ts). sae-lens has no projection onto x̂ ≥ 0: where ours projects, its reconstructions are those before it.
 */
export async function writeSaeLens(folder: string, sae: SaeWeights, options: SaeLensOptions = {}): Promise<void> {
  const { n, d, activation, levels, threshold } = sae;
  const k = options.k ?? (activation === 'topk' ? levels.at(-1) : undefined);
  const fail = (what: string, remedy: string) => new NadirError({ what, where: folder, remedy });
  if (k !== undefined && (!Number.isInteger(k) || k < 1 || k > n))
    throw fail(`k ${k} is not a whole number from 1 to ${n}`, 'Give another k');
  if (k !== undefined && threshold)
    throw fail(`sae-lens has no autoencoder with both thresholds and the ${k} strongest`, 'Write it as params .npz');
  const raw = toRaw(sae);
  for (const [name, values] of Object.entries(raw))
    if (typeof values !== 'number' && !values.every(Number.isFinite))
      throw fail(`${name} folded with scale ${sae.scale} leaves float32`, 'Train on embeddings of a usual size');
  const cfg = {
    ...(k !== undefined ? { architecture: 'topk', k, rescale_acts_by_decoder_norm: false } : {}),
    ...(k === undefined ? { architecture: threshold ? 'jumprelu' : 'standard' } : {}),
    ...{ d_in: d, d_sae: n, dtype: 'float32', device: 'cpu' },
    ...{ apply_b_dec_to_input: true, normalize_activations: 'none', reshape_activations: 'none' },
    metadata: { sae_lens_version: LAYOUT, sae_lens_training_version: LAYOUT },
  };
  await writeFilesTogether(folder, {
    [SAE_LENS_WEIGHTS]: formatSafeTensors(tensorsOf(raw, threshold), foldedNotesOf(sae)),
    [SAE_LENS_CFG]: `${JSON.stringify(cfg, null, 2)}\n`,
  });
}

function tensorsOf({ n, d, wEnc, bEnc, wDec, bDec }: RawWeights, threshold: Float32Array | undefined) {
  return {
    W_enc: { shape: [d, n], data: transposed(wEnc, n, d) },
    W_dec: { shape: [n, d], data: wDec },
    b_enc: { shape: [n], data: bEnc },
    b_dec: { shape: [d], data: bDec },
    ...(threshold && { threshold: { shape: [n], data: threshold } }),
  };
}

/** What the fold loses, for our own reader. */
function foldedNotesOf(sae: SaeWeights): Record<string, string> {
  const { buffer, byteOffset, byteLength } = sae.mean;
  return { ...notesOf(sae), mean: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}
