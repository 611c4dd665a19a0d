/** The decision that is audited: a linear classifier over embeddings, p = softmax(W·x + b), trained here from labels or given. */
import { NadirError, parseNpz, readBounded, readNpy, toFloat64 } from '../../base/index.ts';
import { FOR_DECISIONS, trainProbe } from '../../sae/measures/index.ts';
import { classifierBias, classifierRows, readEncoder } from '../classifier.ts';

const MAX_BYTES = 2 ** 30;
const MAX_TEXT_BYTES = 16 * 2 ** 20;

export interface Classifier {
  readonly d: number;
  /** Names of the classes, [classes]. */
  readonly names: readonly string[];
  /** [classes, d]. */
  readonly weights: Float64Array;
  /** [classes]. */
  readonly bias: Float64Array;
}

/** Trains a linear probe on rows [rows, d]; `labels` are places in `names`. */
export function trainClassifier(
  rows: Float32Array,
  d: number,
  labels: ArrayLike<number>,
  names: readonly string[],
): Classifier {
  const { weights, bias } = trainProbe(rows, d, labels, names.length, FOR_DECISIONS);
  return { d, names, weights, bias };
}

/**
 * Reads a classifier for embeddings of length d: rows [classes, d] of an .npy, `weights` [classes, d] and `bias` [classes] of an .npz, or the
 * classes of an ONNX encoder. What has no bias in its file gets zeros. `namesPath` has the classes' names, one a line.
 */
export async function readClassifier(path: string, namesPath: string, d: number): Promise<Classifier> {
  const text = (await readBounded(namesPath, MAX_TEXT_BYTES)).toString('utf8').replace(/\r?\n$/, '');
  const names = text.split(/\r?\n/).map((name) => name.trim());
  const { weights, bias } = await readWeights(path, names.length, d);
  const remedy = `Give finite weights [classes, ${d}] and a bias [classes], a line of ${namesPath} for each class`;
  const fail = (what: string) => new NadirError({ what, where: path, remedy });
  if (weights.length !== names.length * d)
    throw fail(`${weights.length} weights for ${names.length} classes over embeddings of ${d}`);
  if (bias.length !== names.length) throw fail(`${bias.length} biases for ${names.length} classes`);
  if (names.length < 2) throw fail('fewer than two classes');
  if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) throw fail('values that are not finite');
  return { d, names, weights, bias };
}

async function readWeights(path: string, classes: number, d: number) {
  const none = new Float64Array(classes);
  if (path.endsWith('.onnx')) {
    const encoder = await readEncoder(path);
    const weights = Float64Array.from(classifierRows(encoder, path, classes, d));
    return { weights, bias: classifierBias(encoder, path, classes) ?? none };
  }
  if (!path.endsWith('.npz')) return { weights: toFloat64(await readNpy(path)), bias: none };
  const arrays = parseNpz(await readBounded(path, MAX_BYTES), path);
  const [weights, bias] = [arrays.get('weights'), arrays.get('bias')];
  if (weights === undefined)
    throw new NadirError({
      what: 'no array "weights"',
      where: path,
      remedy: 'Save it with numpy.savez(weights=…, bias=…)',
    });
  return { weights: toFloat64(weights), bias: bias === undefined ? none : toFloat64(bias) };
}
