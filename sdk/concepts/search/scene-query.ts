/**
 * A user's question as a query of a code index. A concept is all latents validly named so, and as strong in a row as they are together: one that fires hugely for once says less than several that agree. In a
 * query by concepts its strength counts from 0 to 1, its largest in the index, so that concepts weigh alike whatever their scale. A row
 * scores its weakest concept where all are asked for alike, and with weights the weighted mean of the strengths, over the sum of the
 * positive weights. By example a row scores the cosine of its code and the example's, which other concepts move: each of weight 1 by as
 * much as the whole example, scaled to length 1, in the activations' own units.
 */
import { NadirError } from '../../base/index.ts';
import { type CodeIndex, type CodeQuery, type ConceptTerm, likeQuery, searchCodes } from '../code-index/index.ts';
import type { ConceptReader } from '../reader.ts';
import { type ConceptRef, type WantedConcept, wantedOf } from './expression.ts';

/** What is looked for: concepts, or rows like this one, perhaps more or less of some concepts. */
export type Query =
  | { readonly concepts: readonly (string | WantedConcept)[] }
  | { readonly like: number; readonly shifts?: readonly WantedConcept[] };

/** Names shown to a user who asked for one that is none. */
const NAMES_SHOWN = 12;

/** A concept as latents. */
interface WantedLatents {
  readonly latents: readonly number[];
  readonly must: WantedConcept['must'];
  readonly weight: number;
}

/** A query whose names are known to be latents. */
export type ResolvedQuery = { readonly terms: readonly WantedLatents[]; readonly like?: number };

/** Looks the names up. Throws NadirError for a name or a number that no latent has, and for a query for nothing. */
export function resolveQuery(reader: ConceptReader, query: Query): ResolvedQuery {
  const resolve = ({ concept, must, weight }: WantedConcept) => ({ latents: latentsOf(reader, concept), must, weight });
  if ('like' in query) return { like: query.like, terms: (query.shifts ?? []).map(resolve) };
  const terms = query.concepts.map((concept) => resolve(wantedOf(concept)));
  if (terms.some(({ must, weight }) => must === 'have' || (must === 'counts' && weight > 0))) return { terms };
  const remedy = 'Ask for a concept, or give one a positive weight';
  throw new NadirError({ what: 'nothing to look for', where: '--concept', remedy, exitCode: 2 });
}

/** Throws NadirError where the example is none of so many rows. */
export function requireExample({ like }: ResolvedQuery, rows: number): void {
  if (like === undefined || like < rows) return;
  const remedy = rows === 0 ? 'There are no rows' : `Give a row from 0 to ${rows - 1}`;
  throw new NadirError({ what: `no row ${like}`, where: '--like', remedy, exitCode: 2 });
}

/** The query of an index. */
export function codeQuery(index: CodeIndex, query: ResolvedQuery): CodeQuery {
  requireExample(query, index.rows);
  const { like, terms: wanted } = query;
  if (like !== undefined)
    return likeQuery(
      index,
      like,
      wanted.map(({ latents, weight }) => ({ latents, weight })),
    );
  const weighted = wanted.some(({ must }) => must === 'counts');
  const positive = wanted.reduce((sum, { must, weight }) => (must === 'lack' ? sum : sum + Math.max(0, weight)), 0);
  const terms = wanted.map(({ latents, must, weight }): ConceptTerm => {
    if (must === 'lack') return { latents, must };
    const scaled = weight / (largestStrength(index, latents) || 1) / (weighted ? positive : 1);
    return { latents, weight: scaled, ...(must === 'have' && { must }) };
  });
  return { terms, score: weighted ? 'sum' : 'weakest' };
}

/** Of a concept, in any row. */
function largestStrength(index: CodeIndex, latents: readonly number[]): number {
  if (latents.length === 1) return index.latent(latents[0]).largest;
  const [strongest] = searchCodes(index, { terms: [{ latents, must: 'have' }] }, 1);
  return strongest?.score ?? 0;
}

/** The latents of a concept: all that are validly named so, or the one of that number. */
function latentsOf({ names }: ConceptReader, concept: ConceptRef): number[] {
  const fail = (what: string, remedy: string) => new NadirError({ what, where: '--concept', remedy, exitCode: 2 });
  if ('latent' in concept) {
    if (concept.latent < names.length) return [concept.latent];
    throw fail(`no latent ${concept.latent}`, `Give latents from 0 to ${names.length - 1}`);
  }
  const wanted = concept.name.toLowerCase();
  const valid = names.filter((named) => named?.valid === true);
  const latents = valid.flatMap((named) => (named?.name.toLowerCase() === wanted ? [named.latent] : []));
  if (latents.length > 0) return latents;
  const known = [...new Set(valid.map((named) => named?.name ?? ''))].sort();
  const remedy =
    known.length === 0
      ? 'Name the latents first with nadir concepts name, or ask for latents by number as #12'
      : `Valid names are ${known.slice(0, NAMES_SHOWN).join(', ')}${known.length > NAMES_SHOWN ? ', …' : ''}`;
  throw fail(`no latent is named "${concept.name}"`, remedy);
}
