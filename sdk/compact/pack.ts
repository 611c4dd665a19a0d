/**
 * Puts the models that fly into one signed bundle: proves that the engine computes what the trainers computed, checks the budget of the
 * boards, adds golden vectors for the board's self-test, and signs.
 */
import { formatNpz, NadirError, type Progress, SILENT, sha256, sha256File, shippedPath } from '../base/index.ts';
import { type Manifest, parsePublicKey, publicPem, type SigningKey, writeBundle } from '../bundle/index.ts';
import { DICTIONARY } from '../link/index.ts';
import { ENCODER_EDGE } from '../spectra/index.ts';
import { type Budget, checkBudget } from './budget.ts';
import {
  type ConceptFolder,
  readConceptFolder,
  readEncoder,
  readSoilFolder,
  type SoilFolder,
} from './flight-models.ts';
import { inspectOnnx, type OnnxInspection } from './inspect.ts';
import type { DeviceProfile } from './profile.ts';
import { checkEncoder, type ModelParity, soilParity, studentParity } from './proof.ts';

/** Rows of the holdouts that fly along. */
const GOLDEN_ROWS = 16;

/** What to pack. */
export interface PackOptions {
  /** Soil model folder. */
  readonly soil: string;
  /** Concept model folder. */
  readonly concepts: string;
  /** Image encoder, ONNX. */
  readonly encoder: string;
  /** Boards that it must fit. */
  readonly profiles: readonly DeviceProfile[];
  readonly keys: readonly SigningKey[];
  /** Public key (PEM) whose commands the board will take, or null for none. */
  readonly commandKey: string | null;
  /** Higher than that of every bundle sent before. */
  readonly sequence: number;
  /** ISO 8601 in UTC, or null: then the same input gives the same bytes. */
  readonly created: string | null;
  readonly out: string;
  readonly progress?: Progress;
}

/** What was packed. */
export interface PackReport {
  /** Folder of the bundle. */
  readonly bundle: string;
  /** SHA-256 of its manifest. */
  readonly id: string;
  readonly bytes: number;
  readonly budgets: readonly Budget[];
  readonly parity: readonly ModelParity[];
}

/** Packs a bundle. Throws NadirError, and writes nothing, where a model computes something else or does not fit. */
export async function pack(options: PackOptions): Promise<PackReport> {
  const { log } = options.progress ?? SILENT;
  const soil = await readSoilFolder(options.soil);
  const concepts = await readConceptFolder(options.concepts);
  const encoder = await readEncoder(options.encoder);
  await checkEncoder(encoder, options.encoder, concepts.model.d);

  const inspections = {
    soil: inspectOnnx(soil.forest, `${options.soil}/forest.onnx`),
    encoder: inspectOnnx(encoder, options.encoder, { lengths: imageLengths(encoder, options.encoder) }),
    student: inspectOnnx(concepts.student, `${options.concepts}/student.onnx`),
  };
  const parity = [await soilParity(soil, options.soil), await studentParity(concepts, options.concepts)];
  for (const { model, engine, max } of parity)
    log(`parity of ${model} on ${engine}: worst relative difference ${max.toExponential(2)}`);

  const files = new Map<string, Uint8Array>([
    ['soil/forest.onnx', soil.forest],
    ['soil/model.json', soil.modelJson],
    ['concepts/encoder.onnx', encoder],
    ['concepts/student.onnx', concepts.student],
    ['concepts/model.json', concepts.modelJson],
    ['concepts/names.json', concepts.namesJson],
    ['golden/soil.npz', goldenSoil(soil)],
    ['golden/concepts.npz', goldenConcepts(concepts)],
    // In the dictionary's own order, because its hash is that of its JSON
    ['link/dictionary.json', Buffer.from(`${JSON.stringify(DICTIONARY, null, 2)}\n`)],
  ]);
  const bundleBytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  const models = Object.entries(inspections).map(([name, inspection]) => ({ name, inspection }));
  const budgets = options.profiles.map((profile) => checkBudget(models, profile, bundleBytes));
  refuseWhatDoesNotFit(budgets);
  for (const { profile, peakBytes } of budgets) log(`fits ${profile}: ${Math.ceil(peakBytes / 2 ** 20)} MiB at worst`);

  const described = await describeModels(soil, concepts, encoder, inspections);
  const written = await writeBundle(
    options.out,
    {
      created: options.created,
      sequence: options.sequence,
      models: described,
      parity: parity.map((entry) => ({ ...entry })),
      budgets: budgets.map((budget) => ({ ...budget, reasons: [...budget.reasons] })),
      licence: [...new Set(described.map(({ licence }) => licence))].sort().join(' AND '),
      uplink: { commandKey: commandKeyOf(options.commandKey) },
    },
    files,
    options.keys,
  );
  return { bundle: options.out, id: written.id, bytes: written.bytes, budgets, parity };
}

