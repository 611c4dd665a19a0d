/** Exact search over scenes: by the concepts that they show, or by likeness to one of them. All scores are those of the code index. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { SparseCode } from '../../sae/index.ts';
import { CodeIndex, searchCodes } from '../code-index/index.ts';
import type { ConceptReader } from '../reader.ts';
import { findRowFiles, rowFiles } from '../row-files.ts';
import { blocksOf, SCENE_K } from '../scene-codes.ts';
import { openShards } from '../shards/index.ts';
import { openSceneIndex, type SceneIndex, writeCodes } from './scene-index.ts';
import { codeQuery, type Query, type ResolvedQuery, requireExample, resolveQuery } from './scene-query.ts';

export interface Hit {
  readonly row: number;
  readonly score: number;
}

/** A hit with what is known of it. */
export interface SceneHit extends Hit {
  readonly file?: string;
  /** The row's code as the index holds it, strongest first. */
  readonly code: SparseCode;
}

/** Where to search: an index folder of the model, or embeddings that are indexed for this one question. */
export type SearchPlace = { readonly index: string } | { readonly data: string };

export interface FoundScenes {
  readonly hits: readonly SceneHit[];
  /** Name of the data searched. */
  readonly data: string;
}

/** The `limit` best scenes. A query gives the same hits and scores in an index of the default k as in the embeddings that it was built of. */
export async function findScenes(
  model: string,
  reader: ConceptReader,
  place: SearchPlace,
  query: Query,
  { limit, threads }: { readonly limit: number; readonly threads: number },
): Promise<FoundScenes> {
  const wanted = resolveQuery(reader, query);
  if ('index' in place) {
    const scenes = await openSceneIndex(place.index, model);
    try {
      return { hits: await hitsOf(scenes, wanted, limit), data: scenes.data };
    } finally {
      scenes.codes.close();
    }
  }
  const shards = await openShards(place.data, { d: reader.sae.d });
  try {
    requireExample(wanted, shards.rows);
    const files = await findRowFiles(place.data, shards.rows);
    const search = (codes: CodeIndex) => hitsOf({ codes, files }, wanted, limit);
    return { hits: await withCodes(reader, blocksOf(shards), threads, search), data: basename(place.data) };
  } finally {
    await shards.close();
  }
}

/** The `limit` best rows of embeddings [rows, d], best first, equal scores by row. */
export async function searchScenes(
  reader: ConceptReader,
  embeddings: Float32Array,
  query: Query,
  limit: number,
  threads: number,
): Promise<Hit[]> {
  const wanted = resolveQuery(reader, query);
  requireExample(wanted, embeddings.length / reader.sae.d);
  return withCodes(reader, [embeddings], threads, (codes) => searchCodes(codes, codeQuery(codes, wanted), limit));
}

async function hitsOf({ codes, files }: Omit<SceneIndex, 'data'>, wanted: ResolvedQuery, limit: number) {
  const hits = searchCodes(codes, codeQuery(codes, wanted), limit);
  const rows = hits.map(({ row }) => row);
  const named = files === undefined ? undefined : await rowFiles(files, rows);
  return hits.map(({ row, score }): SceneHit => {
    const file = named?.get(row);
    return { row, score, ...(file !== undefined && { file }), code: codes.code(row) };
  });
}

/** Indexes embeddings in a temporary folder for the time of some work. */
async function withCodes<T>(
  { sae }: ConceptReader,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  threads: number,
  work: (codes: CodeIndex) => T | Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nadir-search-'));
  try {
    const path = join(folder, 'codes.index');
    await writeCodes(path, sae, blocks, { k: SCENE_K, threads });
    const codes = CodeIndex.open(path);
    try {
      return await work(codes);
    } finally {
      codes.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
