/** What is looked for in an index: concepts with weights, some required, some excluded; and rows like an example. */
import { NadirError } from '../../base/index.ts';
import type { CodeIndex } from './code-index.ts';

/** More terms than any code has. */
const MAX_TERMS = 65_000;
/** Weights between which no sum and no norm leaves float64. */
const [LEAST_WEIGHT, LARGEST_WEIGHT] = [1e-100, 1e100];

export interface ConceptTerm {
  /** Latents that carry the concept: its strength in a row is the sum of their activations there, in this order, each once. */
  readonly latents: readonly number[];
  /** 1 unless given. Without meaning for a concept that hits must lack. */
  readonly weight?: number;
  /** Hits `have` the concept, or `lack` it. Unless given it only counts. */
  readonly must?: 'have' | 'lack';
}

/**
 * How a row scores by the strengths s and weights w of the terms that it need not lack:
 * - `sum`: Σ w·s, added in the order of the terms in float64;
 * - `cosine`: that sum over |w|·|code|, |code| the norm of the row's code in float32;
 * - `weakest`: the least w·s; every term then must be had or lacked, and no weight be negative.
 */
export type Score = 'sum' | 'cosine' | 'weakest';

/**
 * A row is a hit if it has every concept that hits must have and none that they must lack; where none must be had, if it has a concept of
 * positive weight.
 */
export interface CodeQuery {
  readonly terms: readonly ConceptTerm[];
  readonly score?: Score;
}

export type CheckedTerm = Required<Omit<ConceptTerm, 'must'>> & { readonly must: 'have' | 'lack' | undefined };

/** The query with its defaults. Throws NadirError where it asks for nothing or contradicts itself. */
export function checkQuery(index: CodeIndex, query: CodeQuery): { terms: CheckedTerm[]; score: Score } {
  const { score = 'sum' } = query;
  const fail = (what: string, remedy: string) => new NadirError({ what, where: 'query', remedy, exitCode: 2 });
  const terms = query.terms.map(({ latents, weight = 1, must }) => ({ latents: [...new Set(latents)], weight, must }));
  if (terms.length > MAX_TERMS) throw fail(`${terms.length} concepts`, `Ask for at most ${MAX_TERMS}`);
  for (const { latents, weight } of terms) {
    if (latents.length === 0) throw fail('a concept without latents', 'Give at least one latent');
    for (const latent of latents) index.latentEntry(latent);
    const size = Math.abs(weight);
    if (size !== 0 && !(size >= LEAST_WEIGHT && size <= LARGEST_WEIGHT))
      throw fail(`weight ${weight}`, `Give 0 or a size from ${LEAST_WEIGHT} to ${LARGEST_WEIGHT}`);
  }
  if (score === 'weakest' && terms.some(({ must, weight }) => must === undefined || (must === 'have' && weight < 0)))
    throw fail('a weakest concept among some that only count', 'Require or exclude each, with weights from 0');
  if (!terms.some(({ must, weight }) => must === 'have' || (must === undefined && weight > 0)))
    throw fail('nothing to look for', 'Require a concept or give one a positive weight');
  if (score === 'cosine' && terms.every(({ must, weight }) => must === 'lack' || weight === 0))
    throw fail('a direction of length 0', 'Give a weight other than 0');
  return { terms, score };
}

/**
 * Rows like a row of the index: its code, scaled to length 1, as weights; scored by cosine unless the plain dot product (`sum`) is asked for. More
 * concepts may be added: one with weight 1 pulls as strongly as the whole example, one with a negative weight pushes away, and they may
 * be required or excluded. A counted concept of one latent moves the example's own weight of that latent.
 */
export function likeQuery(
  index: CodeIndex,
  row: number,
  concepts: readonly ConceptTerm[] = [],
  score: 'cosine' | 'sum' = 'cosine',
): CodeQuery {
  const { latents, values } = index.code(row);
  let square = 0;
  for (const value of values) square += value * value;
  const weights = new Map(Array.from(latents, (latent, i) => [latent, values[i] / Math.sqrt(square)]));
  const terms: ConceptTerm[] = [];
  for (const concept of concepts) {
    const [latent] = concept.latents;
    if (concept.must === undefined && concept.latents.length === 1)
      weights.set(latent, (weights.get(latent) ?? 0) + (concept.weight ?? 1));
    else terms.push(concept);
  }
  for (const [latent, weight] of weights) if (weight !== 0) terms.push({ latents: [latent], weight });
  if (terms.length === 0) {
    const remedy = 'Take another example, or ask by concept';
    throw new NadirError({ what: `row ${row} shows no concept`, where: index.path, remedy, exitCode: 2 });
  }
  return { terms, score };
}
