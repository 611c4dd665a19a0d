/** An encoder's own vocabulary: the rows of its classifier live in the embedding space, since logit = row · embedding + bias. */
import { NadirError, readBounded } from '../base/index.ts';
import { type OnnxModel, readOnnx, tensorValues } from '../compact/index.ts';

const MAX_MODEL_BYTES = 512 * 2 ** 20;

/** Reads an ONNX encoder whose classifier is wanted. */
export async function readEncoder(path: string): Promise<OnnxModel> {
  return readOnnx(await readBounded(path, MAX_MODEL_BYTES), path);
}

/** Bias of an encoder's classifier: the only vector of as many values as there are words; undefined where there is none or more. */
export function classifierBias({ graph }: OnnxModel, path: string, words: number): Float64Array | undefined {
  const found = graph.initializer?.filter(({ dims }) => dims?.length === 1 && dims[0] === words) ?? [];
  return found.length === 1 ? Float64Array.from(tensorValues(found[0], path) as ArrayLike<number>, Number) : undefined;
}

/** Classifier rows [words, d] of an encoder, in the order of its logits. */
export function classifierRows({ graph }: OnnxModel, path: string, words: number, d: number): Float32Array {
  const isClassifier = (dims: readonly number[] = []) =>
    dims.length === 2 && ((dims[0] === words && dims[1] === d) || (dims[0] === d && dims[1] === words));
  const matrix = graph.initializer?.find(({ dims }) => isClassifier(dims));
  if (!matrix?.dims) {
    const remedy = 'Give the encoder that made the embeddings, and the list of all of its classes';
    throw new NadirError({ what: `no classifier of ${words} classes over embeddings of ${d}`, where: path, remedy });
  }
  const weights = tensorValues(matrix, path);
  if (matrix.dims[0] === words) return Float32Array.from(weights as ArrayLike<number>, Number);
  const rows = new Float32Array(words * d);
  for (let i = 0; i < words; i++) for (let j = 0; j < d; j++) rows[i * d + j] = Number(weights[j * words + i]);
  return rows;
}
