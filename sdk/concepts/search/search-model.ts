/** One search as the command line asks for it: words to a query, hits, and a page of them. */
import { NadirError, writeFileAtomic } from '../../base/index.ts';
import { openImages } from '../images.ts';
import { readConcepts } from '../reader.ts';
import { formatConcepts, parseConcepts, parseShifts, type WantedConcept, wantedOf } from './expression.ts';
import { hitsPage } from './hits-page.ts';
import type { Query } from './scene-query.ts';
import { findScenes, type Hit, type SearchPlace } from './search.ts';

export interface SearchRequest {
  /** Concept model folder. */
  readonly model: string;
  readonly place: SearchPlace;
  /** As expression.ts says. */
  readonly concept?: string | undefined;
  /** Numbers of latents between commas, all to be shown. */
  readonly latent?: string | undefined;
  /** A row to be like, and concepts to move it by. */
  readonly like?: number | undefined;
  readonly plus?: string | undefined;
  readonly minus?: string | undefined;
  readonly limit: number;
  readonly threads: number;
  /** Page of the hits to write, and the images for it. */
  readonly page?: string | undefined;
  readonly images?: string | undefined;
}

export interface SearchAnswer {
  readonly hits: readonly (Hit & { readonly file?: string })[];
  readonly page?: string;
}

/** Searches. Throws NadirError for a question that cannot be read, before anything is. */
export async function searchModel(request: SearchRequest): Promise<SearchAnswer> {
  const { model, place, page } = request;
  const query = queryOf(request);
  if (request.images !== undefined && page === undefined) {
    const remedy = 'Give --html FILE or --out DIR too';
    throw new NadirError({ what: '--images without a page to show them', where: 'options', remedy, exitCode: 2 });
  }
  const reader = await readConcepts(model);
  const { hits: found, data } = await findScenes(model, reader, place, query, request);
  const hits = found.map(({ code, ...hit }) => hit);
  if (page === undefined) return { hits };
  const images = request.images === undefined ? undefined : await openImages(request.images);
  const like = 'like' in query ? found.find(({ row }) => row === query.like)?.file : undefined;
  const question = questionOf(query, like);
  await writeFileAtomic(page, await hitsPage({ question, data, hits: found, reader, images }));
  return { hits, page };
}

function queryOf({ concept, latent, like, plus, minus }: SearchRequest): Query {
  const fail = (what: string, remedy: string) => new NadirError({ what, where: 'options', remedy, exitCode: 2 });
  const asked = concept !== undefined || latent !== undefined;
  if (like !== undefined) {
    if (asked) throw fail('--like with --concept or --latent', 'Move an example with --plus and --minus');
    const more = plus === undefined ? [] : parseShifts(plus, 1, '--plus');
    const less = minus === undefined ? [] : parseShifts(minus, -1, '--minus');
    return { like, shifts: [...more, ...less] };
  }
  if (plus !== undefined || minus !== undefined)
    throw fail('--plus and --minus move an example', 'Give --like ROW too, or weights in --concept');
  if (!asked) throw fail('nothing to search for', 'Give --concept NAME, --latent NUMBER or --like ROW');
  const named = concept === undefined ? [] : parseConcepts(concept, '--concept');
  return { concepts: [...named, ...(latent === undefined ? [] : latentsOf(latent))] };
}

function latentsOf(text: string): WantedConcept[] {
  return text.split(',').map((part): WantedConcept => {
    const number = part.trim();
    if (/^\d{1,9}$/.test(number)) return { concept: { latent: Number(number) }, must: 'have', weight: 1 };
    const remedy = 'Give whole numbers between commas';
    throw new NadirError({ what: `"${number}" is no latent`, where: `--latent '${text}'`, remedy, exitCode: 2 });
  });
}

/** The question as a page's title. */
function questionOf(query: Query, likeFile: string | undefined): string {
  if (!('like' in query)) return formatConcepts(query.concepts.map(wantedOf));
  const moved = (query.shifts ?? []).map(({ concept, weight }) => {
    const text = formatConcepts([{ concept, must: 'have', weight: 1 }]);
    const size = Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} × `;
    return ` ${weight < 0 ? '−' : '+'} ${size}${text}`;
  });
  return `Like ${likeFile ?? `row ${query.like}`}${moved.join('')}`;
}
