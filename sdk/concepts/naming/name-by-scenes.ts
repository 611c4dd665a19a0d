/**
 * Names for latents by the scenes they fire on, checked twice. A latent's direction is where the scored scenes lie that it fires on, the
 * mean weighted by activation less the mean of all; its candidate is the word whose vector lies nearest in the partly whitened
 * space of metric.ts, centred as the vocabulary is.
 *
 * First check, against chance: random latents (random-latents.ts) are put to the same rows and the same words, and their best scores give
 * p-values and by Benjamini & Hochberg the threshold. This null is the right one, since a random latent has all that a latent's score owes to
 * the data and nothing that it owes to the training: it looks along a direction in which scenes vary, fires on as many rows, and its
 * mean of so many rows has the same sampling noise. Permuted or isotropic vectors would lie where no scene does, and let nearly
 * every latent pass.
 * The rule takes the rank where a draw of chance errs most in the names' favour, so two draws are made and the stricter threshold counts.
 * Second check, by the images: on scenes that took no part in the first, the images where a latent is strongest agree with the word
 * (evidence.ts).
 *
 * What chance would still pass is measured, not only bounded: fresh random latents go through both checks at the same thresholds.
 */
import { DenseProduct, type SaeWeights } from '../../sae/index.ts';
import { type Activations, gatherActivations, strongestFirst } from '../activations.ts';
import type { ConceptNames, NamedLatent } from '../model.ts';
import { SCENE_K } from '../scene-codes.ts';
import { bestWords, meaningsOf } from './best-words.ts';
import { type Agreement, ASKED_IMAGES, type Evidence, labelEvidence, responseEvidence } from './evidence.ts';
import { judge, summary, thresholdsOf } from './judge.ts';
import { type Metric, whitenedMetric } from './metric.ts';
import { FALSE_DISCOVERY_RATE } from './name.ts';
import { randomLatents } from './random-latents.ts';
import { meanRow, sceneDirection } from './scene-directions.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Random latents of each of the two draws that set the thresholds, and fresh ones that measure what passes. */
const RANDOM_LATENTS = 12_500;
const FRESH_LATENTS = 10_000;
/** Scored rows that a latent must fire on for its direction to mean anything. */
const FEWEST_ROWS = 10;

/** A vocabulary; for one of classes, with the class of each confirming row as a place in its words, or -1. */
export interface NamingVocabulary extends Vocabulary {
  readonly labels?: Int32Array | undefined;
}

export interface NamingScenes {
  /** Rows that score, [rows, d]. */
  readonly scored: Float32Array;
  /** Rows of other images that confirm, one an image, [rows, d]. */
  readonly confirming: Float32Array;
}

export interface SceneNameOptions {
  /** Training embeddings that stand for the data's covariance, [rows, d]. */
  readonly sample: Float32Array;
  readonly seed: number;
  readonly threads: number;
  readonly falseDiscoveryRate?: number | undefined;
}

