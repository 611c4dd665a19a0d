/**
 * Conditions of capture that may be planted into images: each changes how a scene looks and not what it shows. The images that come out are
 * JPEGs again, so that they embed and show like any others.
 */
import { decode, encode } from 'jpeg-js';
import type { ImageSet } from '../../../sdk/concepts/index.ts';
import { decodeJpeg, type RgbImage } from '../../../sdk/spectra/index.ts';

/** Good enough that writing an image again is no condition of its own. */
const QUALITY = 97;
const BLOCKY_QUALITY = 6;
const BLUR_RADIUS = 2;
const MARK_EDGE = 14;

type Alteration = (image: RgbImage) => Uint8Array;

/** RGB of an image by condition, [height, width, 3]. */
export const CONDITIONS = {
  tint: ({ rgb }) => rgb.map((value, i) => clamped(value * [1.7, 1, 0.35][i % 3])),
  watermark: ({ width, height, rgb }) => {
    const marked = Uint8Array.from(rgb);
    for (let y = height - MARK_EDGE; y < height; y++)
      for (let x = width - MARK_EDGE; x < width; x++) {
        const isCross = Math.abs(x - width + MARK_EDGE / 2) < 2 || Math.abs(y - height + MARK_EDGE / 2) < 2;
        marked.fill(isCross ? 20 : 245, (y * width + x) * 3, (y * width + x + 1) * 3);
      }
    return marked;
  },
  blur: ({ width, height, rgb }) => boxBlur(boxBlur(rgb, width, height), width, height),
  haze: ({ rgb }) => rgb.map((value) => clamped(0.3 * value + 165)),
  blocks: (image) => {
    const { data } = decode(jpegOf(image, image.rgb, BLOCKY_QUALITY), { useTArray: true, formatAsRGBA: false });
    return data;
  },
} as const satisfies Record<string, Alteration>;

export type Condition = keyof typeof CONDITIONS;

const MARK = '@';

/** Name of an image under a condition: `Forest/Forest_12@tint.jpg`. */
export function alteredName(name: string, condition: Condition): string {
  return name.replace(/\.jpg$/, `${MARK}${condition}.jpg`);
}

/** Condition of an image by its name; none for one as it was taken. */
export function conditionOf(name: string): string | undefined {
  return /@(\w+)\.jpg$/.exec(name)?.[1];
}

/** A set that also gives each image under each condition. */
export function withConditions(images: ImageSet): ImageSet {
  return {
    path: images.path,
    names: images.names,
    async read(name) {
      const condition = conditionOf(name);
      if (condition === undefined) return images.read(name);
      const image = decodeJpeg(await images.read(name.replace(`${MARK}${condition}`, '')), name);
      return jpegOf(image, CONDITIONS[condition as Condition](image), QUALITY);
    },
  };
}

function jpegOf({ width, height }: RgbImage, rgb: Uint8Array, quality: number): Uint8Array {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return encode({ data: rgba, width, height }, quality).data;
}

function boxBlur(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const blurred = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        let count = 0;
        for (let v = Math.max(0, y - BLUR_RADIUS); v <= Math.min(height - 1, y + BLUR_RADIUS); v++)
          for (let u = Math.max(0, x - BLUR_RADIUS); u <= Math.min(width - 1, x + BLUR_RADIUS); u++, count++)
            sum += rgb[(v * width + u) * 3 + channel];
        blurred[(y * width + x) * 3 + channel] = Math.round(sum / count);
      }
  return blurred;
}

function clamped(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
