/** `nadir concepts dashboard`. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { DASHBOARD, trainClassifier, writeDashboard } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { count, positive, run, shared } from './run.ts';

interface DashboardCommand extends ModelOptions {
  readonly images: string;
  readonly against?: string;
  readonly k?: number;
  readonly megabytes: number;
}

export function addDashboard(concepts: Command): void {
  const command = concepts
    .command('dashboard')
    .description('one page with a card for each latent: its images, name, neighbours and figures')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <path>', 'embeddings [n, d], one row an image')
    .requiredOption('--images <path>', 'folder or zip of these images')
    .option('--against <dir>', 'model of another training on the same data: shows how stable each latent is')
    .option('--k <n>', 'strongest latents of a scene that count (default: 64)', count)
    .option('--megabytes <x>', 'size of the page at most; thumbnails shrink to fit', positive, 12)
    .option('--out <path>', 'folder, or .html file (default: the model’s folder)');
  shared(command, { threads: true }).action((options: DashboardCommand) =>
    run(
      options,
      (progress) => {
        const { out = options.model, megabytes } = options;
        const file = out.endsWith('.html') ? out : join(out, DASHBOARD);
        return writeDashboard({
          ...{ ...options, out: file, maxBytes: megabytes * 1e6, progress },
          trainProbe: trainClassifier,
        });
      },
      ({ dashboard, bytes, latents, named, dead, images, edge }) =>
        `dashboard ${dashboard}: ${(bytes / 1e6).toFixed(1)} MB, ${latents} latents (${named} named, ${dead} never active), ${images} images of ${edge} pixels`,
    ),
  );
}
