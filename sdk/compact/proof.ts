/** Proof that the engine on board computes what the trainers computed, on the holdouts they left, in the way the board runs the models. */
import { NadirError } from '../base/index.ts';
import { ENCODER_EDGE } from '../spectra/index.ts';
import type { ConceptFolder, SoilFolder } from './flight-models.ts';
import { measureParity, openOnnx, type Parity } from './parity.ts';

/** Engine whose outputs are compared. */
const ENGINE = 'onnxruntime-cpu';
/** Worst relative difference allowed. The student is whole-number arithmetic and usually agrees to the last bit. */
const LIMITS = { soil: 1e-5, student: 1e-5 } as const;

/** A model's parity on an engine. */
export interface ModelParity extends Parity {
  readonly model: string;
  readonly engine: string;
}

/** Parity of the forest on the holdout's features. Throws NadirError where it is worse than allowed. */
export async function soilParity(soil: SoilFolder, dir: string): Promise<ModelParity> {
  const where = `${dir}/forest.onnx`;
  const { rows, features, prediction } = soil.holdout;
  const got = await outputOf(soil.forest, where, features, rows, 'estimate');
  return judged('soil', where, measured(prediction, got, soil.model.targets.length, where));
}

/** Parity of the student on the holdout's embeddings. Throws NadirError where it is worse than allowed. */
export async function studentParity(concepts: ConceptFolder, dir: string): Promise<ModelParity> {
  const where = `${dir}/student.onnx`;
  const { rows, embeddings, latents } = concepts.holdout;
  const got = await outputOf(concepts.student, where, embeddings, rows, 'latents');
  return judged('student', where, measured(latents, got, concepts.latents, where));
}

/** Runs a model as the board does, one row at a time. */
async function outputOf(
  model: Uint8Array,
  where: string,
  input: Float32Array,
  rows: number,
  output: string,
): Promise<Float32Array> {
  const session = await openOnnx(model, where);
  try {
    if (!session.outputs.includes(output)) {
      throw new NadirError({
        what: `model has no output ${output} but ${session.outputs.join(', ')}`,
        where,
        remedy: 'Train or distill the model again',
      });
    }
    const columns = input.length / rows;
    const parts: Float32Array[] = [];
    for (let row = 0; row < rows; row++) {
      parts.push(await session.run(input.subarray(row * columns, (row + 1) * columns), [1, columns], output));
    }
    return Float32Array.from(parts.flatMap((part) => [...part]));
  } finally {
    await session.release();
  }
}

function measured(reference: Float32Array | Float64Array, got: Float32Array, columns: number, where: string): Parity {
  if (got.length === reference.length) return measureParity(reference, got, columns);
  throw new NadirError({
    what: `model gives ${got.length} values where the holdout has ${reference.length}`,
    where,
    remedy: 'Model and holdout.npz are not of one training: train again',
  });
}

function judged(model: keyof typeof LIMITS, where: string, parity: Parity): ModelParity {
  if (parity.max <= LIMITS[model]) return { model, engine: ENGINE, ...parity };
  throw new NadirError({
    what: `${model} model does not compute on ${ENGINE} what its trainer computed: worst relative difference ${parity.max.toExponential(2)}, allowed ${LIMITS[model]}`,
    where,
    remedy: 'Train it again; if it stays, the model needs an operator that the engine computes exactly',
  });
}

/** The encoder flies as it is: one image must give one finite embedding of the length that the concepts were trained on. */
export async function checkEncoder(encoder: Buffer, where: string, d: number): Promise<void> {
  const image = new Float32Array(3 * ENCODER_EDGE * ENCODER_EDGE);
  const session = await openOnnx(encoder, where);
  try {
    const wrong = (what: string) =>
      new NadirError({ what, where, remedy: 'Give the encoder that made the embeddings of the concept model' });
    if (session.inputs.length !== 1 || !session.outputs.includes('embedding')) {
      throw wrong('encoder must have one input and an output named embedding');
    }
    const embedding = await session.run(image, [1, 3, ENCODER_EDGE, ENCODER_EDGE], 'embedding');
    if (embedding.length !== d) throw wrong(`encoder gives ${embedding.length} numbers, the concept model takes ${d}`);
    if (!embedding.every(Number.isFinite)) throw wrong('encoder gives numbers that are not finite');
  } finally {
    await session.release();
  }
}
