/** `nadir spectra map`: a frame through a soil model, pixel by pixel and field by field, with intervals and where the model does not apply. */
import { join } from 'node:path';
import { type Progress, writeFileAtomic, writeNpz } from '../../base/index.ts';
import { type Frame, fieldSum, fieldsOf, readFrame } from '../../spectra/index.ts';
import { openSoilModel, type SoilEstimator } from '../soil-estimator.ts';
import {
  type Estimates,
  estimatePixels,
  estimateSpectra,
  type FrameRoute,
  routeOf,
  toModelBands,
} from './frame-estimates.ts';
import { mapPng } from './map-image.ts';
import type { FieldEstimate, MapOutcome } from './map-outcome.ts';
import { type DrawnMap, mapReport } from './map-report.ts';

export interface MapOptions {
  /** A soil model folder. */
  readonly model: string;
  /** A frame: ENVI, .npz, GeoTIFF or MATLAB. */
  readonly data: string;
  readonly out: string;
  /** File with the label map of the fields, where the frame has none. */
  readonly labels?: string;
  /** Edge in pixels of square tiles, in place of labelled fields. */
  readonly grid?: number;
  /** Smallest field in pixels. */
  readonly minPixels?: number;
  /** Number that stands for a reflectance of 1 in the frame, where the file does not say. */
  readonly scale?: number;
}

/** Writes a PNG a target (estimate, half width, where the model does not apply), the arrays behind them and a report. */
export async function mapFrame(options: MapOptions, progress: Progress): Promise<MapOutcome> {
  const soil = await openSoilModel(options.model);
  const frame = await readFrame(options.data, {
    ...(options.labels !== undefined && { labels: options.labels }),
    ...(options.scale !== undefined && { scale: options.scale }),
  });
  const route = routeOf(frame, soil.model);
  progress.log(`${frame.name}: ${frame.bands} bands, ${frame.height} × ${frame.width} pixels`);
  const pixels = estimatePixels(soil, frame, route);
  const { targets } = soil.model;
  const T = targets.length;
  const drawn: DrawnMap[] = [];
  for (const [t, target] of targets.entries()) {
    const picture = mapPng({
      height: frame.height,
      width: frame.width,
      estimate: pixels.estimate.filter((_, i) => i % T === t),
      halfWidth: pixels.halfWidth.filter((_, i) => i % T === t),
      distance: pixels.distance,
      brightness: pixels.brightness,
    });
    const png = join(options.out, `map-${target.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.png`);
    await writeFileAtomic(png, picture.png);
    drawn.push({ target, path: png, ...picture });
  }
  const arrays = join(options.out, 'map.npz');
  await writeArrays(arrays, frame, pixels, route, T);
  const fields = fieldEstimates(soil, frame, route, options);
  const open = pixels.distance.filter((_, pixel) => route.excluded[pixel] === 0);
  const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
  const outOfDistribution = {
    pixels: share(Array.from(open, isUnlike)),
    fields: fields.length === 0 ? null : share(fields.map((field) => field.outOfDistribution)),
  };
  const report = join(options.out, 'report.html');
  const outcome: MapOutcome = {
    maps: drawn.map(({ target, path }) => ({ target, png: path })),
    arrays,
    fields,
    outOfDistribution,
    excludedPixels: route.excluded.reduce((sum, flag) => sum + flag, 0),
    notes: [
      ...route.notes,
      ...(soil.model.domain ? [] : ['the model knows no domain: nothing can be flagged as unlike its training']),
      ...(soil.model.uncertainty ? [] : ['the model states no interval']),
    ],
    report,
  };
  await writeFileAtomic(report, mapReport({ model: soil.model, frame, outcome, drawn }));
  return outcome;
}

function isUnlike(distance: number): boolean {
  return distance > 1;
}

/** Estimates of each field's mean spectrum; none where the frame has neither labels nor a grid is asked for. */
function fieldEstimates(soil: SoilEstimator, frame: Frame, route: FrameRoute, options: MapOptions): FieldEstimate[] {
  if (frame.labels === undefined && options.grid === undefined) return [];
  const { fields } = fieldsOf(frame, {
    ...(options.grid !== undefined && { grid: options.grid }),
    ...(options.minPixels !== undefined && { minPixels: options.minPixels }),
  });
  const values = new Float64Array(fields.length * route.bands.length);
  fields.forEach((field, f) => {
    for (let b = 0; b < route.bands.length; b++)
      values[f * route.bands.length + b] = fieldSum(frame, field, route.bands[b]) / field.pixels;
  });
  const edges = Float64Array.from(fields, ({ height, width }) => (height + width) / 2);
  const found = estimateSpectra(soil, toModelBands(route, values), edges);
  const { targets } = soil.model;
  const byTarget = (table: Float64Array, f: number) =>
    Object.fromEntries(targets.map((name, t) => [name, table[f * targets.length + t]]));
  return fields.map(({ label, row, column, pixels }, f) => ({
    label,
    row,
    column,
    pixels,
    estimate: byTarget(found.estimate, f),
    halfWidth: byTarget(found.halfWidth, f),
    distance: soil.model.domain ? found.distance[f] : null,
    outOfDistribution: isUnlike(found.distance[f]),
  }));
}

async function writeArrays(path: string, frame: Frame, found: Estimates, route: FrameRoute, T: number): Promise<void> {
  const { height, width } = frame;
  const pixels = height * width;
  const planes = (table: Float64Array) =>
    Float32Array.from({ length: pixels * T }, (_, i) => table[(i % pixels) * T + Math.floor(i / pixels)]);
  await writeNpz(path, {
    estimate: { shape: [T, height, width], data: planes(found.estimate) },
    halfWidth: { shape: [T, height, width], data: planes(found.halfWidth) },
    distance: { shape: [height, width], data: Float32Array.from(found.distance) },
    excluded: { shape: [height, width], data: route.excluded },
  });
}
