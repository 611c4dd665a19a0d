/**
 * Do images agree with a word? Asked of the images that show a latent best, on rows that took no part in naming it.
 *
 * A word that is a class agrees where at least half of these images are of it, and so many would be there by chance in at most one case of
 * a hundred (binomial, with the class's share of all rows). Any other word agrees where it is among the hundredth of its vocabulary (one word
 * at least) whose response these images raise most: the product of embedding and readout, such as a classifier's logit, less its mean over
 * all rows, in its own standard deviations, so that a word whose response swings in every scene wins nothing by that. Fewer than four images are no evidence.
 */

/** Images that are asked, the strongest first. */
export const ASKED_IMAGES = 16;
const FEWEST_IMAGES = 4;
const MAJORITY = 0.5;
const CHANCE = 0.01;
const TOP_SHARE = 0.01;

/** What images say of a word. */
export interface Agreement {
  /** Images that were asked. */
  readonly images: number;
  /** Share of them that are of the class, for a word that is one. */
  readonly share?: number;
  /** Words of the vocabulary that they raise more, for any other. */
  readonly rank?: number;
  readonly agrees: boolean;
}

/** What rows tell of the words of one vocabulary. */
export type Evidence = (word: number, images: readonly number[]) => Agreement;

/** Evidence of rows whose class is known: `labels` [rows] are places in the vocabulary, or -1 for a class that is none of its words. */
export function labelEvidence(labels: Int32Array, classes: number): Evidence {
  const counts = new Float64Array(classes);
  for (const label of labels) if (label >= 0) counts[label]++;
  return (word, images) => {
    const ofClass = images.filter((row) => labels[row] === word).length;
    const share = images.length > 0 ? ofClass / images.length : 0;
    const byChance = binomialTail(ofClass, images.length, counts[word] / labels.length);
    return {
      images: images.length,
      share,
      agrees: images.length >= FEWEST_IMAGES && share >= MAJORITY && byChance <= CHANCE,
    };
  };
}

/** Evidence of responses [rows, words]. */
export function responseEvidence(responses: Float32Array, words: number): Evidence {
  const rows = responses.length / words;
  const mean = new Float64Array(words);
  const deviation = new Float64Array(words);
  for (let i = 0; i < responses.length; i++) mean[i % words] += responses[i];
  for (let word = 0; word < words; word++) mean[word] /= rows;
  for (let i = 0; i < responses.length; i++) deviation[i % words] += (responses[i] - mean[i % words]) ** 2 / rows;
  for (let word = 0; word < words; word++) deviation[word] = Math.sqrt(deviation[word]);
  const most = Math.max(1, Math.floor(TOP_SHARE * words));
  return (asked, images) => {
    const raised = new Float64Array(words);
    for (let word = 0; word < words; word++) {
      for (const row of images) raised[word] += responses[row * words + word] - mean[word];
      raised[word] /= deviation[word] || Infinity;
    }
    const rank = raised.reduce((sum, value) => sum + (value > raised[asked] ? 1 : 0), 0);
    const agrees = images.length >= FEWEST_IMAGES && raised[asked] > 0 && rank < most;
    return { images: images.length, rank, agrees };
  };
}

/** Chance of at least `hits` of `n` draws that each hit with chance p. */
export function binomialTail(hits: number, n: number, p: number): number {
  if (hits <= 0) return 1;
  let tail = 0;
  let choose = 1;
  for (let i = 0; i <= n; i++) {
    if (i > 0) choose *= (n - i + 1) / i;
    if (i >= hits) tail += choose * p ** i * (1 - p) ** (n - i);
  }
  return Math.min(1, tail);
}
