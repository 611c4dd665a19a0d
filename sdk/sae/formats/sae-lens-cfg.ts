/**
 * `cfg.json` of sae-lens (github.com/decoderesearch/SAELens), versions 3 to 6: which latents are picked and how the input is treated. BatchTopK
 * and Matryoshka autoencoders are saved as `jumprelu` when training ends; their training checkpoints are read too.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { NadirError } from '../../base/index.ts';
import { dictionarySize, embeddingLength, readCfg } from './cfg-file.ts';

export const SAE_LENS_CFG = 'cfg.json';
export const SAE_LENS_REMEDY = "Save the autoencoder again with sae-lens's save_inference_model";

const ARCHITECTURES = ['standard', 'topk', 'jumprelu', 'batchtopk', 'matryoshka_batchtopk'] as const;
type Architecture = (typeof ARCHITECTURES)[number];

const cfgSchema = z.looseObject({
  architecture: z.string().default('standard'),
  d_in: embeddingLength,
  d_sae: dictionarySize,
  apply_b_dec_to_input: z.boolean().default(true),
  normalize_activations: z.union([z.string(), z.boolean()]).nullish(),
  k: z.number().positive().nullish(),
  rescale_acts_by_decoder_norm: z.boolean().default(false),
  // before version 6 the k strongest were a kind of activation function
  activation_fn: z.string().nullish(),
  activation_fn_str: z.string().nullish(),
  activation_fn_kwargs: z.looseObject({ k: z.number().nullish() }).nullish(),
});

const scalerSchema = z.looseObject({ scaling_factor: z.number().positive().nullish() });

/** What the configuration says, understood. */
export interface SaeLensCfg {
  readonly architecture: Architecture;
  readonly d: number;
  readonly n: number;
  /** Set where the k strongest of each row are kept. */
  readonly k?: number;
  readonly biasOffInput: boolean;
  /** Pre-activations count times the norm of their row of W_dec. */
  readonly byDecoderNorm: boolean;
  /** What the input is multiplied by. */
  readonly inputScale: number;
}

/** Reads `cfg.json` of a folder, and the scale of activations beside it where the configuration asks for one. */
export async function readSaeLensCfg(folder: string): Promise<SaeLensCfg> {
  const where = join(folder, SAE_LENS_CFG);
  const cfg = await readCfg(where, cfgSchema, SAE_LENS_REMEDY);
  const fail = (what: string, remedy = SAE_LENS_REMEDY) => new NadirError({ what, where, remedy });
  const activation = cfg.activation_fn_str ?? cfg.activation_fn ?? 'relu';
  const oldTopK = cfg.architecture === 'standard' && activation === 'topk';
  const architecture = ARCHITECTURES.find((known) => known === (oldTopK ? 'topk' : cfg.architecture));
  if (!architecture)
    throw fail(
      `architecture ${cfg.architecture} is not read`,
      `Give one of architecture ${ARCHITECTURES.join(', ')}; others need their own program`,
    );
  if (activation !== 'relu' && activation !== 'topk') throw fail(`activation function ${activation} is not read`);
  const inputScale = await inputScaleOf(cfg.normalize_activations, folder, fail);
  const { d_in: d, d_sae: n } = cfg;
  const base = {
    ...{ architecture, d, n, inputScale },
    biasOffInput: cfg.apply_b_dec_to_input,
    byDecoderNorm: cfg.rescale_acts_by_decoder_norm,
  };
  if (architecture !== 'topk') return base;
  const k = cfg.k ?? cfg.activation_fn_kwargs?.k;
  if (typeof k !== 'number' || !Number.isInteger(k) || k < 1 || k > n)
    throw fail(`k ${k} is not a whole number from 1 to d_sae ${n}`);
  return { ...base, k };
}

async function inputScaleOf(
  normalize: string | boolean | null | undefined,
  folder: string,
  fail: (what: string, remedy?: string) => NadirError,
): Promise<number> {
  if (normalize === undefined || normalize === null || normalize === false || normalize === 'none') return 1;
  const fold = 'Fold it with fold_activation_norm_scaling_factor in sae-lens and save again';
  if (normalize !== true && normalize !== 'expected_average_only_in')
    throw fail(
      `normalize_activations ${normalize} depends on each input and is not read`,
      'Give a model trained without it',
    );
  const scaler = await readCfg(join(folder, 'activation_scaler.json'), scalerSchema, fold).catch((cause: unknown) => {
    throw cause instanceof NadirError && cause.what !== 'cannot read file'
      ? cause
      : fail('normalize_activations expected_average_only_in needs the activation_scaler.json of its training', fold);
  });
  if (!scaler.scaling_factor) throw fail('activation_scaler.json beside it has no scaling_factor', fold);
  return scaler.scaling_factor;
}
