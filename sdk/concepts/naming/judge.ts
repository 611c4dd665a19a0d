/**
 * Which of a latent's candidate names holds, where every vocabulary has one. The vocabularies stand in the user's order: the first whose
 * name passes both checks, against chance and by the images, names the latent.
 *
 * Each vocabulary is put to what those before it left unnamed, latents and chance alike, and holds the false-discovery rate among its
 * own names. The false share of all names is then a mean of the vocabularies' shares, weighted by their numbers of names.
 */
import type { ConceptNames, NamedLatent } from '../model.ts';
import type { BestWord } from './best-words.ts';
import { discoveryThreshold } from './discoveries.ts';
import type { Agreement } from './evidence.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Directions with their best word in each vocabulary, and what their images say. */
export interface Candidates {
  /** [vocabularies][directions]. */
  readonly best: readonly (readonly BestWord[])[];
  /** Do the images of a direction agree with a word of a vocabulary? Without it there are none to ask. */
  readonly askImages?: (direction: number, vocabulary: number, word: number) => Agreement;
}

/** Smallest score that counts, a vocabulary, for those of the latents that are used. */
export function thresholdsOf(latents: Candidates, used: readonly number[], chance: Candidates, rate: number): number[] {
  let unnamed = used;
  let unnamedChance: readonly number[] = [...(chance.best[0]?.keys() ?? [])];
  return latents.best.map((ofLatents, i) => {
    const ofChance = chance.best[i];
    const threshold = discoveryThreshold(
      unnamed.map((at) => ofLatents[at].score),
      unnamedChance.map((at) => ofChance[at].score),
      rate,
    );
    unnamed = unnamed.filter((at) => !isNamed(latents, at, i, threshold));
    unnamedChance = unnamedChance.filter((at) => !isNamed(chance, at, i, threshold));
    return threshold;
  });
}

function isNamed({ best, askImages }: Candidates, direction: number, vocabulary: number, threshold: number): boolean {
  const { word, score } = best[vocabulary][direction];
  return score >= threshold && (askImages?.(direction, vocabulary, word).agrees ?? true);
}

/** Names a direction; one without a valid name gets the candidate that came furthest, and why it does not hold. */
export function judge(
  latent: number,
  isUsed: boolean,
  { best, askImages }: Candidates,
  thresholds: readonly number[],
  vocabularies: readonly Vocabulary[],
): NamedLatent {
  const leads = best.map((of, i) => of[latent].score - thresholds[i]);
  const candidate = (at: number) => {
    const { word, score, margin } = best[at][latent];
    const { words, title } = vocabularies[at];
    return { latent, name: words[word], word, score, margin, ...(vocabularies.length > 1 && { vocabulary: title }) };
  };
  const nearest = leads.indexOf(Math.max(...leads));
  if (!isUsed) return { ...candidate(nearest), valid: false, reason: 'unused' };
  let refused: NamedLatent | undefined;
  for (const [i, lead] of leads.entries()) {
    if (lead < 0) continue;
    const agreement = askImages?.(latent, i, best[i][latent].word);
    const found = { ...candidate(i), ...(agreement && { agreement }) };
    if (agreement?.agrees ?? true) return { ...found, valid: true };
    refused ??= { ...found, valid: false, reason: 'images' };
  }
  return refused ?? { ...candidate(nearest), valid: false, reason: 'chance' };
}

/** What names.json says of the vocabularies. */
export function summary(
  vocabularies: readonly Vocabulary[],
  thresholds: readonly number[],
  named: readonly NamedLatent[],
): Pick<ConceptNames, 'vocabulary' | 'threshold' | 'vocabularies'> {
  return {
    vocabulary: vocabularies.map(({ title }) => title).join(' + '),
    threshold: Math.min(...thresholds),
    vocabularies: vocabularies.map(({ title, words }, i) => {
      const isOurs = (latent: NamedLatent) => latent.valid && (latent.vocabulary ?? vocabularies[0].title) === title;
      return { title, words: words.length, threshold: thresholds[i], valid: named.filter(isOurs).length };
    }),
  };
}
