/** A vocabulary: words (.txt, one a line) and their vectors in the embedding space (.npy [words, d], or the encoder whose classes they are). */
import { basename } from 'node:path';
import { NadirError, readBounded, readNpy, toFloat32 } from '../../base/index.ts';
import { classifierRows, readEncoder } from '../classifier.ts';

const MAX_TEXT_BYTES = 64 * 2 ** 20;

export interface Vocabulary {
  readonly title: string;
  readonly words: readonly string[];
  /** [words, d]. */
  readonly vectors: Float32Array;
  readonly d: number;
  /**
   * The vectors are read by their product with an embedding, as a classifier's rows and text embeddings are; otherwise they are directions in
   * which scenes differ, as a class's mean is.
   */
  readonly readouts?: boolean | undefined;
}

/** Reads a vocabulary for embeddings of length d. A classifier's rows are readouts; those of an .npy are where `readouts` says so. */
export async function readVocabulary(
  textPath: string,
  vectorPath: string,
  d: number,
  readouts = false,
): Promise<Vocabulary> {
  const text = (await readBounded(textPath, MAX_TEXT_BYTES)).toString('utf8').replace(/\r?\n$/, '');
  const words = text.split(/\r?\n/).map((word) => word.trim());
  const empty = words.indexOf('');
  if (empty >= 0) {
    const remedy = 'Give one word or phrase a line';
    throw new NadirError({ what: 'empty line', where: `${textPath}, line ${empty + 1}`, remedy });
  }
  const isClassifier = vectorPath.endsWith('.onnx');
  const vectors = isClassifier
    ? classifierRows(await readEncoder(vectorPath), vectorPath, words.length, d)
    : await readVectors(vectorPath, textPath, words.length, d);
  const bad = vectors.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const where = `${vectorPath}, word "${words[Math.floor(bad / d)]}"`;
    throw new NadirError({ what: 'its vector is not finite', where, remedy: 'Make the vectors again' });
  }
  return { title: basename(textPath).replace(/\.txt$/, ''), words, vectors, d, readouts: isClassifier || readouts };
}

async function readVectors(path: string, textPath: string, words: number, d: number): Promise<Float32Array> {
  const array = await readNpy(path);
  if (array.shape.length !== 2 || array.shape[1] !== d) {
    const remedy = 'Take the vocabulary of the encoder that made the embeddings';
    throw new NadirError({ what: `vectors [${array.shape}] for embeddings of length ${d}`, where: path, remedy });
  }
  if (array.shape[0] !== words) {
    const remedy = 'Give one line for each vector';
    throw new NadirError({ what: `${words} words for ${array.shape[0]} vectors`, where: textPath, remedy });
  }
  return toFloat32(array);
}
