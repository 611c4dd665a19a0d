/**
 * `model.json` of a soil model folder: what the model is, from what data by hash, with which seed and options, its measured figures,
 * and the definition of each feature it reads. Written by explain; read by whoever packs, explains or flies the model.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { NadirError, readBounded } from '../base/index.ts';
import { ESTIMATOR_KINDS } from '../forest/estimator.ts';

const MAX_BYTES = 64 * 2 ** 20;
const bandIndex = z.int().min(0).max(4095);

const featureSchema = z
  .object({
    name: z.string().min(1),
    group: z.string().min(1),
    bands: z.array(bandIndex).min(1),
    weights: z.array(z.number()).min(1),
    view: z.string().min(1).optional(),
    footprint: z.array(bandIndex).min(1).optional(),
  })
  .refine((feature) => feature.bands.length === feature.weights.length, 'has as many weights as bands');

const soilModelSchema = z
  .object({
    kind: z.literal('soil'),
    version: z.string(),
    model: z.enum(ESTIMATOR_KINDS),
    targets: z.array(z.string().min(1)).min(1),
    features: z.array(featureSchema),
    wavelengthsNm: z.array(z.number().positive()).min(1).max(4096),
    /** Reference of views with multiplicative scatter correction, [bands]. */
    mscReference: z.array(z.number()).optional(),
    targetMean: z.record(z.string(), z.number()),
    targetSd: z.record(z.string(), z.number().positive()),
    bandsRead: z.array(bandIndex),
    data: z.object({ name: z.string(), sha256: z.string(), rows: z.int().positive() }),
    seed: z.number(),
    options: z.record(z.string(), z.unknown()),
    figures: z.record(z.string(), z.unknown()),
    /** SPDX expression of the licence of the data it was made from. */
    licence: z.string().optional(),
    holdout: z.string(),
  })
  .refine(
    (model) =>
      model.features.every(({ bands, footprint = [] }) =>
        [...bands, ...footprint].every((band) => band < model.wavelengthsNm.length),
      ),
    'features read bands that the model does not have',
  );

export type SoilModel = z.infer<typeof soilModelSchema>;

/** Reads and checks `model.json` of a soil model folder. */
export async function readSoilModel(folder: string): Promise<SoilModel> {
  const path = join(folder, 'model.json');
  return parseSoilModel(await readBounded(path, MAX_BYTES), path);
}

/** Parses the bytes of a `model.json`; `where` names them in errors. */
export function parseSoilModel(bytes: Uint8Array, where: string): SoilModel {
  const fail = (what: string, cause: unknown) =>
    new NadirError({ what, where, remedy: 'Train the model again with nadir spectra train or prune', cause });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw fail('not JSON', cause);
  }
  const parsed = soilModelSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail(`not a soil model (${issue.path.join('.')}: ${issue.message})`, parsed.error);
  }
  return parsed.data;
}
