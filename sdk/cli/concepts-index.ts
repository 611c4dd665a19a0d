/** `nadir concepts index`. */
import type { Command } from 'commander';
import { buildSceneIndex } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { count, run, shared } from './run.ts';

export function addIndex(concepts: Command): void {
  const command = concepts
    .command('index')
    .description('index scenes by their concepts, to search them again and again')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <path>', 'embeddings [n, d]: .npy, .npz, .parquet or a folder of these')
    .option('--k <n>', 'strongest latents of a scene that are kept (default: 64)', count);
  shared(command, { out: 'out/index', threads: true }).action((options: ModelOptions & { k?: number; out: string }) =>
    run(
      options,
      (progress) => buildSceneIndex({ ...options, progress }),
      ({ index, rows, postings, bytes }) =>
        `index ${index}: ${rows} scenes, ${(postings / Math.max(1, rows)).toFixed(1)} latents each, ${bytes} bytes`,
    ),
  );
}
