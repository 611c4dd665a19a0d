/** A frame as a spectra table: one row a field, its mean spectrum, and where and how large it is. */
import { NadirError } from '../base/index.ts';
import { type FieldOptions, fieldSum, fieldsOf, patchOf } from './fields.ts';
import type { Frame } from './frame.ts';
import type { Patch } from './patch.ts';
import type { SpectraTable } from './table.ts';
import { SIGMAS } from './view.ts';

export interface FrameTableOptions extends FieldOptions {
  /**
   * Unit of the table's spectra: the frame's own (default), or reflectance in percent or as 0 … 1, which the frame's scale must
   * allow.
   */
  readonly unit?: 'own' | 'percent' | 'fraction';
  /** Five largest singular values of each band image of a patch, [5, bands]: asked for where features of pixels are wanted. */
  readonly sigmaOf?: (patch: Patch) => Float64Array;
}

/** What was left out on the way from a frame to a table. */
export interface FrameTable {
  readonly table: SpectraTable;
  /** Bands marked bad and bands without values, not in the table. */
  readonly droppedBands: number;
  /** Pixels masked or without a value in some band. */
  readonly excludedPixels: number;
  /** Fields with too few pixels. */
  readonly smallFields: number;
  readonly notes: readonly string[];
}

/**
 * One row a field (see `fieldsOf`): mean over its pixels with values, bands by increasing wavelength. Columns: field (from 1),
 * label, row and column of its box, pixels, edge (mean of height and width), height, width, maskShare (part of the box that is
 * excluded), and labelName where labels have names.
 */
export function frameToTable(frame: Frame, options: FrameTableOptions = {}): FrameTable {
  const { unit = 'own', sigmaOf } = options;
  const { fields, tooSmall, usable } = fieldsOf(frame, options);
  if (fields.length === 0)
    throw new NadirError({
      what: `no field is large enough (${tooSmall} are too small)`,
      where: `${frame.name} labels`,
      remedy: 'Give a label map with larger regions, a lower smallest field, or grid tiles',
    });
  const factor = unitFactor(frame, unit);
  const bands = usable.bands.length;
  const reflectance = new Float32Array(fields.length * bands);
  const sigma = sigmaOf && new Float64Array(fields.length * SIGMAS * bands);
  fields.forEach((field, f) => {
    for (let b = 0; b < bands; b++)
      reflectance[f * bands + b] = (factor * fieldSum(frame, field, usable.bands[b])) / field.pixels;
    if (sigmaOf) {
      const values = sigmaOf(patchOf(frame, field, usable.bands));
      sigma?.set(
        values.map((value) => value * factor),
        f * SIGMAS * bands,
      );
    }
  });
  const column = (of: (field: (typeof fields)[number], f: number) => string | number) =>
    fields.map((field, f) => String(of(field, f)));
  const { labelNames } = frame;
  const columns = new Map([
    ['field', column((_, f) => f + 1)],
    ['label', column(({ label }) => label)],
    ...(labelNames === undefined
      ? []
      : [['labelName', column(({ label }) => labelNames[label] ?? '')] satisfies [string, string[]]]),
    ['row', column(({ row }) => row)],
    ['column', column((field) => field.column)],
    ['pixels', column(({ pixels }) => pixels)],
    ['edge', column(({ height, width }) => (height + width) / 2)],
    ['height', column(({ height }) => height)],
    ['width', column(({ width }) => width)],
    ['maskShare', column(({ pixels, height, width }) => (1 - pixels / (height * width)).toFixed(4))],
  ] satisfies [string, string[]][]);
  return {
    table: {
      name: frame.name,
      sha256: frame.sha256,
      rows: fields.length,
      wavelengthsNm: Float64Array.from(usable.bands, (band) => frame.wavelengthsNm[band]),
      reflectance,
      ...(sigma && { sigma }),
      columns,
      rowNumbers: fields.map((_, f) => f + 1),
    },
    droppedBands: usable.badBands + usable.emptyBands,
    excludedPixels: usable.excludedPixels,
    smallFields: tooSmall,
    notes: frame.notes,
  };
}

/** Factor from the frame's own unit. A frame that is not known to be reflectance is not called so. */
function unitFactor({ name, quantity, scale }: Frame, unit: 'own' | 'percent' | 'fraction'): number {
  if (unit === 'own') return 1;
  if (quantity !== 'reflectance' || scale === undefined)
    throw new NadirError({
      what: `the frame is ${quantity === 'unknown' ? 'not known to be reflectance' : quantity}${scale === undefined ? ' and has no scale' : ''}, so it has no reflectance in ${unit}`,
      where: `${name} quantity`,
      remedy: 'Calibrate radiance to reflectance, or say that it is reflectance and which number stands for 1',
      exitCode: 2,
    });
  return (unit === 'percent' ? 100 : 1) / scale;
}
