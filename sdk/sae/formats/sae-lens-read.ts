/** Reads an autoencoder's folder of sae-lens: `cfg.json` and `sae_weights.safetensors`. */
import { join } from 'node:path';
import { z } from 'zod';
import { readBounded } from '../../base/index.ts';
import { notesSchema } from '../notes.ts';
import { parseSafeTensors } from '../safetensors.ts';
import type { SaeWeights } from '../weights.ts';
import { type ForeignSae, foreignSae } from './foreign.ts';
import { atomNorms, scaleLatents } from './latents.ts';
import { fromRaw, type RawWeights, selection, transposed, unfoldRaw } from './raw-weights.ts';
import { readSaeLensCfg, SAE_LENS_REMEDY, type SaeLensCfg } from './sae-lens-cfg.ts';
import { MAX_WEIGHT_BYTES, TensorTable } from './tensor-table.ts';

export const SAE_LENS_WEIGHTS = 'sae_weights.safetensors';
const THRESHOLDS = ['threshold', 'log_threshold', 'topk_threshold'];
const SCALES = ['scaling_factor', 'finetuning_scaling_factor'];

/** What `writeSaeLens` notes in the weights' metadata, which sae-lens leaves aside. */
const foldedSchema = notesSchema.extend({ mean: z.base64() });

/** Reads the folder. Activations are sae-lens's own; written by us, scale, mean and levels come back too. */
export async function readSaeLens(folder: string): Promise<ForeignSae> {
  const cfg = await readSaeLensCfg(folder);
  const where = join(folder, SAE_LENS_WEIGHTS);
  const { tensors, metadata } = parseSafeTensors(await readBounded(where, MAX_WEIGHT_BYTES), where);
  const table = new TensorTable(tensors, where, SAE_LENS_REMEDY);
  table.refuseOthers(
    ['W_enc', 'b_enc', 'W_dec', 'b_dec', ...THRESHOLDS, ...SCALES],
    (name) => `tensor ${name} belongs to an architecture that is not read`,
  );
  const { n, d } = cfg;
  for (const name of SCALES)
    if (table.has(name) && table.floats(name, n).some((value) => Math.abs(value - 1) > 1e-6))
      throw table.fail(`tensor ${name} scales activations after training, which is not read`);
  const raw: RawWeights = {
    ...{ n, d, bEnc: table.floats('b_enc', n), wDec: table.floats('W_dec', n, d), bDec: table.floats('b_dec', d) },
    wEnc: transposed(table.floats('W_enc', d, n), d, n),
  };
  const threshold = thresholdOf(table, cfg);
  const weights = cfg.byDecoderNorm
    ? { ...scaledByNorm(raw, cfg), ...selection({ k: cfg.k, threshold }) }
    : saeWeights(raw, { ...cfg, threshold }, metadata);
  return foreignSae('sae-lens', weights, where);
}

/** Pre-activations that count times the norm of their atom are those of atoms of norm 1. */
function scaledByNorm(raw: RawWeights, cfg: SaeLensCfg): SaeWeights {
  const weights = fromRaw(raw, cfg);
  return scaleLatents(weights, atomNorms(weights));
}

function saeWeights(
  raw: RawWeights,
  options: Parameters<typeof fromRaw>[1],
  metadata: Readonly<Record<string, string>>,
): SaeWeights {
  const { k, biasOffInput, inputScale } = options;
  const notes = foldedSchema.safeParse(metadata);
  const mean = notes.success ? floatsOf(notes.data.mean) : new Float32Array();
  if (!notes.success || mean.length !== raw.d || !biasOffInput || inputScale !== 1) return fromRaw(raw, options);
  const { activation, levels, prefixes, s, nonNegative } = notes.data;
  const picked = selection(options);
  const ours = { activation, levels, ...(prefixes && { prefixes }) };
  return { ...unfoldRaw(raw, s, mean), ...picked, ...(k === undefined && ours), nonNegative };
}

function thresholdOf(table: TensorTable, { architecture, n }: SaeLensCfg): Float32Array | undefined {
  if (architecture === 'standard' || architecture === 'topk') return undefined;
  if (architecture !== 'jumprelu' && table.has('topk_threshold'))
    return new Float32Array(n).fill(table.scalar('topk_threshold'));
  if (!table.has('threshold') && table.has('log_threshold')) return table.floats('log_threshold', n).map(Math.exp);
  return table.floats('threshold', n);
}

function floatsOf(base64: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : new Float32Array();
}
