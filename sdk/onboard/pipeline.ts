/**
 * From a camera frame to what goes down. Spectral frame → mean spectrum → only the features that the model reads → forest → soil
 * estimate. Image → encoder → embedding → student → strongest latents → concept code in layers.
 */
import { z } from 'zod';
import { NadirError } from '../base/index.ts';
import type { VerifiedBundle } from '../bundle/index.ts';
import { codeBytes, encodeConcepts, type FieldValues } from '../link/index.ts';
import { strongestLatents } from '../sae/encode.ts';
import { computeFeatures, needsPixels } from '../spectra/feature.ts';
import { decodeJpeg, ENCODER_EDGE, encoderInput } from '../spectra/image-frame.ts';
import { modelInput, parseSoilModel, type SoilModel } from '../spectra/soil-model.ts';
import { parseSpectralFrame, requireSameBands } from '../spectra/spectral-frame.ts';
import { OnnxEngine } from './engines/onnx.ts';
import type { CameraFrame } from './source.ts';

/** Concepts of the first layer: enough to name a scene. */
const FIRST_LAYER_CONCEPTS = 16;
const DEFAULT_K = 64;

/** A result that has no place in the store yet. */
export interface Result {
  readonly stream: string;
  readonly values: FieldValues;
}

/** The soil model of a bundle, loaded. */
export interface SoilEngine {
  readonly model: SoilModel;
  readonly forest: OnnxEngine;
}

/** The concept models of a bundle, loaded. */
export interface ConceptEngine {
  readonly encoder: OnnxEngine;
  readonly student: OnnxEngine;
  /** Latents of the student. */
  readonly latentCount: number;
  /** Latents that are kept of a scene. */
  readonly k: number;
}

const conceptModel = z.object({
  kind: z.literal('concepts'),
  student: z.object({ latents: z.array(z.int().min(0)).min(1).max(65536), k: z.int().min(1).max(4096).optional() }),
});

/** Runs whatever models a bundle brings; a frame of a kind that it has no model for is refused. */
export class Pipeline {
  readonly soil: SoilEngine | undefined;
  readonly concepts: ConceptEngine | undefined;

  constructor(soil: SoilEngine | undefined, concepts: ConceptEngine | undefined) {
    this.soil = soil;
    this.concepts = concepts;
  }

  /** Loads the models of a verified bundle. */
  static async load(bundle: VerifiedBundle, threads: number): Promise<Pipeline> {
    const has = (path: string) => bundle.manifest.files.some((file) => file.path === path);
    const engine = async (path: string) => OnnxEngine.load(await bundle.read(path), path, threads);
    const soil = has('soil/model.json')
      ? {
          model: parseSoilModel(await bundle.read('soil/model.json'), 'soil/model.json'),
          forest: await engine('soil/forest.onnx'),
        }
      : undefined;
    const concepts = has('concepts/model.json')
      ? {
          ...parseConceptModel(await bundle.read('concepts/model.json')),
          encoder: await engine('concepts/encoder.onnx'),
          student: await engine('concepts/student.onnx'),
        }
      : undefined;
    return new Pipeline(soil, concepts);
  }

  /** Results of one camera frame. Throws a NadirError for a frame that cannot be worked on. */
  async process(frame: CameraFrame): Promise<Result[]> {
    const bytes = await frame.read();
    const started = performance.now();
    return frame.kind === 'spectral'
      ? this.#soilEstimate(frame.name, bytes, started)
      : this.#conceptCode(frame.name, bytes, started);
  }

  async #soilEstimate(source: string, bytes: Buffer, started: number): Promise<Result[]> {
    if (!this.soil) throw noModel(source, 'soil');
    const { model, forest } = this.soil;
    const frame = parseSpectralFrame(bytes, source, { sigma: needsPixels(model.features) });
    requireSameBands(frame.wavelengthsNm, model.wavelengthsNm, source);
    const features = computeFeatures(
      model.features,
      modelInput(model, frame.meanSpectrum, frame.sigma),
      frame.meanSpectrum.length,
    );
    const estimate = await forest.run(features, [1, model.features.length], 'estimate');
    return [
      { stream: 'soil', values: { source, estimate: Array.from(estimate), latency: performance.now() - started } },
    ];
  }

  async #conceptCode(source: string, bytes: Buffer, started: number): Promise<Result[]> {
    if (!this.concepts) throw noModel(source, 'concept');
    const { encoder, student, latentCount, k } = this.concepts;
    const input = encoderInput(decodeJpeg(bytes, source));
    const embedding = await encoder.run(input, [1, 3, ENCODER_EDGE, ENCODER_EDGE], 'embedding');
    const latents = await student.run(embedding, [1, embedding.length], 'latents');
    const code = encodeConcepts(strongestLatents(latents, k), latentCount);
    const latency = performance.now() - started;
    const first = Math.min(code.length, codeBytes(latentCount, FIRST_LAYER_CONCEPTS));
    const pieces = first === code.length ? [code] : [code.subarray(0, first), code.subarray(first)];
    return pieces.map((piece, layer) => ({
      stream: 'concepts',
      values: { source, layer, layers: pieces.length, code: piece, latency },
    }));
  }
}

function parseConceptModel(bytes: Buffer): { latentCount: number; k: number } {
  const where = 'concepts/model.json';
  const fault = (what: string, cause?: unknown) =>
    new NadirError({ what, where, remedy: 'Distil the concept model again and pack it', cause });
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw fault('not JSON', cause);
  }
  const parsed = conceptModel.safeParse(value);
  if (!parsed.success) throw fault('not a concept model with a student', parsed.error);
  const { latents, k } = parsed.data.student;
  return { latentCount: latents.length, k: Math.min(latents.length, k ?? DEFAULT_K) };
}

function noModel(where: string, kind: string): NadirError {
  return new NadirError({ what: `the bundle has no ${kind} model`, where, remedy: 'Fly a bundle that has one' });
}
