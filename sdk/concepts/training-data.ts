/** The embeddings that a training takes: held in memory where they fit what is stated, else streamed from their shards. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { NadirError, onceIn, type Progress } from '../base/index.ts';
import type { RowSource } from '../sae/index.ts';
import { type EmbeddingTable, holdOut, readEmbeddings, readShards } from './embeddings.ts';
import { imagesOfRows } from './row-files.ts';
import {
  describeFootprint,
  type EmbeddingShards,
  type Footprint,
  fitsMemory,
  footprintOf,
  heldOutRows,
  openShards,
  StreamedRows,
  surveyShards,
} from './shards/index.ts';

/** As float16, half of the most float32 data that is held by default. */
const SMALL_BYTES = 128 * 2 ** 20;
const HOLDOUT_SHARE = 0.1;
const TELL_SECONDS = 10;

export interface DataPaths {
  /** A file or folder of embeddings, or several. */
  readonly data: string | readonly string[];
  /** Embeddings to measure on; without them a tenth of the data's images. */
  readonly holdout?: string | undefined;
}

export interface DataOptions {
  readonly seed: number;
  /** Latents and rows a step of the training, where d is known. */
  readonly expansion: number;
  readonly batch: number;
  /** Memory that the process may take; data that do not fit it are streamed. By default 1 GiB for the data. */
  readonly memoryBytes?: number | undefined;
  readonly progress: Progress;
}

export interface TrainingData {
  readonly d: number;
  /** Rows trained on. */
  readonly count: number;
  /** What the training takes. */
  readonly source: Float32Array | RowSource;
  /** The rows trained on, or where they are streamed a sample of them, [m, d]. */
  readonly rows: Float32Array;
  /** Rows to measure on, [m, d]. */
  readonly heldOut: Float32Array;
  readonly name: string;
  readonly sha256: string;
  close(): Promise<void>;
}

/** Opens the data of a training. Close it after use. */
export async function openTrainingData(paths: DataPaths, options: DataOptions): Promise<TrainingData> {
  const { expansion, batch, memoryBytes, seed } = options;
  const [path, ...more] = typeof paths.data === 'string' ? [paths.data] : paths.data;
  const shapeOf = (d: number, readingBytes: number) => ({ d, n: expansion * d, batch, readingBytes });
  if (more.length === 0 && (await isSmallArray(path, memoryBytes))) {
    const table = await readEmbeddings(path);
    if (fitsMemory(shapeOf(table.d, 0), table.rows, memoryBytes)) return inMemory(table, paths.holdout, seed);
  }
  const shards = await openShards(paths.data);
  try {
    const { d, rows, readingBytes } = shards;
    const shape = shapeOf(d, readingBytes);
    if (!fitsMemory(shape, rows, memoryBytes))
      return await streamed(shards, path, paths.holdout, options, footprintOf(shape, memoryBytes));
    const table = await readShards(shards, path);
    await shards.close();
    return await inMemory(table, paths.holdout, seed);
  } catch (thrown) {
    await shards.close();
    throw thrown;
  }
}

/** Whether a path is an array, in one file, that is sooner read whole than looked at. */
async function isSmallArray(path: string, memoryBytes = Number.POSITIVE_INFINITY): Promise<boolean> {
  if (!/\.np[yz]$/.test(path)) return false;
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() === true && info.size <= Math.min(SMALL_BYTES, memoryBytes / 8);
}

async function inMemory(table: EmbeddingTable, holdout: string | undefined, seed: number): Promise<TrainingData> {
  const { d, name, sha256 } = table;
  const { kept, heldOut } =
    holdout === undefined
      ? holdOut(table, HOLDOUT_SHARE, seed)
      : { kept: table.data, heldOut: (await readEmbeddings(holdout, d)).data };
  return { d, count: kept.length / d, source: kept, rows: kept, heldOut, name, sha256, close: async () => {} };
}

async function streamed(
  shards: EmbeddingShards,
  path: string,
  holdout: string | undefined,
  { seed, progress }: DataOptions,
  footprint: Footprint,
): Promise<TrainingData> {
  const { d, rows } = shards;
  progress.log(`streaming ${rows} rows of ${d} from ${shards.shards.length} shards, ${describeFootprint(footprint)}`);
  const share = holdout === undefined ? Math.min(HOLDOUT_SHARE, footprint.heldOutRows / rows) : 0;
  const isHeldOut = heldOutRows(share, seed, await imagesOfRows(path, rows));
  const started = performance.now();
  const isTime = onceIn(TELL_SECONDS);
  const survey = await surveyShards(shards, {
    ...{ isHeldOut, seed, sampleRows: footprint.sampleRows, heldOutRows: footprint.heldOutRows },
    onRows(done) {
      if (!isTime()) return;
      const rate = Math.round((1000 * done) / (performance.now() - started));
      progress.log(`surveyed ${done} of ${rows} rows, ${rate} rows/s`);
    },
  });
  if (survey.kept < 2 || (holdout === undefined && survey.heldOut.length === 0)) {
    throw new NadirError({ what: `${rows} rows cannot be split`, where: path, remedy: 'Give more embeddings' });
  }
  const heldOut = holdout === undefined ? survey.heldOut : await sampleOf(holdout, d, footprint, seed);
  const source = new StreamedRows(shards, survey, { seed, isHeldOut, bufferRows: footprint.bufferRows });
  return {
    ...{ d, count: survey.kept, source, rows: survey.sample, heldOut, name: basename(path), sha256: survey.sha256 },
    close: () => shards.close(),
  };
}

/** Some rows of embeddings that may be many. */
async function sampleOf(
  path: string,
  d: number,
  { heldOutRows: most }: Footprint,
  seed: number,
): Promise<Float32Array> {
  const shards = await openShards(path, { d });
  try {
    const options = { isHeldOut: () => false, seed, sampleRows: most, heldOutRows: 0 };
    return (await surveyShards(shards, options)).sample;
  } finally {
    await shards.close();
  }
}
