/**
 * An image frame: JPEG bytes to RGB, and RGB to the tensor that the concept encoder takes. The resize is Pillow's bilinear one
 * (triangle filter, half-pixel centres, antialiased when shrinking, 22-bit integer weights, bytes between its two passes), so that
 * embeddings agree with those made in Python.
 */
import { decode } from 'jpeg-js';
import { messageOf, NadirError } from '../base/index.ts';

const MAX_FILE_BYTES = 16 * 2 ** 20;
const MAX_MEGAPIXELS = 16;
const MAX_DECODER_MIB = 256;

/** Edge of the encoder's input in pixels. */
export const ENCODER_EDGE = 128;

/** Interleaved RGB, [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Decodes a whole JPEG; one that is cut off, too large or damaged is refused. `where` names it in errors. */
export function decodeJpeg(bytes: Uint8Array, where: string): RgbImage {
  const fail = (what: string, cause?: unknown) =>
    new NadirError({ what, where, remedy: 'Copy the image again; it may be truncated or damaged', cause });
  if (bytes.length > MAX_FILE_BYTES) throw fail(`a JPEG of ${bytes.length} bytes is larger than ${MAX_FILE_BYTES}`);
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) throw fail('not a JPEG');
  if (!endsWithMarker(bytes)) throw fail('the JPEG is cut off: its end marker is missing');
  let image: { width: number; height: number; data: Uint8Array };
  try {
    image = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_MEGAPIXELS,
      maxMemoryUsageInMB: MAX_DECODER_MIB,
    });
  } catch (cause) {
    throw fail(`the JPEG does not decode (${messageOf(cause)})`, cause);
  }
  if (image.width < 1 || image.height < 1) throw fail('the JPEG has no pixels');
  return { width: image.width, height: image.height, rgb: image.data };
}

// The decoder reads zeros past the end, so a cut file could pass for a whole one. Padding after the end marker is allowed.
function endsWithMarker(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

const PRECISION_BITS = 22;

interface Taps {
  /** First source pixel and number of source pixels of each output pixel. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Integer weights, [output, widest]. */
  readonly weights: Int32Array;
  readonly widest: number;
}

function triangleTaps(from: number, to: number): Taps {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const widest = Math.ceil(support) * 2 + 1;
  const taps = { first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * widest), widest };
  const exact = new Float64Array(widest);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - support + 0.5), 0);
    const count = Math.min(Math.floor(centre + support + 0.5), from) - first;
    let total = 0;
    for (let j = 0; j < count; j++) {
      exact[j] = Math.max(0, 1 - Math.abs((first + j - centre + 0.5) / support));
      total += exact[j];
    }
    taps.first[i] = first;
    taps.count[i] = count;
    for (let j = 0; j < count; j++)
      taps.weights[i * widest + j] = Math.floor((exact[j] / total) * 2 ** PRECISION_BITS + 0.5);
  }
  return taps;
}

/** Bilinear resize to `width` × `height`, byte for byte as Pillow's Image.resize(…, BILINEAR). */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  const across = resample(image.rgb, image.height, image.width, width, 3);
  // rows are to the second pass what pixels are to the first, one channel row of width·3 bytes
  const down = resample(across, 1, image.height, height, width * 3);
  return { width, height, rgb: down };
}

/** Resamples the middle axis of [outer, from, inner] to [outer, to, inner]. */
function resample(source: Uint8Array, outer: number, from: number, to: number, inner: number): Uint8Array {
  if (from === to) return source;
  const { first, count, weights, widest } = triangleTaps(from, to);
  const half = 1 << (PRECISION_BITS - 1);
  const result = new Uint8Array(outer * to * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const start = (o * from + first[i]) * inner;
      const target = (o * to + i) * inner;
      for (let c = 0; c < inner; c++) {
        let sum = half;
        for (let j = 0; j < count[i]; j++) sum += source[start + j * inner + c] * weights[i * widest + j];
        result[target + c] = Math.min(255, Math.max(0, sum >> PRECISION_BITS));
      }
    }
  }
  return result;
}

/**
 * The encoder's input for one image: resized to 128 × 128, (rgb − 127)/128, planes R, G, B.
 * Written to `into` at `offset` (in values) where given, so that a batch [n, 3, 128, 128] needs no copies.
 */
export function encoderInput(
  image: RgbImage,
  into: Float32Array = new Float32Array(3 * ENCODER_EDGE ** 2),
  offset = 0,
): Float32Array {
  const { rgb } = resizeBilinear(image, ENCODER_EDGE, ENCODER_EDGE);
  const pixels = ENCODER_EDGE ** 2;
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < 3; channel++)
      into[offset + channel * pixels + pixel] = (rgb[pixel * 3 + channel] - 127) / 128;
  return into;
}
