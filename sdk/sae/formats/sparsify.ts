/**
 * Reads a folder of EleutherAI's sparsify (eai-sparsify 1.3, formerly sae) or of latentsae 0.2: `cfg.json` and `sae.safetensors` with encoder.weight
 * [n, d], encoder.bias, W_dec and b_dec. z = the k strongest of ReLU((x − b_dec)·encoder.weightᵀ + encoder.bias), x̂ = z·W_dec + b_dec; latentsae
 * may take a mean of the data off first and has thresholds besides.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readBounded } from '../../base/index.ts';
import { parseSafeTensors } from '../safetensors.ts';
import { dictionarySize, embeddingLength, readCfg } from './cfg-file.ts';
import { type ForeignSae, foreignSae } from './foreign.ts';
import { fromRaw, transposed } from './raw-weights.ts';
import { MAX_WEIGHT_BYTES, TensorTable } from './tensor-table.ts';

export const SPARSIFY_WEIGHTS = 'sae.safetensors';
const REMEDY = 'Save the autoencoder again with its save_to_disk';
/** Options that make another function of it. */
const UNREAD_OPTIONS = ['transcode', 'skip_connection', 'use_skip', 'embed_skip', 'gram_lookup', 'signed'] as const;
/** latentsae kept at most so many times k of a JumpReLU code before it had an option for it. */
const JUMPRELU_K = 4;

const flag = z.boolean().nullish();
const cfgSchema = z.looseObject({
  d_in: embeddingLength,
  num_latents: z.int().min(0).default(0),
  expansion_factor: z.int().min(1).default(32),
  k: dictionarySize,
  activation: z.string().default('topk'),
  // latentsae writes the name of the enum's member, TOPK
  sae_type: z.string().toLowerCase().default('topk'),
  matryoshka_ks: z.string().nullish(),
  jumprelu_max_active: dictionarySize.nullish(),
  ...{ transcode: flag, skip_connection: flag, use_skip: flag, embed_skip: flag, gram_lookup: flag, signed: flag },
});
type Cfg = z.infer<typeof cfgSchema>;

/** Reads the folder; W_dec may lie [n, d] or [d, n], which its shape decides. */
export async function readSparsify(folder: string): Promise<ForeignSae> {
  const cfgPath = join(folder, 'cfg.json');
  const cfg = await readCfg(cfgPath, cfgSchema, REMEDY);
  const where = join(folder, SPARSIFY_WEIGHTS);
  const refuse = new TensorTable(
    new Map(),
    cfgPath,
    'Give an autoencoder of kind topk, batchtopk, matryoshka or jumprelu',
  );
  if (cfg.activation !== 'topk') throw refuse.fail(`activation ${cfg.activation} is not read`);
  const option = UNREAD_OPTIONS.find((name) => cfg[name]);
  if (option) throw refuse.fail(`option ${option} is not read`);
  const table = new TensorTable(
    parseSafeTensors(await readBounded(where, MAX_WEIGHT_BYTES), where).tensors,
    where,
    REMEDY,
  );
  const n = cfg.num_latents || cfg.d_in * cfg.expansion_factor;
  const d = cfg.d_in;
  const kept = keptLatents(cfg, table, n, refuse);
  if (kept.k > n) throw refuse.fail(`k ${kept.k} of ${n} latents`);
  table.refuseOthers(
    ['encoder.weight', 'encoder.bias', 'W_dec', 'b_dec', 'log_threshold', 'batchtopk_threshold', 'input_mean'],
    (name) => `tensor ${name} belongs to a kind that is not read`,
  );
  const [rows] = table.shape('W_dec', 2);
  const byLatent = rows === n;
  const raw = {
    ...{ n, d, wEnc: table.floats('encoder.weight', n, d), bEnc: table.floats('encoder.bias', n) },
    wDec: byLatent ? table.floats('W_dec', n, d) : transposed(table.floats('W_dec', d, n), d, n),
    bDec: table.floats('b_dec', d),
  };
  const weights = fromRaw(raw, { ...kept, biasOffInput: true });
  const mean = table.has('input_mean') ? table.floats('input_mean', d) : weights.mean;
  return foreignSae('sparsify', { ...weights, mean }, where);
}

/** How many latents are kept, and above what. */
function keptLatents(
  cfg: Cfg,
  table: TensorTable,
  n: number,
  refuse: TensorTable,
): { readonly k: number; readonly threshold?: Float32Array } {
  switch (cfg.sae_type) {
    case 'topk':
      return { k: cfg.k };
    case 'jumprelu':
      return {
        k: Math.min(n, cfg.jumprelu_max_active ?? JUMPRELU_K * cfg.k),
        threshold: table.floats('log_threshold', n).map(Math.exp),
      };
    case 'batchtopk':
      return { k: cfg.k, threshold: new Float32Array(n).fill(justBelow(table.scalar('batchtopk_threshold'))) };
    case 'matryoshka': {
      const k = Number(cfg.matryoshka_ks?.split(',').at(-1));
      if (!Number.isInteger(k) || k < 1)
        throw refuse.fail(`matryoshka_ks "${cfg.matryoshka_ks}" ends in no number of latents`);
      return { k };
    }
    default:
      throw refuse.fail(`kind ${cfg.sae_type} is not read`);
  }
}

/** The float32 before a value: "at least" becomes "above". */
function justBelow(value: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  if (bits.getFloat32(0) === 0) return -(2 ** -149);
  bits.setUint32(0, bits.getUint32(0) + (value > 0 ? -1 : 1));
  return bits.getFloat32(0);
}
