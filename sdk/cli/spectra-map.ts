/** `nadir spectra map`. */
import type { Command } from 'commander';
import { mapFrame } from '../explain/index.ts';
import { count, positive, run, type SharedOptions, shared } from './run.ts';

interface MapCommandOptions extends SharedOptions {
  readonly model: string;
  readonly data: string;
  readonly out: string;
  readonly labels?: string;
  readonly grid?: number;
  readonly minPixels: number;
  readonly scale?: number;
}

/** Adds `spectra map`. */
export function addMap(spectra: Command): void {
  const command = spectra
    .command('map')
    .description('a frame through a soil model: estimates, intervals, and where the model does not apply')
    .requiredOption('--model <dir>', 'soil model folder, as train and prune make it')
    .requiredOption('--data <path>', 'frame: ENVI, .npz cube, GeoTIFF or MATLAB')
    .option('--labels <path>', 'label map of the fields, where the frame has none')
    .option('--grid <pixels>', 'square tiles of this edge as fields', count)
    .option('--min-pixels <n>', 'smallest field', count, 25)
    .option('--scale <number>', 'value that stands for a reflectance of 1 in the frame', positive);
  shared(command, { out: 'out/map' }).action((options: MapCommandOptions) =>
    run(
      options,
      (surroundings) => mapFrame(options, surroundings),
      (made) =>
        `${made.maps.map(({ target, png }) => `${target}: ${png}`).join('\n')}\n${(100 * made.outOfDistribution.pixels).toFixed(1)} % of the pixels${
          made.outOfDistribution.fields === null
            ? ''
            : ` and ${(100 * made.outOfDistribution.fields).toFixed(1)} % of ${made.fields.length} fields`
        } are unlike the training\nreport: ${made.report}`,
    ),
  );
}
