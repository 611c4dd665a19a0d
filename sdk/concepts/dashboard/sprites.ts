/** Thumbnails packed in a few sheets, each image once: as large as the bytes allow. */
import { onceIn, type Progress, SILENT } from '../../base/index.ts';
import type { RgbImage } from '../../spectra/index.ts';
import type { ImageSet } from '../images.ts';
import { encodeJpeg, thumbnail } from '../thumbnail.ts';

/** Edges in pixels, multiples of JPEG's blocks of 8 so that no two images share one, and the quality at each. */
const SIZES = [
  { edge: 64, quality: 78 },
  { edge: 48, quality: 76 },
  { edge: 40, quality: 72 },
  { edge: 32, quality: 68 },
  { edge: 24, quality: 60 },
] as const;
/** Edge of a sheet at most: what every browser decodes. */
const SHEET_EDGE = 2048;
/** Images by which bytes are estimated, and what the estimate may be off by. */
const SAMPLE = 200;
const MARGIN = 1.06;
const TELL_SECONDS = 5;

export interface Sprites {
  /** Edge of a thumbnail, pixels. */
  readonly edge: number;
  /** Thumbnails across a sheet, and on it: image i is on sheet ⌊i / perSheet⌋, there in rows of `across`. */
  readonly across: number;
  readonly perSheet: number;
  /** JPEGs; all `across` · edge wide. */
  readonly sheets: readonly Uint8Array[];
}

/** Packs the images `names`, in their order, into sheets of at most about `maxBytes` altogether; the smallest size is taken whatever it needs. */
export async function packSprites(
  images: ImageSet,
  names: readonly string[],
  maxBytes: number,
  progress: Progress = SILENT,
): Promise<Sprites> {
  const step = Math.max(1, Math.floor(names.length / SAMPLE));
  const sample = names.filter((_, i) => i % step === 0).slice(0, SAMPLE);
  let chosen: (typeof SIZES)[number] = SIZES[SIZES.length - 1];
  for (const size of SIZES) {
    const { sheets } = await pack(images, sample, size, SILENT);
    const bytes = sheets.reduce((sum, { length }) => sum + length, 0);
    if ((MARGIN * bytes * names.length) / Math.max(1, sample.length) > maxBytes) continue;
    chosen = size;
    break;
  }
  return pack(images, names, chosen, progress);
}

async function pack(
  images: ImageSet,
  names: readonly string[],
  { edge, quality }: { readonly edge: number; readonly quality: number },
  progress: Progress,
): Promise<Sprites> {
  const across = Math.floor(SHEET_EDGE / edge);
  const perSheet = across ** 2;
  const sheets: Uint8Array[] = [];
  const isTime = onceIn(TELL_SECONDS);
  for (let first = 0; first < names.length; first += perSheet) {
    const count = Math.min(perSheet, names.length - first);
    const sheet: RgbImage = {
      width: across * edge,
      height: Math.ceil(count / across) * edge,
      rgb: emptySheet(across, count, edge),
    };
    for (let i = 0; i < count; i++) {
      const name = names[first + i];
      place(
        sheet,
        thumbnail(await images.read(name), edge, `${images.path}, image ${name}`),
        i % across,
        Math.floor(i / across),
      );
      if (isTime()) progress.log(`packed ${first + i + 1} of ${names.length} images`);
    }
    sheets.push(encodeJpeg(sheet, quality));
  }
  return { edge, across, perSheet, sheets };
}

function emptySheet(across: number, count: number, edge: number): Uint8Array {
  return new Uint8Array(3 * across * edge * Math.ceil(count / across) * edge).fill(128);
}

function place(sheet: RgbImage, image: RgbImage, column: number, row: number): void {
  for (let y = 0; y < image.height; y++) {
    const to = 3 * ((row * image.height + y) * sheet.width + column * image.width);
    sheet.rgb.set(image.rgb.subarray(3 * y * image.width, 3 * (y + 1) * image.width), to);
  }
}
