/** What the commands over a concept model share: their options and what they print of a model. */
import type { SharedOptions } from './run.ts';

/** Options of the commands that read a model and embeddings. */
export interface ModelOptions extends SharedOptions {
  readonly model: string;
  readonly data: string;
}

/** A line for each number of latents. */
export function qualityLines(byK: readonly { k: number; cosine: number; fvu: number }[]): string {
  return byK
    .map(({ k, cosine, fvu }) => `k ${String(k).padStart(4)}  cosine ${cosine.toFixed(4)}  FVU ${fvu.toFixed(4)}`)
    .join('\n');
}
