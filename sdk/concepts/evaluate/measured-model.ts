/** A model to measure: a concept model of ours, with its student where it has one, or an autoencoder of another program. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { NadirError, readBounded } from '../../base/index.ts';
import { readAnySae, type SaeFormat, type SaeWeights, withUnitAtoms } from '../../sae/index.ts';
import { readConcepts } from '../reader.ts';

const MAX_STUDENT_BYTES = 512 * 2 ** 20;

export interface MeasuredStudent {
  readonly onnx: Uint8Array;
  /** Teacher's latent of each of the student's. */
  readonly latents: readonly number[];
}

export interface MeasuredModel {
  readonly path: string;
  readonly name: string;
  readonly format: SaeFormat;
  /** Atoms have norm 1, so that the first latents of a code are those that say most, but where a fixed number of latents of other norms counts. */
  readonly sae: SaeWeights;
  readonly student: MeasuredStudent | undefined;
}

/** Reads a model; `d` is the length of the embeddings that it is measured on, where that is known already. */
export async function readMeasured(path: string, d?: number): Promise<MeasuredModel> {
  const model = await read(path, basename(resolve(path)));
  if (d === undefined || model.sae.d === d) return model;
  const remedy = `Compare models of one encoder's embeddings, of length ${d} here`;
  throw new NadirError({ what: `a model over embeddings of length ${model.sae.d}`, where: path, remedy });
}

async function read(path: string, name: string): Promise<MeasuredModel> {
  const isOurs = await stat(join(path, 'model.json')).then(
    () => true,
    () => false,
  );
  if (!isOurs) {
    const { format, weights } = await readAnySae(path);
    const sae = weights.activation === 'topk' ? weights : withUnitAtoms(weights, path);
    return { path, name, format, sae, student: undefined };
  }
  const { model, sae } = await readConcepts(path);
  const student = model.student && {
    onnx: await readBounded(join(path, 'student.onnx'), MAX_STUDENT_BYTES),
    latents: model.student.latents,
  };
  return { path, name, format: 'nadir', sae, student };
}
