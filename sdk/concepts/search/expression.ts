/**
 * What a user asks for in words: `forest, river:0.5, !cloud`.
 *
 *     query  = term { "," term }
 *     term   = concept | concept ":" weight | "!" concept
 *     concept = name | '"' name '"' | "#" latent
 *
 * A hit shows every plain concept and none behind "!"; a concept with a weight need not be there but counts as much, a negative weight against.
 * Without a plain concept a hit shows one of positive weight: `forest:1, river:1` is forest or river. Quotes hold names with a comma, a colon or
 * an exclamation mark; a double quote within is written twice. "#12" is latent 12, whether it has a name or not.
 */
import { NadirError } from '../../base/index.ts';

/** A concept by its name, or by the number of a latent. */
export type ConceptRef = { readonly name: string } | { readonly latent: number };

export interface WantedConcept {
  readonly concept: ConceptRef;
  /** Hits `have` it or `lack` it, or it `counts`. */
  readonly must: 'have' | 'lack' | 'counts';
  /** 1 unless given; below 0 it counts against. */
  readonly weight: number;
}

/** A concept as it is asked for: a name alone is a concept to have. */
export function wantedOf(concept: string | WantedConcept): WantedConcept {
  return typeof concept === 'string' ? { concept: { name: concept }, must: 'have', weight: 1 } : concept;
}

/** Weights beyond these would drown every other concept. */
const [LEAST, MOST] = [1e-6, 1e6];

/** Parses a query. `where` names the option in errors, which say the place in the text. */
export function parseConcepts(text: string, where: string): WantedConcept[] {
  return splitTerms(text, where).map((term) => parseTerm(term, where));
}

/** Concepts that an example is moved by: as a query's, but none excluded; each counts with its weight, 1 unless given, times `sign`. */
export function parseShifts(text: string, sign: 1 | -1, where: string): WantedConcept[] {
  return parseConcepts(text, where).map(({ concept, must, weight }) => {
    if (must === 'lack')
      throw wrong(`"!" before ${refText(concept)}`, where, 'Use --minus to move away from a concept');
    return { concept, must: 'counts', weight: sign * weight };
  });
}

/** A query as text that parses to the same. */
export function formatConcepts(wanted: readonly WantedConcept[]): string {
  return wanted
    .map(({ concept, must, weight }) =>
      must === 'have' ? refText(concept) : must === 'lack' ? `!${refText(concept)}` : `${refText(concept)}:${weight}`,
    )
    .join(', ');
}

function refText(concept: ConceptRef): string {
  if ('latent' in concept) return `#${concept.latent}`;
  const { name } = concept;
  return /[,:"!#]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

interface Term {
  readonly text: string;
  /** Column of its first character, from 1. */
  readonly column: number;
}

/** Cuts at the commas that are not within quotes. */
function splitTerms(text: string, where: string): Term[] {
  const terms: Term[] = [];
  let start = 0;
  let quoted = -1;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '"') quoted = quoted < 0 ? i : -1;
    if (i < text.length && (text[i] !== ',' || quoted >= 0)) continue;
    const part = text.slice(start, i);
    const column = start + part.length - part.trimStart().length + 1;
    if (part.trim() === '')
      throw wrong(`no concept at column ${start + 1}`, `${where} '${text}'`, 'Write names between commas');
    terms.push({ text: part.trim(), column });
    start = i + 1;
  }
  if (quoted >= 0)
    throw wrong(`the quote at column ${quoted + 1} does not end`, `${where} '${text}'`, 'Close it with "');
  return terms;
}

function parseTerm({ text, column }: Term, where: string): WantedConcept {
  const fail = (what: string, remedy: string) => wrong(`${what} at column ${column}`, where, remedy);
  const lack = text.startsWith('!');
  const body = lack ? text.slice(1).trimStart() : text;
  const match = /^(?:"((?:[^"]|"")*)"|#(\d+)|([^",:!][^",:]*?))\s*(?::\s*([^"]*))?$/.exec(body);
  if (!match)
    throw fail(
      `cannot read "${text}" as a concept`,
      'Write NAME, NAME:WEIGHT, !NAME or #LATENT; quote names with , : or !',
    );
  const [, quoted, latent, plain, weightText] = match;
  const concept = latent === undefined ? { name: quoted?.replaceAll('""', '"') ?? plain } : { latent: Number(latent) };
  if ('name' in concept && concept.name === '') throw fail('a concept without a name', 'Write its name');
  if (weightText === undefined) return { concept, must: lack ? 'lack' : 'have', weight: 1 };
  if (lack) throw fail(`a weight for the excluded ${refText(concept)}`, 'Leave the weight out, or the "!"');
  const weight = Number(weightText);
  const size = Math.abs(weight);
  if (weightText.trim() === '' || !(size >= LEAST && size <= MOST))
    throw fail(`weight "${weightText}"`, `Give a number of size ${LEAST} to ${MOST}; quote names that hold a colon`);
  return { concept, must: 'counts', weight };
}

function wrong(what: string, where: string, remedy: string): NadirError {
  return new NadirError({ what, where, remedy, exitCode: 2 });
}
