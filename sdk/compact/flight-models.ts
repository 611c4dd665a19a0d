/** Reads the models that are to fly from their folders, and checks that their parts belong together. */
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, NadirError, type NdArray, readBounded, readNpz, toFloat32, toFloat64 } from '../base/index.ts';
import { computeFeatures, FLYING_KINDS, modelInput, parseSoilModel, type SoilModel } from '../spectra/index.ts';

const MAX_MODEL_BYTES = 256 * 2 ** 20;
const MAX_JSON_BYTES = 64 * 2 ** 20;
const SPDX = /^[A-Za-z0-9.+() -]{1,120}$/;
const RETRAIN_SOIL = 'Train the model again with nadir spectra train or prune';
const RETRAIN_CONCEPTS = 'Run nadir concepts train, name and distill on it again';

/** A soil model and its holdout. */
export interface SoilFolder {
  readonly model: SoilModel;
  /** SPDX expression that its model.json states, or NOASSERTION. */
  readonly licence: string;
  readonly modelJson: Buffer;
  readonly forest: Buffer;
  /** Rows [m, …]: mean spectra, features of them, the trainer's own estimates. */
  readonly holdout: {
    rows: number;
    spectra: Float32Array;
    /** Singular values of the band images, [m, 5, bands], where the model reads pixels. */
    sigma?: Float64Array;
    features: Float32Array;
    prediction: Float64Array;
  };
}

/** A concept model with its student, its names and its holdout. */
export interface ConceptFolder {
  readonly model: ConceptModel;
  readonly licence: string;
  readonly modelJson: Buffer;
  readonly namesJson: Buffer;
  readonly student: Buffer;
  /** Latents of the student. */
  readonly latents: number;
  /** Rows [m, …]: embeddings, and the latents that the trainer's own evaluation of the student gives. */
  readonly holdout: { rows: number; embeddings: Float32Array; latents: Float32Array };
}

const conceptModel = z.looseObject({
  kind: z.literal('concepts'),
  d: z.int().min(1).max(65536),
  n: z.int().min(1),
  data: z.looseObject({ name: z.string(), sha256: z.string(), rows: z.int() }),
  seed: z.int(),
  student: z.looseObject({ latents: z.array(z.int().min(0)).min(1), k: z.int().min(1) }),
});

/** What packing needs of a concept model's model.json. */
type ConceptModel = z.infer<typeof conceptModel>;

const names = z.looseObject({ named: z.array(z.looseObject({ latent: z.int().min(0), name: z.string() })) });

/** Reads a soil model folder. */
export async function readSoilFolder(dir: string): Promise<SoilFolder> {
  const modelJson = await readBounded(join(dir, 'model.json'), MAX_JSON_BYTES);
  const model = parseSoilModel(modelJson, join(dir, 'model.json'));
  if (!FLYING_KINDS.includes(model.model)) {
    throw new NadirError({
      what: `a model of kind "${model.model}" is no ensemble of trees, and only these fly`,
      where: dir,
      remedy: `Train one of ${FLYING_KINDS.join(', ')} with nadir spectra train, or prune`,
    });
  }
  const forest = await readBounded(join(dir, 'forest.onnx'), MAX_MODEL_BYTES);
  checkProvenance(model.data.sha256, join(dir, 'model.json'), RETRAIN_SOIL);
  const path = join(dir, 'holdout.npz');
  const arrays = await readNpz(path);
  const bands = model.wavelengthsNm.length;
  const spectra = matrix(arrays, 'spectra', bands, path, RETRAIN_SOIL);
  const features = matrix(arrays, 'features', model.features.length, path, RETRAIN_SOIL);
  const prediction = matrix(arrays, 'prediction', model.targets.length, path, RETRAIN_SOIL);
  const sigma = arrays.get('sigma');
  sameRows([spectra, features, prediction, ...(sigma ? [sigma] : [])], path, RETRAIN_SOIL);
  const holdout = {
    rows: spectra.shape[0],
    spectra: toFloat32(spectra),
    ...(sigma && { sigma: toFloat64(sigma) }),
    features: toFloat32(features),
    prediction: toFloat64(prediction),
  };
  // The board computes features from spectra by model.json: it must get the very numbers the forest was tested with
  const again = computeFeatures(model.features, modelInput(model, holdout.spectra, holdout.sigma), bands);
  const differs = again.findIndex((value, i) => value !== holdout.features[i]);
  if (differs >= 0) {
    const { name } = model.features[differs % model.features.length];
    throw wrong(`feature ${name} of the holdout is not what model.json computes from its spectra`, path, RETRAIN_SOIL);
  }
  return { model, licence: licenceOf(modelJson, dir), modelJson, forest, holdout };
}

