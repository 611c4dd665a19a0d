/** Small square pictures of images, and JPEG out of pixels. */
import { encode } from 'jpeg-js';
import { decodeJpeg, type RgbImage, resizeBilinear } from '../spectra/index.ts';

/** The middle square of a JPEG at edge × edge pixels; `where` names it in errors. */
export function thumbnail(jpeg: Uint8Array, edge: number, where: string): RgbImage {
  return resizeBilinear(middleSquare(decodeJpeg(jpeg, where)), edge, edge);
}

/** Encodes pixels as a baseline JPEG, quality 1 to 100. */
export function encodeJpeg({ width, height, rgb }: RgbImage, quality: number): Uint8Array {
  const data = new Uint8Array(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    data[4 * pixel + 3] = 255;
  }
  return encode({ width, height, data }, quality).data;
}

function middleSquare(image: RgbImage): RgbImage {
  const { width, height, rgb } = image;
  if (width === height) return image;
  const edge = Math.min(width, height);
  const [left, top] = [(width - edge) >> 1, (height - edge) >> 1];
  const square = new Uint8Array(3 * edge * edge);
  for (let y = 0; y < edge; y++) {
    const from = 3 * ((top + y) * width + left);
    square.set(rgb.subarray(from, from + 3 * edge), 3 * y * edge);
  }
  return { width: edge, height: edge, rgb: square };
}
