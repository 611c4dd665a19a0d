/**
 * What the craft's cameras deliver: held-out images as they are, and spectral patches grown around held-out spectra, handed over as
 * files that appear whole in the board's frames folder.
 */
import { basename, join } from 'node:path';
import { formatNpz, type NdArray, Random, writeFileAtomic } from '../sdk/base/index.ts';

/** One frame before it is taken. */
export type Scene = ImageScene | PatchScene;

/** A scene of the imager. */
interface ImageScene {
  readonly kind: 'image';
  /** File name in the frames folder; it also is the `source` of the frames made from it. */
  readonly name: string;
  /** The JPEG's name in its source. */
  readonly image: string;
}

/** A patch of the spectrometer. */
export interface PatchScene {
  readonly kind: 'patch';
  readonly name: string;
  /** Row among the held-out spectra. */
  readonly row: number;
  /** Reflectance, [bands]. */
  readonly spectrum: Float32Array;
  readonly wavelengthsNm: Float64Array;
}

/** Held-out material that scenes are drawn from. */
export interface SceneSource {
  /** Names of JPEGs. */
  readonly images: readonly string[];
  readImage(name: string): Promise<Uint8Array>;
  /** Row-major [rows, bands]. */
  readonly spectra: Float32Array;
  readonly wavelengthsNm: Float64Array;
}

const SMALLEST_PATCH = 4;
const LARGEST_PATCH = 8;
/** One sigma of a pixel and band, relative to the signal: an SNR of 200. */
const NOISE = 0.005;
/** One sigma of a pixel's brightness, all bands alike: slope and shade. */
const SHADE = 0.03;
const MASKED_SHARE = 0.15;

/**
 * Draws `images` images and `patches` patches and shuffles them, as a swath would bring them. Without replacement while the source
 * lasts, then over again. Names count from `first`, so that every scene of a mission has its own.
 */
export function drawScenes(
  source: SceneSource,
  count: { readonly images: number; readonly patches: number },
  seed: number,
  first = 1,
): Scene[] {
  const random = Random.of(seed, `scenes ${first}`);
  const bands = source.wavelengthsNm.length;
  const imageOrder = random.permutation(source.images.length);
  const rowOrder = random.permutation(source.spectra.length / bands);
  const number = (i: number) => String(first + i).padStart(5, '0');
  const images = Array.from({ length: count.images }, (_, i): ImageScene => {
    const image = source.images[imageOrder[i % imageOrder.length]];
    return { kind: 'image', name: `image-${number(i)}-${basename(image)}`, image };
  });
  const patches = Array.from({ length: count.patches }, (_, i): PatchScene => {
    const row = rowOrder[i % rowOrder.length];
    const spectrum = source.spectra.subarray(row * bands, (row + 1) * bands);
    return {
      kind: 'patch',
      name: `patch-${number(i)}-row${row}.npz`,
      row,
      spectrum,
      wavelengthsNm: source.wavelengthsNm,
    };
  });
  return random.shuffle<Scene[]>([...images, ...patches]);
}

/**
 * Arrays of a spectral frame around one spectrum: `data` [bands, h, w], `mask` [bands, h, w] (1 = pixel excluded), `wavelengths`
 * [bands]. Square, 4 to 8 pixels; each pixel has its shade and each value its noise; masked pixels hold what a saturated detector gives.
 */
export function patchOf(scene: PatchScene, seed: number): Record<'data' | 'mask' | 'wavelengths', NdArray> {
  const random = Random.of(seed, scene.name);
  const bands = scene.spectrum.length;
  const edge = SMALLEST_PATCH + random.below(LARGEST_PATCH - SMALLEST_PATCH + 1);
  const pixels = edge * edge;
  const excluded = new Uint8Array(pixels);
  const shade = new Float64Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    excluded[pixel] = random.uniform() < MASKED_SHARE ? 1 : 0;
    shade[pixel] = 1 + SHADE * random.normal();
  }
  excluded[random.below(pixels)] = 0;
  let brightest = 0;
  for (const value of scene.spectrum) brightest = Math.max(brightest, value);
  const data = new Float32Array(bands * pixels);
  const mask = new Uint8Array(bands * pixels);
  for (let band = 0; band < bands; band++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const noisy = scene.spectrum[band] * shade[pixel] * (1 + NOISE * random.normal());
      data[band * pixels + pixel] = excluded[pixel] === 1 ? 4 * brightest : noisy;
      mask[band * pixels + pixel] = excluded[pixel];
    }
  }
  return {
    data: { shape: [bands, edge, edge], data },
    mask: { shape: [bands, edge, edge], data: mask },
    wavelengths: { shape: [bands], data: scene.wavelengthsNm },
  };
}

/** Takes a scene: its file appears in the frames folder, whole, by a rename. */
export async function deliver(scene: Scene, source: SceneSource, framesFolder: string, seed: number): Promise<void> {
  const bytes = scene.kind === 'image' ? await source.readImage(scene.image) : formatNpz(patchOf(scene, seed));
  await writeFileAtomic(join(framesFolder, scene.name), bytes);
}