function imageLengths(encoder: Buffer, where: string): Record<string, number> {
  const [input] = inspectOnnx(encoder, where).inputs;
  return Object.fromEntries(input.dims.slice(2).map((length) => [String(length), ENCODER_EDGE]));
}

function refuseWhatDoesNotFit(budgets: readonly Budget[]): void {
  const [misfit] = budgets.filter((budget) => !budget.fits);
  if (!misfit) return;
  const [first, ...more] = misfit.reasons;
  throw new NadirError({
    what: 'bundle does not fit',
    where: `profile ${misfit.profile}`,
    remedy: [first[0].toUpperCase() + first.slice(1), ...more].join('; '),
  });
}

async function describeModels(
  soil: SoilFolder,
  concepts: ConceptFolder,
  encoder: Buffer,
  inspections: Record<'soil' | 'encoder' | 'student', OnnxInspection>,
): Promise<Manifest['models']> {
  const sizes = ({ parameters, weightBytes, attributeBytes }: OnnxInspection) => ({
    parameters,
    weightBytes: weightBytes + attributeBytes,
  });
  const shipped = await sha256File(shippedPath('models', 'encoder', 'efficientnet_lite0.onnx')).catch(() => undefined);
  const ours = sha256(encoder) === shipped;
  return [
    {
      name: 'soil',
      path: 'soil/forest.onnx',
      licence: soil.licence,
      data: { name: soil.model.data.name, sha256: soil.model.data.sha256, rows: soil.model.data.rows },
      seed: soil.model.seed,
      note: `estimates ${soil.model.targets.join(', ')} from ${soil.model.features.length} features of ${soil.model.bandsRead.length} bands`,
      ...sizes(inspections.soil),
    },
    {
      name: 'encoder',
      path: 'concepts/encoder.onnx',
      licence: ours ? 'Apache-2.0' : 'NOASSERTION',
      data: null,
      seed: null,
      note: ours ? 'EfficientNet-Lite0 with ImageNet weights, as shipped with Nadir' : 'encoder given by the user',
      ...sizes(inspections.encoder),
    },
    {
      name: 'student',
      path: 'concepts/student.onnx',
      licence: concepts.licence,
      data: {
        name: concepts.model.data.name,
        sha256: concepts.model.data.sha256,
        rows: concepts.model.data.rows,
      },
      seed: concepts.model.seed,
      note: `${concepts.latents} of ${concepts.model.n} concepts, 2 to 7-bit integers`,
      ...sizes(inspections.student),
    },
  ];
}

function goldenSoil({ model, holdout }: SoilFolder): Buffer {
  const rows = Math.min(GOLDEN_ROWS, holdout.rows);
  const take = <T extends Float32Array | Float64Array>(data: T, columns: number) => ({
    shape: [rows, columns],
    data: data.slice(0, rows * columns) as T,
  });
  return formatNpz({
    spectra: take(holdout.spectra, model.wavelengthsNm.length),
    ...(holdout.sigma && { sigma: take(holdout.sigma, 5 * model.wavelengthsNm.length) }),
    features: take(holdout.features, model.features.length),
    prediction: take(holdout.prediction, model.targets.length),
  });
}

function goldenConcepts({ model, latents, holdout }: ConceptFolder): Buffer {
  const rows = Math.min(GOLDEN_ROWS, holdout.rows);
  return formatNpz({
    embeddings: { shape: [rows, model.d], data: holdout.embeddings.slice(0, rows * model.d) },
    latents: { shape: [rows, latents], data: holdout.latents.slice(0, rows * latents) },
  });
}

/** In the one PEM spelling, so that the same key gives the same bytes. */
function commandKeyOf(pem: string | null): string | null {
  return pem === null ? null : publicPem(parsePublicKey(pem, 'command key').publicKey);
}
