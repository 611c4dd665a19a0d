import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { ImageEncoder } from '../../sdk/concepts/encoder.ts';
import { embedImages, openImages, readSplit, SHIPPED_ENCODER, SHIPPED_SCENES } from '../../sdk/concepts/index.ts';
import { turn } from '../../sdk/concepts/turn.ts';
import { encoderInput, resizeBilinear } from '../../sdk/spectra/index.ts';
import { newFolder } from './scenes.ts';

interface Fixture {
  scenes: { file: string; width: number; height: number; rgb: string; embedding: string }[];
}
const reference = JSON.parse(
  await readFile(new URL('../fixtures/embeddings-onnxruntime.json', import.meta.url), 'utf8'),
) as Fixture;
const options = { encoder: SHIPPED_ENCODER, threads: 1 };

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('embeddings', () => {
  const expectedOf = (embedding: string) => new Float32Array(new Uint8Array(Buffer.from(embedding, 'base64')).buffer);

  test('equal those of Pillow and onnxruntime in Python for the same pixels, a scene of each class', async () => {
    const encoder = await ImageEncoder.open(SHIPPED_ENCODER, 1);
    for (const { width, height, rgb, embedding } of reference.scenes) {
      const image = { width, height, rgb: new Uint8Array(Buffer.from(rgb, 'base64')) };
      const got = await encoder.run(encoderInput(image), 1);
      expect(cosine(got, expectedOf(embedding))).toBeGreaterThanOrEqual(0.9999);
    }
    await encoder.close();
  });

  // our JPEG decoder repeats subsampled chroma where Pillow's smooths it, and the encoder sees that; training and flight use the same one
  test('are near those of Python for the same JPEGs', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const names = reference.scenes.map(({ file }) => file);
    const { data, d, files, imagesPerSecond } = await embedImages(images, options, names);
    expect({ d, files }).toEqual({ d: 1280, files: names });
    expect(imagesPerSecond).toBeGreaterThan(0);
    reference.scenes.forEach(({ embedding }, row) => {
      expect(cosine(data.subarray(row * d, (row + 1) * d), expectedOf(embedding))).toBeGreaterThan(0.95);
    });
  });

  test('come in the order of the names, from a folder as from a zip, the same in any batch', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const names = images.names.filter((_, i) => i % 400 === 7);
    const folder = newFolder();
    for (const name of names) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), await images.read(name));
    }
    await writeFile(join(folder, 'notes.txt'), 'not an image');
    const fromFolder = await openImages(folder);
    expect(fromFolder.names).toEqual([...names].sort());
    const all = await embedImages(fromFolder, options);
    const last = await embedImages(images, options, names.slice(-1));
    expect(cosine(all.data.subarray(-all.d), last.data)).toBeGreaterThan(0.999999);
  });

  test('of turned and mirrored scenes follow their image, the first being the image as it is', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const [name] = images.names;
    const plain = await embedImages(images, options, [name]);
    const turned = await embedImages(images, { ...options, augment: 3 }, [name]);
    expect(turned.files).toEqual([name, name, name]);
    expect(cosine(turned.data.subarray(0, plain.d), plain.data)).toBeGreaterThan(0.999999);
    expect(cosine(turned.data.subarray(plain.d, 2 * plain.d), plain.data)).toBeLessThan(0.999);
    await expect(embedImages(images, { ...options, augment: 9 }, [name])).rejects.toThrow(/9 variants/);
  });
});

describe('the eight turns of an image', () => {
  const edge = 4;
  const planes = Float32Array.from({ length: 3 * edge * edge }, (_, i) => i);
  const turned = (variant: number, from = planes) => {
    const into = new Float32Array(planes.length);
    turn(from, edge, variant, into, 0);
    return into;
  };

  test('are eight different ones, four quarter turns make a whole, and a mirror undoes itself', () => {
    expect(new Set(Array.from({ length: 8 }, (_, variant) => turned(variant).join())).size).toBe(8);
    expect(turned(1, turned(1, turned(1, turned(1))))).toEqual(planes);
    expect(turned(4, turned(4))).toEqual(planes);
  });

  test('mirror before or after the resize is the same, so they are made after it', () => {
    const random = new Random(1);
    const rgb = Uint8Array.from({ length: 5 * 5 * 3 }, () => random.below(256));
    const mirrored = Uint8Array.from({ length: rgb.length }, (_, i) => {
      const [y, x, c] = [Math.floor(i / 15), Math.floor(i / 3) % 5, i % 3];
      return rgb[y * 15 + (4 - x) * 3 + c];
    });
    const first = resizeBilinear({ width: 5, height: 5, rgb: mirrored }, 12, 12).rgb;
    const after = resizeBilinear({ width: 5, height: 5, rgb }, 12, 12).rgb;
    const apart = first.map((value, i) => {
      const [y, x, c] = [Math.floor(i / 36), Math.floor(i / 3) % 12, i % 3];
      return Math.abs(value - after[y * 36 + (11 - x) * 3 + c]);
    });
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  });
});

describe('images that cannot be used', () => {
  test('a JPEG cut in half is refused by its name', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const whole = await images.read(images.names[0]);
    const folder = newFolder();
    await writeFile(join(folder, 'half.jpg'), whole.subarray(0, whole.length / 2));
    await expect(embedImages(await openImages(folder), options)).rejects.toThrow(/the JPEG is cut off.*half\.jpg/);
  });

  test('a folder without images, a missing one and a broken zip are refused', async () => {
    const folder = newFolder();
    await expect(openImages(folder)).rejects.toThrow(/no JPEG images/);
    await expect(openImages(join(folder, 'none'))).rejects.toThrow(/cannot read images/);
    await writeFile(join(folder, 'broken.zip'), Buffer.alloc(100));
    await expect(openImages(join(folder, 'broken.zip'))).rejects.toThrow(/not a whole zip/);
  });

  test('an encoder that is none, or has no embedding, is refused', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const folder = newFolder();
    await writeFile(join(folder, 'x.onnx'), Buffer.from('no model'));
    const names = images.names.slice(0, 1);
    await expect(embedImages(images, { ...options, encoder: join(folder, 'x.onnx') }, names)).rejects.toThrow(
      /onnxruntime cannot load the encoder.*x\.onnx/,
    );
  });
});

test('the shipped scenes are split by class: 170 to train on and 30 held out of each', async () => {
  const [train, holdout] = [await readSplit('train'), await readSplit('holdout')];
  const classes = (files: string[]) => Object.groupBy(files, (file) => file.split('/')[0]);
  expect(Object.values(classes(train)).map((files) => files?.length)).toEqual(new Array(10).fill(170));
  expect(Object.values(classes(holdout)).map((files) => files?.length)).toEqual(new Array(10).fill(30));
  expect(new Set([...train, ...holdout])).toEqual(new Set((await openImages(SHIPPED_SCENES)).names));
  await expect(readSplit('other')).rejects.toThrow(/no split "other"/);
});
