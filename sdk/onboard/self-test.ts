/** Known answers at boot: the models of the bundle must give on this machine what their trainers gave, or nothing is sent as valid. */
import { NadirError, parseNpz, toFloat32, toFloat64 } from '../base/index.ts';
import type { VerifiedBundle } from '../bundle/index.ts';
import { computeFeatures } from '../spectra/feature.ts';
import { modelInput } from '../spectra/soil-model.ts';
import type { Pipeline } from './pipeline.ts';

/** Largest |got − reference| / max |reference| that passes. */
const TOLERANCE = 1e-4;

/** Worst relative error of each model on its golden vectors. */
export interface SelfTest {
  readonly soil?: number;
  readonly concepts?: number;
}

/** Runs the golden vectors. Throws a NadirError when a model is off by more than 1e-4, or when its vectors are missing. */
export async function selfTest(bundle: VerifiedBundle, { soil, concepts }: Pipeline): Promise<SelfTest> {
  const outcome: { soil?: number; concepts?: number } = {};
  if (soil) {
    const { rows, reference, input, sigma } = await golden(bundle, 'golden/soil.npz', 'spectra', 'prediction');
    const features = computeFeatures(
      soil.model.features,
      modelInput(soil.model, input, sigma),
      soil.model.wavelengthsNm.length,
    );
    const got = await soil.forest.run(features, [rows, soil.model.features.length], 'estimate');
    outcome.soil = requireEqual(got, reference, 'golden/soil.npz');
  }
  if (concepts) {
    const { rows, reference, input } = await golden(bundle, 'golden/concepts.npz', 'embeddings', 'latents');
    const got = await concepts.student.run(input, [rows, input.length / rows], 'latents');
    outcome.concepts = requireEqual(got, reference, 'golden/concepts.npz');
  }
  return outcome;
}

async function golden(bundle: VerifiedBundle, path: string, input: string, output: string) {
  const arrays = parseNpz(await bundle.read(path), path);
  const inputs = arrays.get(input);
  const outputs = arrays.get(output);
  if (!inputs || !outputs || inputs.shape[0] < 1 || inputs.shape[0] !== outputs.shape[0]) {
    throw new NadirError({
      what: `golden vectors need arrays ${input} and ${output} of as many rows`,
      where: path,
      remedy: 'Pack the bundle again',
    });
  }
  const sigma = arrays.get('sigma');
  return {
    rows: inputs.shape[0],
    input: toFloat32(inputs),
    reference: toFloat64(outputs),
    ...(sigma && { sigma: toFloat64(sigma) }),
  };
}

function requireEqual(got: Float32Array, reference: Float64Array, where: string): number {
  const scale = reference.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
  let worst = got.length === reference.length ? 0 : Number.POSITIVE_INFINITY;
  // Math.max hands a NaN on
  for (let i = 0; i < reference.length; i++) worst = Math.max(worst, Math.abs(got[i] - reference[i]) / scale);
  if (worst <= TOLERANCE) return worst;
  throw new NadirError({
    what: `the models do not give their known answers here (relative error ${worst.toPrecision(2)}, allowed ${TOLERANCE})`,
    where,
    remedy: 'Do not fly: pack again on this runtime, or report the machine',
  });
}
