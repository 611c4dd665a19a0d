/**
 * Names for latents from the model alone, without scenes: the word whose vector points most nearly along a latent's atom. Both sides are
 * directions away from a centre: an atom already is one (it is added to the data's mean), and the vocabulary's vectors have their own mean
 * taken off; readouts are taken for directions too, since an atom alone hardly tells how it would be read. Angles are measured in the partly
 * whitened space of metric.ts.
 *
 * A name is valid where chance would hardly score as much: chance is random directions with the data's covariance (random-latents.ts), and
 * the threshold the one of discoveries.ts at the stated false-discovery rate. A latent that no training row used is never valid.
 * With scenes at hand, name-by-scenes.ts says more.
 */
import { Random } from '../../base/index.ts';
import { DenseProduct, type SaeDecoder } from '../../sae/index.ts';
import type { ConceptNames } from '../model.ts';
import { bestWords } from './best-words.ts';
import { judge, summary, thresholdsOf } from './judge.ts';
import { whitenedMetric } from './metric.ts';
import { randomDirections } from './random-latents.ts';
import type { Vocabulary } from './vocabulary.ts';

const RANDOM_DIRECTIONS = 4000;
/** Unless asked otherwise. */
export const FALSE_DISCOVERY_RATE = 0.05;

export interface NameOptions {
  /** Training embeddings that stand for the data's covariance, [rows, d]. */
  readonly sample: Float32Array;
  /** Training rows that use each latent, [n]. */
  readonly activity: ArrayLike<number>;
  readonly seed: number;
  readonly threads: number;
  readonly falseDiscoveryRate?: number | undefined;
}

/** Names every latent by its atom, in their order. */
export async function nameLatents(
  decoder: SaeDecoder,
  vocabularies: readonly Vocabulary[],
  options: NameOptions,
): Promise<ConceptNames> {
  const { falseDiscoveryRate = FALSE_DISCOVERY_RATE } = options;
  const { d, wDec, n } = decoder;
  const dense = await DenseProduct.open(options.threads);
  try {
    const metric = await whitenedMetric(options.sample, d, dense);
    const random = Random.of(options.seed, 'random directions');
    const directions = await randomDirections(options.sample, d, random, dense)(RANDOM_DIRECTIONS);
    const asDirections = vocabularies.map((vocabulary) => ({ ...vocabulary, readouts: false }));
    const latents = { best: await bestWords(wDec, asDirections, metric) };
    const chance = { best: await bestWords(directions, asDirections, metric) };
    const isUsed = (latent: number) => options.activity[latent] > 0;
    const all = Array.from({ length: n }, (_, latent) => latent);
    const thresholds = thresholdsOf(latents, all.filter(isUsed), chance, falseDiscoveryRate);
    const named = all.map((latent) => judge(latent, isUsed(latent), latents, thresholds, vocabularies));
    return { ...summary(vocabularies, thresholds, named), falseDiscoveryRate, by: 'atoms', named };
  } finally {
    await dense.close();
  }
}
