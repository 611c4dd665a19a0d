/**
 * `model.json` of a concept model folder: what the model is, from what data by hash, with which seed and options, its measured figures, and
 * its student once there is one. Beside it lie sae.safetensors, activity.npy, sample.npy, and after naming and distilling names.json,
 * student.onnx and holdout.npz.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, NadirError, readBounded, writeFileAtomic } from '../base/index.ts';
import { ACTIVATIONS } from '../sae/weights.ts';

const MAX_JSON_BYTES = 64 * 2 ** 20;
const RETRAIN = 'Train the model again with nadir concepts train';

const sizeSchema = z.object({
  /** Times smaller than the teacher's encoder: as asked for, and as it is. */
  asked: z.number(),
  ratio: z.number(),
  bytes: z.int(),
  latents: z.int(),
  meanBits: z.number(),
  jaccard16: z.number(),
  cosineLoss: z.number(),
});

const studentSchema = z.object({
  /** Teacher's latent of each of the student's. */
  latents: z.array(z.int().min(0)).min(1),
  /** Strongest latents that make a scene's code. */
  k: z.int().min(1),
  jaccard16: z.number(),
  cosineLoss: z.number(),
  bytes: z.int(),
  /** What students of several sizes are worth, the largest first, this one among them. */
  table: z.array(sizeSchema).optional(),
});

const modelSchema = z.object({
  kind: z.literal('concepts'),
  version: z.string(),
  d: z.int().min(1).max(65536),
  n: z
    .int()
    .min(1)
    .max(2 ** 22),
  activation: z.enum(ACTIVATIONS),
  levels: z.array(z.int().min(1)),
  weighting: z.enum(['uw', 'rw']),
  data: z.object({ name: z.string(), sha256: z.string(), rows: z.int().min(1) }),
  /** SPDX expression of the licence of the data it was made from. */
  licence: z.string().optional(),
  seed: z.int(),
  options: z.record(z.string(), z.unknown()),
  figures: z.record(z.string(), z.unknown()),
  student: studentSchema.optional(),
});

export type ConceptModel = z.infer<typeof modelSchema>;

const namedSchema = z.object({
  latent: z.int().min(0),
  name: z.string(),
  score: z.number(),
  margin: z.number(),
  valid: z.boolean(),
  /** Vocabulary that the name comes from, where there are several. */
  vocabulary: z.string().optional(),
  /** Place of the name in its vocabulary. */
  word: z.int().min(0).optional(),
  /** Why the name is not valid: the latent is hardly used, chance would score as much, or its images do not agree. */
  reason: z.enum(['unused', 'chance', 'images']).optional(),
  /** What the images say where it is strongest, on rows that took no part in naming: see naming/evidence.ts. */
  agreement: z
    .object({ images: z.int(), share: z.number().optional(), rank: z.int().optional(), agrees: z.boolean() })
    .optional(),
  /** Coarsest level of the code that holds the latent in half of the rows where it fires. */
  level: z.int().optional(),
});

const namesSchema = z.object({
  vocabulary: z.string(),
  /** Smallest score that counts; of several vocabularies the least. */
  threshold: z.number(),
  falseDiscoveryRate: z.number(),
  /** What was compared with the words: latents' atoms, or the scenes that they fire on. */
  by: z.enum(['atoms', 'scenes']).optional(),
  vocabularies: z
    .array(z.object({ title: z.string(), words: z.int(), threshold: z.number(), valid: z.int() }))
    .optional(),
  /** Latents that fire often enough to be named. */
  used: z.int().optional(),
  /** Fresh random latents that pass as names too, and the share of the valid names that chance then accounts for. */
  chance: z.object({ drawn: z.int(), valid: z.int(), rate: z.number() }).optional(),
  /** Finer latents that refine a coarser one, coarsest first. */
  hierarchy: z.array(z.object({ latent: z.int().min(0), refinedBy: z.array(z.int().min(0)) })).optional(),
  named: z.array(namedSchema),
});

/** A latent's best word: cosine, lead over the runner-up, and whether it passed its checks. */
export type NamedLatent = z.infer<typeof namedSchema>;
export type ConceptNames = z.infer<typeof namesSchema>;

/** Reads and checks `model.json`. */
export function readConceptModel(folder: string): Promise<ConceptModel> {
  return readJson(modelSchema, join(folder, 'model.json'), 'a concept model', RETRAIN);
}

/** Writes `model.json`. */
export function writeConceptModel(folder: string, model: ConceptModel): Promise<void> {
  return writeFileAtomic(join(folder, 'model.json'), canonicalJson(model));
}

/** Reads and checks `names.json`. */
export function readConceptNames(folder: string): Promise<ConceptNames> {
  return readJson(
    namesSchema,
    join(folder, 'names.json'),
    'a list of names',
    'Name the latents with nadir concepts name',
  );
}

/** Writes `names.json`. */
export function writeConceptNames(folder: string, names: ConceptNames): Promise<void> {
  return writeFileAtomic(join(folder, 'names.json'), canonicalJson(names));
}

async function readJson<T>(schema: z.ZodType<T>, path: string, kind: string, remedy: string): Promise<T> {
  const text = (await readBounded(path, MAX_JSON_BYTES)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NadirError({ what: 'not JSON', where: path, remedy, cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new NadirError({ what: `not ${kind} (${issue.path.join('.')}: ${issue.message})`, where: path, remedy });
  }
  return parsed.data;
}