/** Reads a concept model folder after `concepts distill`. */
export async function readConceptFolder(dir: string): Promise<ConceptFolder> {
  const modelPath = join(dir, 'model.json');
  const modelJson = await readBounded(modelPath, MAX_JSON_BYTES);
  const model = parseJson(conceptModel, modelJson, modelPath);
  checkProvenance(model.data.sha256, modelPath, RETRAIN_CONCEPTS);
  const namesPath = join(dir, 'names.json');
  const namesJson = await readBounded(namesPath, MAX_JSON_BYTES);
  const stray = parseJson(names, namesJson, namesPath).named.find(({ latent }) => latent >= model.n);
  if (stray) throw wrong(`latent ${stray.latent} is named, but there are only ${model.n}`, namesPath, RETRAIN_CONCEPTS);
  const latents = model.student.latents.length;
  const student = await readBounded(join(dir, 'student.onnx'), MAX_MODEL_BYTES);
  const path = join(dir, 'holdout.npz');
  const arrays = await readNpz(path);
  const embeddings = matrix(arrays, 'embeddings', model.d, path, RETRAIN_CONCEPTS);
  const expected = matrix(arrays, 'latents', latents, path, RETRAIN_CONCEPTS);
  sameRows([embeddings, expected], path, RETRAIN_CONCEPTS);
  const holdout = {
    rows: embeddings.shape[0],
    embeddings: toFloat32(embeddings),
    latents: toFloat32(expected),
  };
  return { model, licence: licenceOf(modelJson, dir), modelJson, namesJson, student, latents, holdout };
}

/** Reads an image encoder. */
export function readEncoder(path: string): Promise<Buffer> {
  return readBounded(path, MAX_MODEL_BYTES);
}

function matrix(
  arrays: ReadonlyMap<string, NdArray>,
  name: string,
  columns: number,
  path: string,
  remedy: string,
): NdArray {
  const array = arrays.get(name);
  if (!array) throw wrong(`array ${name} is missing`, path, remedy);
  const { shape } = array;
  if (shape.length !== 2 || shape[0] < 1 || shape[1] !== columns) {
    throw wrong(`array ${name} has shape (${shape}) instead of (rows, ${columns})`, path, remedy);
  }
  return array;
}

function sameRows(arrays: readonly NdArray[], path: string, remedy: string): void {
  const rows = arrays.map(({ shape }) => shape[0]);
  if (new Set(rows).size > 1) throw wrong(`arrays have ${rows.join(', ')} rows`, path, remedy);
}

function parseJson<T extends z.ZodType>(schema: T, bytes: Buffer, path: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw wrong(`not JSON (${messageOf(cause)})`, path, RETRAIN_CONCEPTS);
  }
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  throw wrong(`${issue.path.join('.') || 'it'} ${issue.message}`, path, RETRAIN_CONCEPTS);
}

function checkProvenance(hash: string, where: string, remedy: string): void {
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw wrong('data.sha256 is not a SHA-256: nobody could tell what it learned', where, remedy);
}

function licenceOf(modelJson: Buffer, dir: string): string {
  const { licence = 'NOASSERTION' } = JSON.parse(modelJson.toString('utf8'));
  if (typeof licence === 'string' && SPDX.test(licence)) return licence;
  throw wrong('licence is not an SPDX expression', join(dir, 'model.json'), 'Write one such as "CC-BY-4.0"');
}

function wrong(what: string, where: string, remedy: string): NadirError {
  return new NadirError({ what, where, remedy });
}