/** Names every latent by its scenes, in their order; of several vocabularies the first that holds. */
export async function nameByScenes(
  sae: SaeWeights,
  vocabularies: readonly NamingVocabulary[],
  { scored, confirming }: NamingScenes,
  options: SceneNameOptions,
): Promise<ConceptNames> {
  const { d, n } = sae;
  const { sample, seed, threads, falseDiscoveryRate = FALSE_DISCOVERY_RATE } = options;
  const firing = await gatherActivations(sae, [scored], { k: SCENE_K, threads });
  const count = (latent: number) => firing.start[latent + 1] - firing.start[latent];
  const latents = Array.from({ length: n }, (_, latent) => latent);
  const used = latents.filter((latent) => count(latent) >= FEWEST_ROWS);
  const images = await strongestImages(sae, confirming, threads);
  const dense = await DenseProduct.open(threads);
  try {
    const metric = await whitenedMetric(sample, d, dense);
    const evidence = await evidenceOf(vocabularies, confirming, metric, dense);
    const candidatesOf = async (directions: Float32Array, shown: readonly (readonly number[])[]) => ({
      best: await bestWords(directions, vocabularies, metric),
      askImages: (direction: number, vocabulary: number, word: number) => evidence[vocabulary](word, shown[direction]),
    });
    const densities = used.length > 0 ? used.map(count) : [FEWEST_ROWS];
    const drawn = { sample, d, scored, confirming, densities, seed };
    const drawLatents = async (number: number, use: string) => {
      const { directions, images: shown } = await randomLatents({ ...drawn, count: number, use }, metric, dense);
      return candidatesOf(directions, shown);
    };
    const candidates = await candidatesOf(directionsOf(firing, scored, d), images);
    const thresholdsBy = async (use: string) =>
      thresholdsOf(candidates, used, await drawLatents(RANDOM_LATENTS, use), falseDiscoveryRate);
    const [one, other] = [await thresholdsBy('random latents'), await thresholdsBy('more random latents')];
    const thresholds = one.map((threshold, i) => Math.max(threshold, other[i]));
    const isUsed = new Set(used);
    const named = latents.map((at) => judge(at, isUsed.has(at), candidates, thresholds, vocabularies));

    const fresh = await drawLatents(FRESH_LATENTS, 'fresh random latents');
    const freshValid = fresh.best[0].filter((_, at) => judge(at, true, fresh, thresholds, vocabularies).valid).length;
    const valid = named.filter((latent) => latent.valid).length;
    const rate = valid > 0 ? (freshValid / FRESH_LATENTS) * (used.length / valid) : 0;
    return {
      ...summary(vocabularies, thresholds, named),
      ...{ falseDiscoveryRate, by: 'scenes', used: used.length },
      chance: { drawn: FRESH_LATENTS, valid: freshValid, rate },
      named,
    };
  } finally {
    await dense.close();
  }
}

/**
 * Do other scenes agree with names that were given? Of each valid name what the images say, one row an image, [rows, d]; the vocabularies are those
 * that named, with the labels of these rows.
 */
export async function agreementOn(
  sae: SaeWeights,
  names: ConceptNames,
  vocabularies: readonly NamingVocabulary[],
  rows: Float32Array,
  { sample, threads }: Pick<SceneNameOptions, 'sample' | 'threads'>,
): Promise<{ readonly named: NamedLatent; readonly agreement: Agreement }[]> {
  const images = await strongestImages(sae, rows, threads);
  const dense = await DenseProduct.open(threads);
  try {
    const evidence = await evidenceOf(vocabularies, rows, await whitenedMetric(sample, sae.d, dense), dense);
    return names.named
      .filter(({ valid }) => valid)
      .map((named) => {
        const at = vocabularies.findIndex(({ title }) => title === (named.vocabulary ?? names.vocabulary));
        return { named, agreement: evidence[at](named.word ?? -1, images[named.latent]) };
      });
  } finally {
    await dense.close();
  }
}

/** Rows where each latent is strongest among those that it fires on. */
async function strongestImages(sae: SaeWeights, rows: Float32Array, threads: number): Promise<number[][]> {
  const activations = await gatherActivations(sae, [rows], { k: SCENE_K, threads });
  strongestFirst(activations);
  const { row, start } = activations;
  return Array.from({ length: sae.n }, (_, latent) => [
    ...row.subarray(start[latent], Math.min(start[latent + 1], start[latent] + ASKED_IMAGES)),
  ]);
}

/** Where the scenes of each latent lie, [n, d]. */
function directionsOf({ n, start, row, value }: Activations, scored: Float32Array, d: number): Float32Array {
  const mean = meanRow(scored, d);
  const directions = new Float32Array(n * d);
  for (let latent = 0; latent < n; latent++) {
    const [from, to] = [start[latent], start[latent + 1]];
    const into = directions.subarray(latent * d, (latent + 1) * d);
    sceneDirection(scored, d, mean, row.subarray(from, to), value.subarray(from, to), into);
  }
  return directions;
}

async function evidenceOf(
  vocabularies: readonly NamingVocabulary[],
  rows: Float32Array,
  metric: Metric,
  dense: DenseProduct,
): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const vocabulary of vocabularies) {
    const { labels, words, d, readouts } = vocabulary;
    if (labels) {
      evidence.push(labelEvidence(labels, words.length));
      continue;
    }
    const meanings = meaningsOf(vocabulary);
    const vectors = readouts ? meanings : await metric.readouts(meanings);
    evidence.push(responseEvidence(await dense.multiply(rows, vectors, d), words.length));
  }
  return evidence;
}
