/**
 * `model.json` of a soil model folder: what the model is, from what data by hash, with which seed and options, its measured figures,
 * and the definition of each feature it reads. Written by explain; read by whoever packs, explains or flies the model.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { NadirError, readBounded } from '../base/index.ts';
import { ESTIMATOR_KINDS } from '../forest/estimator.ts';
import type { SpectralInput } from './view.ts';

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

/** A model of several: the estimate of a target is Σ weight·estimate of the part. */
const partSchema = z.object({
  kind: z.enum(ESTIMATOR_KINDS),
  /** Folder of the part's files, in the model's. */
  folder: z.string().regex(/^parts\/[a-z0-9-]{1,40}$/),
  /** Features of the model that the part reads, in its order. */
  columns: z.array(z.int().min(0)).min(1),
  /** Weight for each target; absent is zero. */
  weights: z.record(z.string(), z.number()),
});

/** Conformal intervals: estimate ± halfWidth holds the truth in this share of samples like those trained on. */
const uncertaintySchema = z.object({
  coverage: z.number().gt(0).lt(1),
  /** Whose errors gave the width: trees that had not seen the sample, or models of the other folds. */
  method: z.enum(['out-of-bag', 'cross-validation', 'split']),
  /** In each target's unit. */
  halfWidth: z.record(z.string(), z.number().nonnegative()),
  /** Share of held-out samples whose truth lay within intervals made without them. */
  measuredCoverage: z.record(z.string(), z.number().min(0).max(1)),
  /**
   * Intervals that widen where the trees disagree: halfWidth = factor·(SD over the trees + floor). Present where they were narrower in
   * the mean at the same coverage.
   */
  byTreeSpread: z
    .record(z.string(), z.object({ factor: z.number().nonnegative(), floor: z.number().nonnegative() }))
    .optional(),
});

/** See domain.ts. */
const domainSchema = z
  .object({
    bands: z.array(bandIndex).min(1).readonly(),
    centre: z.array(z.number()).min(1).readonly(),
    components: z.array(z.array(z.number()).readonly()).max(64).readonly(),
    variance: z.array(z.number().positive()).readonly(),
    limits: z.object({ t2: z.number().positive(), q: z.number().positive() }),
    brightness: z.tuple([z.number().positive(), z.number().positive()]).readonly(),
    falseAlarmRate: z.number().gt(0).lt(1),
    measuredFalseAlarmRate: z.number().min(0).max(1),
  })
  .refine(
    ({ bands, centre, components, variance }) =>
      centre.length === bands.length &&
      variance.length === components.length &&
      components.every((direction) => direction.length === bands.length),
    'has a centre and directions over its bands, and a variance for each direction',
  );

const soilModelSchema = z
  .object({
    kind: z.literal('soil'),
    version: z.string(),
    model: z.enum([...ESTIMATOR_KINDS, 'combined']),
    targets: z.array(z.string().min(1)).min(1),
    features: z.array(featureSchema),
    wavelengthsNm: z.array(z.number().positive()).min(1).max(4096),
    /** Reference of views with multiplicative scatter correction, [bands]. */
    mscReference: z.array(z.number()).optional(),
    /** Value that stands for a reflectance of 1 in the spectra that it was trained on, where that is known. */
    fullReflectance: z.number().positive().optional(),
    targetMean: z.record(z.string(), z.number()),
    targetSd: z.record(z.string(), z.number().positive()),
    bandsRead: z.array(bandIndex),
    /** Of a combined model. */
    parts: z.array(partSchema).min(1).max(64).optional(),
    uncertainty: uncertaintySchema.optional(),
    /** What tells spectra unlike those trained on. */
    domain: domainSchema.optional(),
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
  )
  .refine(
    ({ domain, wavelengthsNm }) => !domain || domain.bands.every((band) => band < wavelengthsNm.length),
    'the domain reads bands that the model does not have',
  )
  .refine(
    ({ parts = [], features }) => parts.every(({ columns }) => columns.every((column) => column < features.length)),
    'parts read features that the model does not have',
  )
  .refine(({ model, parts }) => (model === 'combined') === (parts !== undefined), 'parts belong to a combined model');

export type SoilModel = z.infer<typeof soilModelSchema>;

/** Kinds of model that are trees: what is packed and flown. */
export const FLYING_KINDS: readonly SoilModel['model'][] = ['forest', 'extra', 'boost'];

/** What the model's features are computed from: spectra [n, bands], and singular values [n, 5, bands] where it reads pixels. */
export function modelInput(
  { mscReference }: Pick<SoilModel, 'mscReference'>,
  mean: SpectralInput['mean'],
  sigma?: Float64Array,
): SpectralInput {
  return { mean, ...(sigma && { sigma }), ...(mscReference && { mscReference: Float64Array.from(mscReference) }) };
}

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
