/**
 * Names for latents: the word whose vector points most nearly along a latent's atom. Both sides are directions away from a centre: an atom
 * already is one (it is added to the data's mean), and the vocabulary's vectors have their own mean taken off, since what all words share
 * tells none of them apart. Angles are measured in the partly whitened space of metric.ts.
 *
 * A name is valid where chance would hardly score as much. Chance is a random direction with the data's covariance, Σ aᵢ·(xᵢ − x̄) over
 * training rows with normal aᵢ: a direction of scenes that no training picked. Its best score over the vocabulary gives each latent a
 * p-value, and the rule of Benjamini & Hochberg (1995) the threshold that holds the stated false-discovery rate. A latent that
 * no training row used is never valid.
 */
import { Random } from '../base/index.ts';
import { DenseProduct, type SaeDecoder } from '../sae/index.ts';
import { whitenedMetric } from './metric.ts';
import type { ConceptNames, NamedLatent } from './model.ts';
import type { Vocabulary } from './vocabulary.ts';

const RANDOM_DIRECTIONS = 4000;
const FALSE_DISCOVERY_RATE = 0.1;

export interface NameOptions {
  /** Training embeddings that stand for the data's covariance, [rows, d]. */
  readonly sample: Float32Array;
  /** Training rows that use each latent, [n]. */
  readonly activity: ArrayLike<number>;
  readonly seed: number;
  readonly threads: number;
  readonly falseDiscoveryRate?: number;
}

/** Names every latent, in their order. */
export async function nameLatents(
  decoder: SaeDecoder,
  vocabulary: Vocabulary,
  options: NameOptions,
): Promise<ConceptNames> {
  const { falseDiscoveryRate = FALSE_DISCOVERY_RATE } = options;
  const { d } = decoder;
  const { words } = vocabulary;
  const dense = await DenseProduct.open(options.threads);
  try {
    const metric = await whitenedMetric(options.sample, d, dense);
    const meanings = centred(vocabulary.vectors, d);
    const best = bestWords(await metric.cosines(decoder.wDec, meanings), words.length);
    const random = Random.of(options.seed, 'random directions');
    const directions = await randomDirections(options.sample, d, random, dense);
    const chance = bestWords(await metric.cosines(directions, meanings), words.length);
    const used = best.map((_, latent) => options.activity[latent] > 0);
    const threshold = discoveryThreshold(
      best.filter((_, latent) => used[latent]).map(({ score }) => score),
      chance.map(({ score }) => score),
      falseDiscoveryRate,
    );
    const named: NamedLatent[] = best.map(({ word, score, margin }, latent) => ({
      latent,
      name: words[word],
      score,
      margin,
      valid: used[latent] && score >= threshold,
    }));
    return { vocabulary: vocabulary.title, threshold, falseDiscoveryRate, named };
  } finally {
    await dense.close();
  }
}

/**
 * Smallest score that counts as a discovery: the largest set of scores whose p-values, counted among `chance`, hold the rate (Benjamini &
 * Hochberg 1995). Where none do, a threshold above every cosine.
 */
export function discoveryThreshold(scores: readonly number[], chance: readonly number[], rate: number): number {
  const falling = [...scores].sort((a, b) => b - a);
  const random = Float64Array.from(chance).sort();
  let threshold = NO_DISCOVERY;
  for (let rank = 1; rank <= falling.length; rank++) {
    const asGood = random.length - lowerBound(random, falling[rank - 1]);
    const p = (1 + asGood) / (1 + random.length);
    if (p <= (rate * rank) / falling.length) threshold = falling[rank - 1];
  }
  return threshold;
}

/** Above every cosine. */
const NO_DISCOVERY = 2;

/** Index of the first of rising `values` that is ≥ `value`. */
function lowerBound(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface BestWord {
  readonly word: number;
  readonly score: number;
  readonly margin: number;
}

function bestWords(cosines: Float32Array, words: number): BestWord[] {
  return Array.from({ length: cosines.length / words }, (_, row) => {
    let [word, first, second] = [0, -Infinity, -Infinity];
    for (let i = 0; i < words; i++) {
      const score = cosines[row * words + i];
      if (score > first) [word, first, second] = [i, score, first];
      else if (score > second) second = score;
    }
    return { word, score: first, margin: words > 1 ? first - second : 0 };
  });
}

/** Rows less their mean; a lone row stays as it is. */
function centred(vectors: Float32Array, d: number): Float32Array {
  const rows = vectors.length / d;
  const mean = new Float64Array(d);
  if (rows > 1) for (let i = 0; i < vectors.length; i++) mean[i % d] += vectors[i] / rows;
  return Float32Array.from(vectors, (value, i) => value - mean[i % d]);
}

/** Directions [RANDOM_DIRECTIONS, d] with the sample's covariance. */
async function randomDirections(
  sample: Float32Array,
  d: number,
  random: Random,
  dense: DenseProduct,
): Promise<Float32Array> {
  const rows = sample.length / d;
  const columns = new Float32Array(sample.length);
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += sample[i * d + j] / rows;
    for (let i = 0; i < rows; i++) columns[j * rows + i] = sample[i * d + j] - mean;
  }
  const weights = new Float32Array(RANDOM_DIRECTIONS * rows);
  for (let i = 0; i < weights.length; i++) weights[i] = random.normal();
  return dense.multiply(weights, columns, rows);
}
