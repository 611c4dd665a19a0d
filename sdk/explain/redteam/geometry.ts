/**
 * What misregistration, a coarser pixel, a displaced mask and mixed pixels do to the mean spectrum of a patch. They act on pixels; each gives
 * back the masked mean [bands] after the fault.
 */
import type { Random } from '../../base/index.ts';
import type { Patch } from '../../spectra/index.ts';

export type PatchFault = (patch: Patch, random: Random) => Float32Array;

/** The masked mean of each band; a band without a pixel keeps the mean of all its pixels. */
export const patchMean: PatchFault = (patch) =>
  meanBy(
    patch,
    (b, row, column) => isMasked(patch, b, row, column),
    (b, row, column) => pixel(patch, b, row, column),
  );

/** Each band lies up to `pixels` beside the others, in any direction, by bilinear interpolation. */
export function misregistration(pixels: number): PatchFault {
  return (patch, random) => {
    const moves = Array.from({ length: patch.bands }, () => {
      const angle = 2 * Math.PI * random.uniform();
      return [pixels * Math.cos(angle), pixels * Math.sin(angle)] as const;
    });
    return meanBy(
      patch,
      (b, row, column) => isMasked(patch, b, row, column),
      (b, row, column) => bilinear(patch, b, row + moves[b][0], column + moves[b][1]),
    );
  };
}

/** Pixels of `factor` × `factor` old ones: an edge pixel holds what lies beyond the field as well; it counts where its middle is in the field. */
export function coarser(factor: number): PatchFault {
  return (patch) =>
    meanBy(
      {
        ...patch,
        height: Math.max(1, Math.floor(patch.height / factor)),
        width: Math.max(1, Math.floor(patch.width / factor)),
      },
      (b, row, column) =>
        isMasked(
          patch,
          b,
          within(row * factor + factor / 2, patch.height),
          within(column * factor + factor / 2, patch.width),
        ),
      (b, row, column) => {
        let sum = 0;
        let count = 0;
        for (let r = Math.floor(row * factor); r < Math.min(patch.height, (row + 1) * factor); r++)
          for (let c = Math.floor(column * factor); c < Math.min(patch.width, (column + 1) * factor); c++) {
            sum += pixel(patch, b, r, c);
            count++;
          }
        return count === 0 ? pixel(patch, b, 0, 0) : sum / count;
      },
    );
}

/** The mask is off by some pixels in each direction. */
export function displacedMask(rows: number, columns: number): PatchFault {
  return (patch) =>
    meanBy(
      patch,
      (b, row, column) => isMasked(patch, b, within(row + rows, patch.height), within(column + columns, patch.width)),
      (b, row, column) => pixel(patch, b, row, column),
    );
}

/** A share of each pixel's light comes from the mean of its eight neighbours, inside the field or not. */
export function mixed(share: number): PatchFault {
  return (patch) =>
    meanBy(
      patch,
      (b, row, column) => isMasked(patch, b, row, column),
      (b, row, column) => {
        let sum = 0;
        for (let r = -1; r <= 1; r++)
          for (let c = -1; c <= 1; c++)
            if (r !== 0 || c !== 0)
              sum += pixel(patch, b, within(row + r, patch.height), within(column + c, patch.width));
        return (1 - share) * pixel(patch, b, row, column) + (share * sum) / 8;
      },
    );
}

function meanBy(
  { bands, height, width }: Pick<Patch, 'bands' | 'height' | 'width'>,
  isOut: (band: number, row: number, column: number) => boolean,
  value: (band: number, row: number, column: number) => number,
): Float32Array {
  return Float32Array.from({ length: bands }, (_, b) => {
    let sum = 0;
    let count = 0;
    let all = 0;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const own = value(b, row, column);
        all += own;
        if (isOut(b, row, column)) continue;
        sum += own;
        count++;
      }
    return count > 0 ? sum / count : all / (height * width);
  });
}

function pixel({ data, height, width }: Patch, b: number, row: number, column: number): number {
  return Number(data[(b * height + row) * width + column]);
}

function isMasked({ mask, height, width, bands }: Patch, b: number, row: number, column: number): boolean {
  if (mask === undefined) return false;
  const plane = mask.length === height * width && bands > 1 ? 0 : b;
  return mask[(plane * height + row) * width + column] !== 0;
}

function bilinear(patch: Patch, b: number, row: number, column: number): number {
  const [r, c] = [Math.min(Math.max(row, 0), patch.height - 1), Math.min(Math.max(column, 0), patch.width - 1)];
  const [r0, c0] = [Math.floor(r), Math.floor(c)];
  const [r1, c1] = [Math.min(r0 + 1, patch.height - 1), Math.min(c0 + 1, patch.width - 1)];
  const [down, across] = [r - r0, c - c0];
  const top = (1 - across) * pixel(patch, b, r0, c0) + across * pixel(patch, b, r0, c1);
  const bottom = (1 - across) * pixel(patch, b, r1, c0) + across * pixel(patch, b, r1, c1);
  return (1 - down) * top + down * bottom;
}

function within(at: number, length: number): number {
  return Math.min(Math.max(Math.floor(at), 0), length - 1);
}
