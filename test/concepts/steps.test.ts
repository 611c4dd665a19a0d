import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Progress, readNpz, writeNpy, writeNpz } from '../../sdk/base/index.ts';
import {
  distillConcepts,
  evaluateConcepts,
  holdOut,
  nameConcepts,
  readConceptModel,
  readConcepts,
  readEmbeddings,
  readGroundConcepts,
  searchScenes,
  trainConcepts,
} from '../../sdk/concepts/index.ts';
import { decodeCode, strongestLatents, TRAIN_DEFAULTS } from '../../sdk/sae/index.ts';
import { D, KINDS, newFolder, someEmbeddings, writeScenes } from './scenes.ts';

const folder = newFolder();
const out = join(folder, 'model');
const options = { ...TRAIN_DEFAULTS, levels: [2, 4, 8], expansion: 2, batch: 32, seed: 3, threads: 1 };
let paths: Awaited<ReturnType<typeof writeScenes>>;

beforeAll(async () => {
  paths = await writeScenes(folder);
  await trainConcepts({ data: paths.train, holdout: paths.holdout, out }, options);
  await nameConcepts({ model: out, ...paths, falseDiscoveryRate: 0.1, seed: 3, threads: 1 });
  await distillConcepts({ model: out, data: paths.train, holdout: paths.holdout, seed: 3, threads: 1 });
});

describe('a concept model folder', () => {
  test('says what it is, from what data, and what it reached', async () => {
    const model = await readConceptModel(out);
    expect(model).toMatchObject({ kind: 'concepts', d: D, n: 2 * D, activation: 'msae', levels: [2, 4, 8], seed: 3 });
    expect(model.data).toMatchObject({ name: 'train.npy', rows: 600 });
    expect(model.data.sha256).toMatch(/^[0-9a-f]{64}$/);
    const { byK } = await evaluateConcepts({ model: out, data: paths.holdout, ks: [8, 64] });
    expect(model.figures.byK).toContainEqual(byK[0]);
    expect(await readdir(out)).toEqual(
      expect.arrayContaining(['names.json', 'report.html', 'student.onnx', 'holdout.npz']),
    );
    expect(await readFile(join(out, 'report.html'), 'utf8')).toMatch(/forest/);
  });

  test('is the same byte for byte when made again', async () => {
    const again = join(folder, 'again');
    await trainConcepts({ data: paths.train, holdout: paths.holdout, out: again }, options);
    for (const file of ['sae.safetensors', 'activity.npy', 'sample.npy'])
      expect((await readFile(join(again, file))).equals(await readFile(join(out, file))), file).toBe(true);
  });

  test('goes on where a training ended too early, and is the same then; a whole one leaves no checkpoint', async () => {
    const cut = join(folder, 'cut');
    const begin = (progress: Progress) =>
      trainConcepts(
        { data: paths.train, holdout: paths.holdout, out: cut },
        { ...options, checkpoint: { folder: cut, everySeconds: 0 }, progress },
      );
    const ending = (line: string) => {
      if (line.startsWith('epoch 3/')) throw new Error('no power');
    };
    await expect(begin({ log: ending })).rejects.toThrow('no power');
    expect(await readdir(cut)).toEqual(['checkpoint.safetensors']);
    const lines: string[] = [];
    await begin({ log: (line) => lines.push(line) });
    expect(lines[0]).toMatch(/^going on after step \d+ of \d+/);
    for (const file of ['sae.safetensors', 'activity.npy'])
      expect((await readFile(join(cut, file))).equals(await readFile(join(out, file))), file).toBe(true);
    expect(await readdir(cut)).not.toContain('checkpoint.safetensors');
  });

  test('decodes on the ground what the board sends: latents of the student', async () => {
    const { embeddings, latents } = Object.fromEntries(await readNpz(join(out, 'holdout.npz')));
    const ground = await readGroundConcepts(out);
    expect(latents.shape[1]).toBe(ground.decoder.n);
    let cosine = 0;
    const rows = latents.shape[0];
    for (let row = 0; row < rows; row++) {
      const code = strongestLatents(latents.data as Float32Array, 8, row * ground.decoder.n, ground.decoder.n);
      const decoded = decodeCode(ground.decoder, code.latents, code.values);
      const x = (embeddings.data as Float32Array).subarray(row * D, (row + 1) * D);
      const dot = decoded.reduce((sum, value, i) => sum + value * x[i], 0);
      cosine += dot / Math.hypot(...decoded) / Math.hypot(...x) / rows;
    }
    expect(cosine).toBeGreaterThan(0.95);
    expect(ground.names.filter((name) => name !== undefined).length).toBeGreaterThan(0);
  });

  test('finds scenes by name and by likeness', async () => {
    const reader = await readConcepts(out);
    const data = someEmbeddings(80, 2);
    const named = new Set(reader.names.filter((name) => name?.valid).map((name) => name?.name ?? ''));
    for (const word of named) {
      const hits = await searchScenes(reader, data, { concepts: [word] }, 5, 1);
      expect(hits.map(({ row }) => KINDS[row % KINDS.length])).toEqual(new Array(hits.length).fill(word));
      expect(hits.length).toBeGreaterThan(0);
    }
    const [self, next] = await searchScenes(reader, data, { like: 6 }, 2, 1);
    expect(self).toEqual({ row: 6, score: expect.closeTo(1, 5) });
    expect(next.row % KINDS.length).toBe(6 % KINDS.length);
    await expect(searchScenes(reader, data, { concepts: ['moon'] }, 5, 1)).rejects.toThrow(
      /no latent is named "moon".*forest/,
    );
    await expect(searchScenes(reader, data, { like: 80 }, 5, 1)).rejects.toThrow(/no row 80.*0 to 79/);
  });

  test('trained anew in the same folder has no names and no student of the weights before', async () => {
    const again = join(folder, 'again');
    await trainConcepts({ data: paths.train, holdout: paths.holdout, out: again }, options);
    await nameConcepts({ model: again, ...paths, seed: 3, threads: 1 });
    await distillConcepts({ model: again, data: paths.train, holdout: paths.holdout, seed: 3, threads: 1 });
    await trainConcepts({ data: paths.train, holdout: paths.holdout, out: again }, { ...options, seed: 4 });
    expect((await readConcepts(again)).names.every((name) => name === undefined)).toBe(true);
    await expect(readGroundConcepts(again)).rejects.toThrow(/no student/);
  });

  test('can be trained on an .npz as well', async () => {
    const npy = await readEmbeddings(paths.train);
    const path = join(folder, 'train.npz');
    await writeNpz(path, { embeddings: { shape: [npy.rows, npy.d], data: npy.data } });
    expect((await readEmbeddings(path)).data).toEqual(npy.data);
    await writeNpz(path, { other: { shape: [1], data: new Float32Array(1) } });
    await expect(readEmbeddings(path)).rejects.toThrow(/no array "embeddings": .*train\.npz/);
  });

  test('can get its names in a copy', async () => {
    const copy = join(folder, 'copy');
    await nameConcepts({ model: out, ...paths, out: copy, seed: 4, threads: 1 });
    expect((await readConcepts(copy)).names.length).toBe(2 * D);
  });
});

