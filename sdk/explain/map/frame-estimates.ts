/** A soil model on every pixel of a frame: resampled to the model's bands, estimated with its interval, held against the training's domain. */
import { NadirError } from '../../base/index.ts';
import { treeSpread } from '../../forest/index.ts';
import {
  applyResampling,
  bandResampling,
  domainDistance,
  type Frame,
  type Resampling,
  type SoilModel,
  usableOf,
} from '../../spectra/index.ts';
import type { SoilEstimator } from '../soil-estimator.ts';

/** Spectra that are worked on at a time: a frame's features are never all in memory. */
const BLOCK = 2048;
/** Stands in bands that the frame does not have and the model does not read. */
const UNREAD = 1;

/** Estimates of spectra. */
export interface Estimates {
  /** [n, targets], in the targets' units. */
  readonly estimate: Float64Array;
  /** Half width of the interval, [n, targets]; NaN where the model states none. */
  readonly halfWidth: Float64Array;
  /** Distance from the training's domain, above 1 outside, [n]; NaN where the model knows no domain. */
  readonly distance: Float64Array;
}

/** How a frame's spectra reach a model. */
export interface FrameRoute {
  readonly matrix: Resampling;
  /** Bands of the frame by increasing wavelength: the source of the matrix, [from]. */
  readonly bands: Uint32Array;
  /** 1 where a pixel has no spectrum, [height, width]. */
  readonly excluded: Uint8Array;
  /** What the frame's values are multiplied by to stand in the unit that the model was trained in. */
  readonly factor: number;
  readonly notes: readonly string[];
}

/** Finds the way from the frame's bands and unit to the model's. Throws NadirError where the model reads bands that the frame does not cover. */
export function routeOf(frame: Frame, model: SoilModel): FrameRoute {
  const usable = usableOf(frame);
  const fromNm = Float64Array.from(usable.bands, (band) => frame.wavelengthsNm[band]);
  const matrix = bandResampling(
    { fromNm, toNm: model.wavelengthsNm, outside: 'mark', duplicates: 'average' },
    frame.name,
  );
  const missing = model.bandsRead.filter((band) => matrix.outside.includes(band));
  if (missing.length > 0)
    throw new NadirError({
      what: `the model reads ${missing.length} bands that the frame does not cover, such as ${model.wavelengthsNm[missing[0]]} nm`,
      where: `${frame.name}, ${fromNm[0]} … ${fromNm.at(-1)} nm`,
      remedy:
        'Train or prune with --within FROM,TO so that only bands of this instrument are read; nothing is extrapolated',
    });
  const { factor, note } = factorOf(frame, model);
  const unread =
    matrix.outside.length > 0
      ? [`${matrix.outside.length} bands of the model's instrument lie outside the frame; it reads none of them`]
      : [];
  return { matrix, bands: usable.bands, excluded: usable.excluded, factor, notes: [...frame.notes, ...unread, note] };
}

function factorOf({ quantity, scale }: Frame, { fullReflectance }: SoilModel): { factor: number; note: string } {
  if (quantity === 'reflectance' && scale !== undefined && fullReflectance !== undefined)
    return {
      factor: fullReflectance / scale,
      note: `reflectance 1 is ${scale} in the frame and ${fullReflectance} in the model's data`,
    };
  return {
    factor: 1,
    note: `the frame's values are taken as they are (${quantity === 'reflectance' ? 'reflectance of unknown scale' : quantity}); say --scale if it is reflectance`,
  };
}

/** Mean spectra or pixels in the model's bands, from values [n, from] in the frame's. */
export function toModelBands({ matrix, factor }: FrameRoute, values: Float64Array): Float64Array {
  const to = matrix.toNm.length;
  const spectra = new Float64Array((values.length / matrix.fromNm.length) * to);
  applyResampling(matrix, values, spectra);
  for (let i = 0; i < spectra.length; i++) spectra[i] = Number.isNaN(spectra[i]) ? UNREAD : spectra[i] * factor;
  return spectra;
}

/** Estimates of spectra in the model's bands and unit, [n, bands]. */
export function estimateSpectra(soil: SoilEstimator, spectra: Float64Array, edge?: Float64Array): Estimates {
  const { model, estimator } = soil;
  const T = model.targets.length;
  const n = spectra.length / model.wavelengthsNm.length;
  const features = soil.features({ mean: spectra });
  const estimate = estimator.predict(features, n, edge);
  const byTrees = model.uncertainty?.byTreeSpread;
  const spread = byTrees && estimator.forest ? treeSpread(estimator.forest, features, n) : undefined;
  const halfWidth = Float64Array.from(estimate, (_, i) => {
    const name = model.targets[i % T];
    const own = byTrees?.[name];
    if (own && spread) return own.factor * (spread[i] + own.floor);
    return model.uncertainty?.halfWidth[name] ?? Number.NaN;
  });
  const distance = model.domain
    ? domainDistance(model.domain, spectra, model.wavelengthsNm.length)
    : new Float64Array(n).fill(Number.NaN);
  return { estimate, halfWidth, distance };
}

/** Estimates of every pixel; NaN where a pixel is excluded. Arrays are [height · width (, targets)]. */
export function estimatePixels(
  soil: SoilEstimator,
  frame: Frame,
  route: FrameRoute,
): Estimates & { readonly brightness: Float64Array } {
  const pixels = frame.height * frame.width;
  const T = soil.model.targets.length;
  const { bands, excluded } = route;
  const all = {
    estimate: new Float64Array(pixels * T).fill(Number.NaN),
    halfWidth: new Float64Array(pixels * T).fill(Number.NaN),
    distance: new Float64Array(pixels).fill(Number.NaN),
    brightness: new Float64Array(pixels).fill(Number.NaN),
  };
  const open = Uint32Array.from(excluded.keys()).filter((pixel) => excluded[pixel] === 0);
  for (let from = 0; from < open.length; from += BLOCK) {
    const block = open.subarray(from, from + BLOCK);
    const values = new Float64Array(block.length * bands.length);
    for (let b = 0; b < bands.length; b++)
      for (let i = 0; i < block.length; i++) values[i * bands.length + b] = frame.data[bands[b] * pixels + block[i]];
    const found = estimateSpectra(soil, toModelBands(route, values));
    block.forEach((pixel, i) => {
      all.estimate.set(found.estimate.subarray(i * T, (i + 1) * T), pixel * T);
      all.halfWidth.set(found.halfWidth.subarray(i * T, (i + 1) * T), pixel * T);
      all.distance[pixel] = found.distance[i];
      let sum = 0;
      for (let b = 0; b < bands.length; b++) sum += values[i * bands.length + b];
      all.brightness[pixel] = sum / bands.length;
    });
  }
  return all;
}
