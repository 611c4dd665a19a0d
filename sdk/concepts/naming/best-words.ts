/** The word of a vocabulary that lies nearest to a direction; a readout is compared by the direction that it reads. */
import type { Metric } from './metric.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Cosines that are held at once, and directions at least. */
const CHUNK_COSINES = 2 ** 25;
const FEWEST_ROWS = 256;

export interface BestWord {
  readonly word: number;
  /** Cosine in the metric. */
  readonly score: number;
  /** Lead over the runner-up in the same vocabulary; 0 where there is none. */
  readonly margin: number;
}

/** Best word for each of the directions [rows, d]. */
async function bestOf(directions: Float32Array, vocabulary: Vocabulary, metric: Metric): Promise<BestWord[]> {
  const { d } = vocabulary;
  const words = vocabulary.words.length;
  const meanings = meaningsOf(vocabulary);
  const vectors = vocabulary.readouts ? await metric.readFrom(meanings) : meanings;
  const best: BestWord[] = [];
  const chunk = Math.max(FEWEST_ROWS, Math.floor(CHUNK_COSINES / words)) * d;
  for (let from = 0; from < directions.length; from += chunk) {
    const cosines = await metric.cosines(directions.subarray(from, from + chunk), vectors);
    for (let at = 0; at < cosines.length; at += words) best.push(bestWord(cosines.subarray(at, at + words)));
  }
  return best;
}

function bestWord(cosines: Float32Array): BestWord {
  let [word, first, second] = [0, -Infinity, -Infinity];
  for (let i = 0; i < cosines.length; i++) {
    if (cosines[i] > first) [word, first, second] = [i, cosines[i], first];
    else if (cosines[i] > second) second = cosines[i];
  }
  return { word, score: first, margin: cosines.length > 1 ? first - second : 0 };
}

/** Best words of each vocabulary, [vocabularies][directions]. */
export async function bestWords(
  directions: Float32Array,
  vocabularies: readonly Vocabulary[],
  metric: Metric,
): Promise<BestWord[][]> {
  const best: BestWord[][] = [];
  for (const vocabulary of vocabularies) best.push(await bestOf(directions, vocabulary, metric));
  return best;
}

/** A vocabulary's vectors less their mean, since what all words share tells none apart; a lone one stays as it is. [words, d]. */
export function meaningsOf({ vectors, words, d }: Vocabulary): Float32Array {
  const mean = new Float64Array(d);
  if (words.length > 1) for (let i = 0; i < vectors.length; i++) mean[i % d] += vectors[i] / words.length;
  return Float32Array.from(vectors, (value, i) => value - mean[i % d]);
}
