/**
 * Fields of a frame: connected regions of one label, or the tiles of a grid where there are no labels; each becomes a patch as
 * HYPERVIEW has them, its mask true where a pixel is EXCLUDED.
 */
import { NadirError } from '../base/index.ts';
import { type Frame, type FrameData, type Usable, usableOf } from './frame.ts';
import type { Patch } from './patch.ts';

export interface FieldOptions {
  /** Smallest field, in pixels that have values. Default 25. */
  readonly minPixels?: number;
  /** Edge in pixels of square tiles, to be used in place of labels. */
  readonly grid?: number;
}

/** A field and where it lies. */
export interface Field {
  /** Label of its pixels; 0 for a tile. */
  readonly label: number;
  /** Upper left corner of its bounding box. */
  readonly row: number;
  readonly column: number;
  readonly height: number;
  readonly width: number;
  /** Pixels that belong to it and have values. */
  readonly pixels: number;
  /** 1 where a pixel of the box is not of the field or has no values, [height, width]. */
  readonly mask: Uint8Array;
}

export interface Fields {
  readonly fields: readonly Field[];
  /** Regions with fewer than `minPixels` pixels with values, left out. */
  readonly tooSmall: number;
  readonly usable: Usable;
}

const MIN_PIXELS = 25;

/** Fields of a frame in the order of their first pixel. Throws a NadirError where a frame without labels is given no grid. */
export function fieldsOf(frame: Frame, options: FieldOptions = {}): Fields {
  const { minPixels = MIN_PIXELS, grid } = options;
  const fail = (what: string, remedy: string) =>
    new NadirError({ what, where: `${frame.name} labels`, remedy, exitCode: 2 });
  if (!Number.isInteger(minPixels) || minPixels < 1)
    throw fail(`${minPixels} is no number of pixels`, 'Give a smallest field from 1 pixel');
  if (grid !== undefined && (!Number.isInteger(grid) || grid < 1))
    throw fail(`${grid} is no edge of tiles`, 'Give the edge of tiles in pixels, from 1');
  if (grid === undefined && frame.labels === undefined)
    throw fail('the frame has no label map', 'Give a label map of its fields, or the edge of grid tiles');
  const usable = usableOf(frame);
  const { height, width } = frame;
  const regions =
    grid === undefined
      ? connectedRegions(frame.labels ?? new Int32Array(), height, width)
      : gridTiles(grid, height, width);
  const fields: Field[] = [];
  let tooSmall = 0;
  for (const region of regions) {
    const field = fieldOf(region, usable.excluded, width);
    if (field.pixels >= minPixels) fields.push(field);
    else tooSmall++;
  }
  return { fields, tooSmall, usable };
}

interface Region {
  readonly label: number;
  /** Pixels of it, by their place in the frame. */
  readonly pixels: Int32Array;
}

/** Regions of equal labels other than 0, joined over the four edges of pixels. */
export function connectedRegions(labels: ArrayLike<number>, height: number, width: number): Region[] {
  const seen = new Uint8Array(height * width);
  const queue = new Int32Array(height * width);
  const regions: Region[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] !== 0 || labels[start] === 0) continue;
    const label = labels[start];
    let end = 0;
    const visit = (pixel: number) => {
      if (seen[pixel] !== 0 || labels[pixel] !== label) return;
      seen[pixel] = 1;
      queue[end++] = pixel;
    };
    visit(start);
    for (let at = 0; at < end; at++) {
      const pixel = queue[at];
      const column = pixel % width;
      if (column > 0) visit(pixel - 1);
      if (column < width - 1) visit(pixel + 1);
      if (pixel >= width) visit(pixel - width);
      if (pixel + width < seen.length) visit(pixel + width);
    }
    regions.push({ label, pixels: queue.slice(0, end) });
  }
  return regions;
}

function gridTiles(edge: number, height: number, width: number): Region[] {
  const tiles: Region[] = [];
  for (let top = 0; top < height; top += edge)
    for (let left = 0; left < width; left += edge) {
      const rows = Math.min(edge, height - top);
      const columns = Math.min(edge, width - left);
      const pixels = Int32Array.from(
        { length: rows * columns },
        (_, i) => (top + Math.floor(i / columns)) * width + left + (i % columns),
      );
      tiles.push({ label: 0, pixels });
    }
  return tiles;
}

function fieldOf({ label, pixels }: Region, excluded: Uint8Array, frameWidth: number): Field {
  let top = Number.POSITIVE_INFINITY;
  let left = Number.POSITIVE_INFINITY;
  let bottom = 0;
  let right = 0;
  for (const pixel of pixels) {
    const row = Math.floor(pixel / frameWidth);
    const column = pixel % frameWidth;
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    left = Math.min(left, column);
    right = Math.max(right, column);
  }
  const height = bottom - top + 1;
  const width = right - left + 1;
  const mask = new Uint8Array(height * width).fill(1);
  let count = 0;
  for (const pixel of pixels) {
    if (excluded[pixel] !== 0) continue;
    mask[(Math.floor(pixel / frameWidth) - top) * width + (pixel % frameWidth) - left] = 0;
    count++;
  }
  return { label, row: top, column: left, height, width, pixels: count, mask };
}

/** Sum of a band of the frame over the pixels of a field. */
export function fieldSum(frame: Frame, { row, column, height, width, mask }: Field, band: number): number {
  let sum = 0;
  for (let r = 0; r < height; r++) {
    const from = (band * frame.height + row + r) * frame.width + column;
    for (let c = 0; c < width; c++) if (mask[r * width + c] === 0) sum += frame.data[from + c];
  }
  return sum;
}

/** The field as a patch: its box in the given bands of the frame (those of `Usable`, by increasing wavelength), with its mask. */
export function patchOf(frame: Frame, field: Field, bands: ArrayLike<number>): Patch {
  const { row, column, height, width, mask } = field;
  const Values = frame.data.constructor as { new (length: number): FrameData };
  const data = new Values(bands.length * height * width);
  let to = 0;
  for (let b = 0; b < bands.length; b++)
    for (let r = 0; r < height; r++) {
      const from = (bands[b] * frame.height + row + r) * frame.width + column;
      for (let c = 0; c < width; c++) data[to++] = frame.data[from + c];
    }
  return { bands: bands.length, height, width, data, mask };
}
