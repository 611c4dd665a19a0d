import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NadirError, Random, writeNpz } from '../../sdk/base/index.ts';
import {
  decodeJpeg,
  encoderInput,
  parseSpectralFrame,
  readSpectralFrame,
  requireSameBands,
  resizeBilinear,
} from '../../sdk/spectra/index.ts';

interface Picture {
  width: number;
  height: number;
  rgb: string;
}
const reference = JSON.parse(readFileSync(new URL('../fixtures/features-images.json', import.meta.url), 'utf8')) as {
  jpegs: (Picture & { jpeg: string; subsampling: number })[];
  source: Picture;
  resizes: Picture[];
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const imageOf = ({ width, height, rgb }: Picture) => ({ width, height, rgb: bytesOf(rgb) });
const folder = mkdtempSync(join(tmpdir(), 'nadir-frames-'));
const wavelengths = { shape: [2], data: Float64Array.of(500, 510) };

describe('a spectral frame', () => {
  test('gives the mean over the pixels that are not masked, per band, of any numeric type', async () => {
    const path = join(folder, 'masked.npz');
    await writeNpz(path, {
      data: { shape: [2, 1, 3], data: Uint16Array.of(1, 2, 60000, 4, 5, 6) },
      mask: { shape: [2, 1, 3], data: Uint8Array.of(0, 0, 1, 1, 0, 0) },
      wavelengths,
    });
    const frame = await readSpectralFrame(path);
    expect([...frame.meanSpectrum]).toEqual([1.5, 5.5]);
    expect([...frame.wavelengthsNm]).toEqual([500, 510]);
    expect(frame.pixels).toBe(2);
  });

  test.each([
    ['without data', { wavelengths }, /no array "data"/],
    [
      'with too few wavelengths',
      { data: { shape: [3, 1, 1], data: Float32Array.of(1, 2, 3) }, wavelengths },
      /2 wavelengths for 3/,
    ],
    [
      'wholly masked',
      {
        data: { shape: [2, 1, 1], data: Float32Array.of(1, 2) },
        mask: { shape: [1, 1], data: Uint8Array.of(1) },
        wavelengths,
      },
      /every pixel of band 0 is masked/,
    ],
    [
      'with a hole',
      { data: { shape: [2, 1, 1], data: Float32Array.of(1, Number.NaN) }, wavelengths },
      /band 1 is not finite/,
    ],
    [
      'with a mask of another shape',
      {
        data: { shape: [2, 1, 2], data: Float32Array.of(1, 2, 3, 4) },
        mask: { shape: [3], data: Uint8Array.of(0, 0, 0) },
        wavelengths,
      },
      /mask of shape/,
    ],
  ])('%s is refused by name', async (name, arrays, message) => {
    const path = join(folder, `${name}.npz`);
    await writeNpz(path, arrays);
    await expect(readSpectralFrame(path)).rejects.toThrow(message);
  });

  test('cut off anywhere, it is one clear error', async () => {
    const path = join(folder, 'whole.npz');
    await writeNpz(path, { data: { shape: [2, 1, 1], data: Float32Array.of(1, 2) }, wavelengths });
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 7)
      expect(() => parseSpectralFrame(whole.subarray(0, length), 'cut.npz')).toThrow(NadirError);
  });

  test('on other bands than the model was trained on is refused', () => {
    requireSameBands([500, 510.01], [500, 510], 'frame.npz');
    expect(() => requireSameBands([500], [500, 510], 'frame.npz')).toThrow(/1 bands where the model has 2/);
    expect(() => requireSameBands([500, 511], [500, 510], 'frame.npz')).toThrow(/band 1 is at 511 nm/);
  });
});

describe('an image frame', () => {
  test.each(reference.jpegs)('decodes a JPEG (chroma subsampling $subsampling) close to Pillow', (picture) => {
    const { width, height, rgb } = decodeJpeg(bytesOf(picture.jpeg), 'scene.jpg');
    expect([width, height]).toEqual([picture.width, picture.height]);
    const expected = bytesOf(picture.rgb);
    const meanError = expected.reduce((sum, value, i) => sum + Math.abs(value - rgb[i]), 0) / expected.length;
    // our decoder cuts fractions off where libjpeg rounds, and repeats subsampled chroma where libjpeg smooths it
    expect(meanError).toBeLessThan(picture.subsampling === 0 ? 0.75 : 4);
  });

  test.each(reference.resizes)('resizes to $width × $height byte for byte as Pillow', (picture) => {
    expect(resizeBilinear(imageOf(reference.source), picture.width, picture.height).rgb).toEqual(bytesOf(picture.rgb));
  });

  test('becomes planes of (rgb − 127)/128, in place in a batch', () => {
    const image = { width: 128, height: 128, rgb: new Uint8Array(128 * 128 * 3) };
    for (let i = 0; i < image.rgb.length; i++) image.rgb[i] = [127, 255, 0][i % 3];
    const batch = new Float32Array(2 * 3 * 128 * 128);
    encoderInput(image, batch, 3 * 128 * 128);
    expect(batch[0]).toBe(0);
    expect([0, 1, 2].map((plane) => batch[(3 + plane) * 128 * 128 + 77])).toEqual([0, 1, -127 / 128]);
  });

  test('a JPEG cut in half, or anywhere, is refused with one clear error', () => {
    const whole = bytesOf(reference.jpegs[0].jpeg);
    expect(() => decodeJpeg(whole.subarray(0, whole.length >> 1), 'half.jpg')).toThrow(
      /cut off: its end marker is missing: half\.jpg\. Copy the image again/,
    );
    for (let length = 0; length < whole.length; length += 13)
      expect(() => decodeJpeg(whole.subarray(0, length), 'cut.jpg')).toThrow(NadirError);
  });

  test('damaged bytes give an image or one clear error', () => {
    const random = Random.of(1, 'damage');
    for (let trial = 0; trial < 200; trial++) {
      const bytes = bytesOf(reference.jpegs[trial % 2].jpeg);
      bytes[2 + random.below(bytes.length - 4)] = random.below(256);
      try {
        const { width, height, rgb } = decodeJpeg(bytes, 'damaged.jpg');
        expect(rgb.length).toBe(width * height * 3);
      } catch (error) {
        expect(error).toBeInstanceOf(NadirError);
      }
    }
    writeFileSync(join(folder, 'not.jpg'), 'text');
    expect(() => decodeJpeg(readFileSync(join(folder, 'not.jpg')), 'not.jpg')).toThrow(/not a JPEG/);
  });
});
