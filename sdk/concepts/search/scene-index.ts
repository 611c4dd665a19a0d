/**
 * A folder that scenes are searched in: `codes.index` (sdk/concepts/code-index), `files.txt` where the images of the rows are known, and
 * `index.json`, which says whose codes these are. It is written aside and moved in file by file, index.json last: without it there is no index.
 */
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  canonicalJson,
  NadirError,
  type Progress,
  readBounded,
  sha256File,
  VERSION,
  writeFileAtomic,
} from '../../base/index.ts';
import type { SaeWeights } from '../../sae/index.ts';
import { CodeIndex, CodeIndexWriter, type IndexSummary } from '../code-index/index.ts';
import { readConcepts } from '../reader.ts';
import { findRowFiles, ROW_FILES } from '../row-files.ts';
import { blocksOf, SCENE_K, sceneCodes } from '../scene-codes.ts';
import { openShards } from '../shards/index.ts';

const CODES = 'codes.index';
const CARD = 'index.json';
const MAX_CARD_BYTES = 2 ** 20;
const REBUILD = 'Build it with nadir concepts index';

const cardSchema = z.object({
  kind: z.literal('scene index'),
  version: z.string(),
  /** SHA-256 of the model's sae.safetensors. */
  weights: z.string(),
  /** Strongest latents of a row that it holds. */
  k: z.int().min(1),
  n: z.int().min(1),
  rows: z.int().min(0),
  data: z.string(),
  /** Whether files.txt says the rows' images. */
  files: z.boolean(),
});

export interface BuildOptions {
  /** Concept model folder. */
  readonly model: string;
  /** File or folder of embeddings. */
  readonly data: string;
  readonly out: string;
  readonly k?: number | undefined;
  readonly threads: number;
  readonly progress?: Progress;
}

export interface BuiltIndex extends IndexSummary {
  /** The folder. */
  readonly index: string;
  readonly k: number;
}

/** Builds the index of embeddings, which are streamed: memory does not grow with their number. An index in `out` is replaced. */
export async function buildSceneIndex(options: BuildOptions): Promise<BuiltIndex> {
  const { model, data, out, k = SCENE_K, threads, progress } = options;
  const { sae } = await readConcepts(model);
  const weights = await weightsHash(model);
  const shards = await openShards(data, { d: sae.d });
  const aside = `${resolve(out)}.${process.pid}.partial`;
  try {
    await makeFolder(aside);
    const told = progress && { progress };
    const summary = await writeCodes(join(aside, CODES), sae, blocksOf(shards), { k, threads, ...told });
    const files = await findRowFiles(data, shards.rows);
    if (files) await copyFile(files, join(aside, ROW_FILES));
    const { rows } = summary;
    const card = {
      kind: 'scene index',
      version: VERSION,
      weights,
      k,
      n: sae.n,
      rows,
      data: basename(data),
      files: !!files,
    };
    await writeFileAtomic(join(aside, CARD), canonicalJson(card));
    await makeFolder(out);
    await rm(join(out, CARD), { force: true });
    for (const name of files ? [CODES, ROW_FILES, CARD] : [CODES, CARD])
      await rename(join(aside, name), join(out, name));
    return { ...summary, index: out, k };
  } finally {
    await shards.close();
    await rm(aside, { recursive: true, force: true });
  }
}

/** An open index of scenes; close its codes after use. */
export interface SceneIndex {
  readonly codes: CodeIndex;
  /** The list of the rows' images, where it is known. */
  readonly files: string | undefined;
  /** Name of the data that it was built of. */
  readonly data: string;
}

/** Opens the index of a model. Throws NadirError where the folder has none, a damaged one, or that of other weights. */
export async function openSceneIndex(folder: string, model: string): Promise<SceneIndex> {
  const path = join(folder, CARD);
  const fail = (what: string, cause?: unknown) => new NadirError({ what, where: path, remedy: REBUILD, cause });
  const text = (
    await readBounded(path, MAX_CARD_BYTES).catch((cause: unknown) => {
      throw fail('no scene index here', cause);
    })
  ).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail('not JSON', cause);
  }
  const { success, data: card } = cardSchema.safeParse(value);
  if (!success) throw fail('not the card of a scene index');
  if (card.weights !== (await weightsHash(model))) throw fail(`the index is of another model than ${model}`);
  const codes = CodeIndex.open(join(folder, CODES));
  if (codes.n === card.n && codes.rows === card.rows)
    return { codes, files: card.files ? join(folder, ROW_FILES) : undefined, data: card.data };
  codes.close();
  throw fail(`${codes.rows} codes of ${codes.n} latents where the card says ${card.rows} of ${card.n}`);
}

/** Writes the codes of embeddings that come in blocks [m, d]; every row has its place, also one without a concept. */
export async function writeCodes(
  path: string,
  sae: SaeWeights,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  options: { readonly k: number; readonly threads: number; readonly progress?: Progress },
): Promise<IndexSummary> {
  const writer = new CodeIndexWriter(path, { n: sae.n });
  try {
    for await (const { rows, codes } of sceneCodes(sae, blocks, options))
      codes.forEach(({ latents, values }, i) => {
        writer.add(rows[i], latents, values);
      });
    return writer.finish();
  } catch (thrown) {
    writer.abandon();
    throw thrown;
  }
}

function weightsHash(model: string): Promise<string> {
  return sha256File(join(model, 'sae.safetensors'));
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    const remedy = 'Choose another --out, or check that the place is writable';
    throw new NadirError({ what: 'cannot make the folder', where: path, remedy, cause });
  });
}
