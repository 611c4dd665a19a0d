/** Codes of embeddings as they stream by: the strongest latents of each row, by which scenes are indexed, searched and shown. */
import { onceIn, type Progress, SILENT } from '../base/index.ts';
import { CodeEncoder, type SaeWeights, type SparseCode } from '../sae/index.ts';
import type { EmbeddingShards } from './shards/index.ts';

/** Strongest latents of a scene that count, unless asked otherwise. */
export const SCENE_K = 64;
/** Rows whose pre-activations are held at once, fewer where the dictionary is large. */
const CHUNK_ROWS = 2048;
const CHUNK_VALUES = 2 ** 24;
const TELL_SECONDS = 5;

export interface SceneCodeOptions {
  /** Strongest latents of a row that are kept. */
  readonly k: number;
  readonly threads: number;
  /** Rows to encode; all unless given. */
  readonly isWanted?: (row: number) => boolean;
  readonly progress?: Progress;
}

/** Some rows, and what they show. */
export interface SceneChunk {
  /** Their numbers, rising. */
  readonly rows: readonly number[];
  /** [rows, d]; overwritten by the next chunk. */
  readonly embeddings: Float32Array;
  readonly codes: readonly SparseCode[];
}

/** Encodes embeddings that come in blocks [m, d] of any m, chunk by chunk, in memory that does not grow with their number. */
export async function* sceneCodes(
  sae: SaeWeights,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  { k, threads, isWanted = () => true, progress = SILENT }: SceneCodeOptions,
): AsyncGenerator<SceneChunk, void, void> {
  const { d, n } = sae;
  const capacity = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_VALUES / n)));
  const buffer = new Float32Array(capacity * d);
  let rows: number[] = [];
  const encoder = await CodeEncoder.open(sae, k, threads);
  const encoded = async (): Promise<SceneChunk> => {
    const embeddings = buffer.subarray(0, rows.length * d);
    return { rows, embeddings, codes: await encoder.codes(embeddings) };
  };
  let row = 0;
  const isTime = onceIn(TELL_SECONDS);
  try {
    for await (const block of blocks) {
      for (let at = 0; at < block.length; at += d, row++) {
        if (!isWanted(row)) continue;
        buffer.set(block.subarray(at, at + d), rows.length * d);
        rows.push(row);
        if (rows.length < capacity) continue;
        yield await encoded();
        rows = [];
        if (isTime()) progress.log(`encoded ${row + 1} rows`);
      }
    }
    if (rows.length > 0) yield await encoded();
  } finally {
    await encoder.close();
  }
}

/** All rows of shards in their order, as blocks [m, d] of any m. */
export async function* blocksOf(shards: EmbeddingShards): AsyncGenerator<Float32Array, void, void> {
  for (const piece of shards.pieces(CHUNK_ROWS)) yield* shards.read(piece);
}
