import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatNpz } from '../../sdk/base/index.ts';
import { parseSpectralFrame, readSpectralFrame, readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';
import { deliver, drawScenes, type PatchScene, patchOf, type SceneSource } from '../../sim/scenes.ts';

let folder: string;
let source: SceneSource;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-scenes-'));
  const table = await readSpectraTable(resolveDataset('tropical'));
  const images = Array.from({ length: 20 }, (_, i) => join(folder, `Forest_${i}.jpg`));
  for (const path of images) await writeFile(path, path);
  source = {
    images,
    readImage: (name) => readFile(name),
    spectra: table.reflectance,
    wavelengthsNm: table.wavelengthsNm,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const isPatch = (scene: { kind: string }): scene is PatchScene => scene.kind === 'patch';

test('a draw has what was asked for, each scene once while the source lasts, each under its own name', () => {
  const scenes = drawScenes(source, { images: 20, patches: 60 }, 3);
  expect(scenes.length).toBe(80);
  expect(new Set(scenes.map(({ name }) => name)).size).toBe(80);
  expect(new Set(scenes.flatMap((scene) => (scene.kind === 'image' ? [scene.image] : []))).size).toBe(20);
  expect(new Set(scenes.filter(isPatch).map(({ row }) => row)).size).toBe(60);
  const more = drawScenes(source, { images: 30, patches: 0 }, 3, 81);
  expect(more.length).toBe(30);
  expect(more.some(({ name }) => scenes.some((scene) => scene.name === name))).toBe(false);
});

test('the same seed draws the same scenes with the same bytes; another seed draws others', () => {
  const names = (seed: number) => drawScenes(source, { images: 5, patches: 5 }, seed).map(({ name }) => name);
  expect(names(3)).toEqual(names(3));
  expect(names(4)).not.toEqual(names(3));
  const [patch] = drawScenes(source, { images: 0, patches: 1 }, 3).filter(isPatch);
  expect(formatNpz(patchOf(patch, 3)).equals(formatNpz(patchOf(patch, 3)))).toBe(true);
  expect(formatNpz(patchOf(patch, 4)).equals(formatNpz(patchOf(patch, 3)))).toBe(false);
});

test('a patch is read as a spectral frame whose mean is the spectrum, up to shade and noise, without its masked pixels', () => {
  let masked = 0;
  for (const patch of drawScenes(source, { images: 0, patches: 50 }, 5).filter(isPatch)) {
    const arrays = patchOf(patch, 5);
    const [bands, height, width] = arrays.data.shape;
    expect(bands).toBe(150);
    expect(height).toBe(width);
    expect(height).toBeGreaterThanOrEqual(4);
    expect(height).toBeLessThanOrEqual(8);
    const frame = parseSpectralFrame(formatNpz(arrays), patch.name);
    masked += height * width - frame.pixels;
    // 16 pixels at 3 % shade: the mean is within 5 sigma of 0.75 %
    for (let band = 0; band < bands; band++) {
      expect(Math.abs(frame.meanSpectrum[band] / patch.spectrum[band] - 1)).toBeLessThan(0.06);
    }
  }
  expect(masked).toBeGreaterThan(50);
});

test('a delivered scene appears whole in the frames folder', async () => {
  const frames = join(folder, 'frames');
  const scenes = drawScenes(source, { images: 2, patches: 2 }, 1);
  for (const scene of scenes) await deliver(scene, source, frames, 1);
  expect((await readdir(frames)).sort()).toEqual(scenes.map(({ name }) => name).sort());
  for (const scene of scenes) {
    if (scene.kind === 'image') expect(await readFile(join(frames, scene.name), 'utf8')).toBe(scene.image);
    else expect((await readSpectralFrame(join(frames, scene.name))).wavelengthsNm.length).toBe(150);
  }
});
