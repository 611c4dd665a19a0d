/** An encoder's own vocabulary: the rows of its classifier live in the embedding space, since logit = row · embedding + bias. */
import { NadirError, readBounded } from '../base/index.ts';
import { readOnnx, tensorValues } from '../compact/index.ts';

const MAX_MODEL_BYTES = 512 * 2 ** 20;

/** Classifier rows [words, d] of an ONNX encoder, in the order of its logits. */
export async function readClassifierRows(path: string, words: number, d: number): Promise<Float32Array> {
  const { graph } = readOnnx(await readBounded(path, MAX_MODEL_BYTES), path);
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
