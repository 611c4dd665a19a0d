/** Draws a map as a PNG: three panels side by side, the estimate, the half width of its interval, and where the model does not apply. */
import { formatPng } from '../../base/index.ts';

/** A ramp from low to high, dark to light, that keeps its order in grey and for the colour-blind. */
const RAMP = [
  [24, 32, 74],
  [42, 82, 120],
  [48, 132, 128],
  [110, 172, 104],
  [206, 196, 96],
  [250, 238, 190],
] as const;
const UNLIKE = [178, 58, 44] as const;
const OPAQUE = 255;
/** What is left of a colour where the model does not apply: to be seen, not to be read. */
const FADED = 70;
const GAP_PIXELS = 8;
const LEAST_PANEL_PIXELS = 360;

export interface MapPanels {
  readonly height: number;
  readonly width: number;
  /** [height, width]; NaN where nothing was measured. */
  readonly estimate: Float64Array;
  readonly halfWidth: Float64Array;
  /** Distance from the training's domain, above 1 outside; [height, width]. */
  readonly distance: Float64Array;
  /** Mean over the bands read, for the picture under the mask, [height, width]. */
  readonly brightness: Float64Array;
}

/** Least and greatest value that the colours of a panel stand for. */
export type Range = readonly [number, number];

/** The PNG, and what its colours stand for. */
export function mapPng(panels: MapPanels): {
  readonly png: Buffer;
  readonly estimate: Range;
  readonly halfWidth: Range;
} {
  const { height, width, estimate, halfWidth, distance, brightness } = panels;
  const zoom = Math.max(1, Math.round(LEAST_PANEL_PIXELS / width));
  const panelWidth = width * zoom;
  const imageWidth = 3 * panelWidth + 2 * GAP_PIXELS;
  const imageHeight = height * zoom;
  const rgba = new Uint8Array(imageWidth * imageHeight * 4);
  const inside = (values: Float64Array) => values.filter((_, pixel) => distance[pixel] <= 1);
  // where nothing is inside, the colours span all there is
  const rangeFor = (values: Float64Array) => rangeOf(inside(values)) ?? rangeOf(values) ?? [0, 1];
  const ranges = { estimate: rangeFor(estimate), halfWidth: rangeFor(halfWidth) };
  const light = rangeOf(brightness) ?? [0, 1];
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (Number.isNaN(estimate[pixel])) continue;
    const isUnlike = !(distance[pixel] <= 1);
    const alpha = isUnlike ? FADED : OPAQUE;
    const grey = 60 + 180 * placeIn(light, brightness[pixel]);
    const paint = (panel: number, [r, g, b]: readonly number[], opacity: number) => {
      if (Number.isNaN(r)) return;
      const left = panel * (panelWidth + GAP_PIXELS) + (pixel % width) * zoom;
      const top = Math.floor(pixel / width) * zoom;
      for (let y = top; y < top + zoom; y++)
        for (let x = left; x < left + zoom; x++) rgba.set([r, g, b, opacity], (y * imageWidth + x) * 4);
    };
    paint(0, colourAt(placeIn(ranges.estimate, estimate[pixel])), alpha);
    paint(1, colourAt(placeIn(ranges.halfWidth, halfWidth[pixel])), alpha);
    paint(2, isUnlike ? UNLIKE.map((part) => part * 0.7 + grey * 0.3) : [grey, grey, grey], OPAQUE);
  }
  return { png: formatPng(rgba, imageWidth, imageHeight), ...ranges };
}

/** The ramp as a CSS gradient, for a legend. */
export const RAMP_GRADIENT = `linear-gradient(90deg, ${RAMP.map((colour) => `rgb(${colour.join()})`).join(', ')})`;

/** From the 2nd to the 98th percentile, so that a stray pixel does not take the colours. */
function rangeOf(values: Float64Array): Range | undefined {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.02), at(0.98)];
}

function placeIn([low, high]: Range, value: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
}

/** NaN, which is not painted, for a value that is not known. */
function colourAt(place: number): number[] {
  if (Number.isNaN(place)) return [Number.NaN, 0, 0];
  const at = place * (RAMP.length - 1);
  const below = Math.min(Math.floor(at), RAMP.length - 2);
  return RAMP[below].map((part, i) => Math.round(part + (at - below) * (RAMP[below + 1][i] - part)));
}
