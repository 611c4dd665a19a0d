/** Exact search over scenes: by the concepts that they show, or by likeness to one of them. */
import { NadirError } from '../base/index.ts';
import { codesOf, preActivationsOf, type SparseCode } from '../sae/index.ts';
import type { ConceptReader } from './reader.ts';

/** Strongest latents of a scene that count. */
const K = 64;

export interface Hit {
  readonly row: number;
  readonly score: number;
}

/** What is looked for: all of these concepts, or rows like this one. */
export type Query = { readonly concepts: readonly string[] } | { readonly like: number };

/**
 * The `limit` best rows of embeddings [rows, d]. By concepts: a concept's strength is the strongest activation among latents of that name
 * over its largest in the data; a row scores the weakest of the concepts asked for, and rows that lack one are left out. By
 * likeness: the cosine of the rows' codes.
 */
export async function searchScenes(
  reader: ConceptReader,
  embeddings: Float32Array,
  query: Query,
  limit: number,
  threads: number,
): Promise<Hit[]> {
  const { sae } = reader;
  const rows = embeddings.length / sae.d;
  const codes = codesOf(await preActivationsOf(sae, embeddings, threads), sae.n, Math.min(K, sae.n));
  const scores = 'like' in query ? likeness(codes, query.like) : strengths(reader, codes, query.concepts);
  const hits: Hit[] = [];
  for (let row = 0; row < rows; row++) if (scores[row] > 0) hits.push({ row, score: scores[row] });
  return hits.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, limit);
}

function likeness(codes: readonly SparseCode[], row: number): Float64Array {
  if (row >= codes.length) {
    const remedy = `Give a row from 0 to ${codes.length - 1}`;
    throw new NadirError({ what: `no row ${row}`, where: '--like', remedy, exitCode: 2 });
  }
  const wanted = new Map(Array.from(codes[row].latents, (latent, i) => [latent, codes[row].values[i]]));
  const length = ({ values }: SparseCode) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Float64Array.from(codes, (code) => {
    let dot = 0;
    for (let i = 0; i < code.latents.length; i++) dot += (wanted.get(code.latents[i]) ?? 0) * code.values[i];
    return dot === 0 ? 0 : dot / (length(code) * length(codes[row]));
  });
}

function strengths(reader: ConceptReader, codes: readonly SparseCode[], concepts: readonly string[]): Float64Array {
  const weakest = new Float64Array(codes.length).fill(Infinity);
  for (const concept of concepts) {
    const latents = latentsNamed(reader, concept);
    const strength = Float64Array.from(codes, (code) => {
      let strongest = 0;
      for (let i = 0; i < code.latents.length; i++)
        if (latents.has(code.latents[i])) strongest = Math.max(strongest, code.values[i]);
      return strongest;
    });
    const largest = strength.reduce((a, b) => Math.max(a, b), 0) || 1;
    for (let row = 0; row < codes.length; row++) weakest[row] = Math.min(weakest[row], strength[row] / largest);
  }
  return weakest;
}

function latentsNamed({ names }: ConceptReader, concept: string): Set<number> {
  const valid = names.filter((named) => named?.valid === true);
  const wanted = concept.toLowerCase();
  const latents = new Set(
    valid.filter((named) => named?.name.toLowerCase() === wanted).map((named) => named?.latent ?? -1),
  );
  if (latents.size === 0) {
    const known = [...new Set(valid.map((named) => named?.name ?? ''))].sort();
    const remedy =
      known.length === 0
        ? 'Name the latents first with nadir concepts name'
        : `Valid names are ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`;
    throw new NadirError({ what: `no latent is named "${concept}"`, where: '--concept', remedy, exitCode: 2 });
  }
  return latents;
}