describe('embeddings', () => {
  test('are held out by image, all its variants on one side', async () => {
    const dir = newFolder();
    const path = join(dir, 'embeddings.npy');
    await writeNpy(path, { shape: [40, 2], data: Float32Array.from({ length: 80 }, (_, i) => Math.floor(i / 8)) });
    await writeFile(
      join(dir, 'files.txt'),
      `${Array.from({ length: 40 }, (_, row) => `${Math.floor(row / 4)}.jpg`).join('\n')}\n`,
    );
    const { kept, heldOut } = holdOut(await readEmbeddings(path), 0.2, 1);
    expect([kept.length, heldOut.length]).toEqual([64, 16]);
    expect(heldOut.filter((value) => kept.includes(value)).length).toBe(0);
  });

  test('cut off, of another length or not finite are refused with file and remedy', async () => {
    const dir = newFolder();
    const path = join(dir, 'e.npy');
    await writeNpy(path, { shape: [3, 4], data: new Float32Array(12).fill(NaN, 7) });
    await expect(readEmbeddings(path)).rejects.toThrow(/NaN is not a finite number.*e\.npy, row 1/);
    await writeNpy(path, { shape: [3, 4], data: new Float32Array(12) });
    await expect(readEmbeddings(path, D)).rejects.toThrow(/length 4 for a model of 48.*e\.npy/);
    await writeNpy(path, { shape: [12], data: new Float32Array(12) });
    await expect(readEmbeddings(path)).rejects.toThrow(/shape \(12\).*\[rows, d\]/);
    await truncate(path, 150);
    await expect(readEmbeddings(path)).rejects.toThrow(/data is cut off.*e\.npy/);
  });

  test('a folder that is no model, or one not distilled, is refused', async () => {
    const dir = newFolder();
    await expect(readConcepts(dir)).rejects.toThrow(/cannot read file.*model\.json/);
    await writeFile(join(dir, 'model.json'), '{"kind":"soil"}');
    await expect(readConcepts(dir)).rejects.toThrow(/not a concept model \(kind/);
    await expect(readGroundConcepts(join(folder, 'again'))).rejects.toThrow(/no student.*distill/);
  });
});
