import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, shippedPath, VERSION, writeNpy } from '../../../sdk/base/index.ts';
import {
  classVocabulary,
  type NameStep,
  nameConcepts,
  outlineOf,
  readConceptNames,
  readEmbeddings,
  readLabels,
  splitScenes,
} from '../../../sdk/concepts/index.ts';
import { writeConceptModel } from '../../../sdk/concepts/model.ts';
import { writeSae } from '../../../sdk/sae/index.ts';
import { newFolder } from '../scenes.ts';
import { KIND_NAMES, kindDirections, model, scenes, WORLD } from './world.ts';

const folder = newFolder();
const path = (name: string) => join(folder, name);
const { d, kinds, latents: n } = WORLD;
const ROWS = 1200;
let named: Awaited<ReturnType<typeof nameConcepts>>;

beforeAll(async () => {
  const quality = { fvu: 0.1, cosine: 0.9, l0: 10, cknna: 0.5 };
  await writeSae(path('sae.safetensors'), model());
  await writeConceptModel(folder, {
    ...{ kind: 'concepts', version: VERSION, d, n, activation: 'msae', levels: [2, 8], weighting: 'uw', seed: 1 },
    ...{ data: { name: 'world', sha256: '0'.repeat(64), rows: ROWS }, options: {} },
    figures: { byK: [{ k: 8, ...quality }], full: quality, dead: 0, decoderOrthogonality: 0, rows: ROWS },
  });
  await writeNpy(path('sample.npy'), { shape: [256, d], data: scenes(256, 5) });
  await writeNpy(path('activity.npy'), { shape: [n], data: new Uint32Array(n).fill(9) });
  await mkdir(path('scenes'));
  await writeNpy(path('scenes/embeddings.npy'), { shape: [ROWS, d], data: scenes(ROWS, 1) });
  const files = Array.from({ length: ROWS }, (_, row) => `${KIND_NAMES[row % kinds]}/${row}.jpg`);
  await writeFile(path('scenes/files.txt'), `${files.join('\n')}\n`);
  await writeFile(path('labels.txt'), `${files.map((file) => file.split('/')[0]).join('\n')}\n`);
  await writeFile(path('words.txt'), `${KIND_NAMES.join('\n')}\n`);
  await writeNpy(path('words.npy'), { shape: [kinds, d], data: kindDirections() });
  named = await nameConcepts(step({ data: path('scenes'), labels: 'folders' }));
});

const step = (more: Partial<NameStep>): NameStep => ({ model: folder, seed: 1, threads: 1, ...more });

describe('naming a model folder', () => {
  test('by the folders of its scenes writes names, agreement, levels and what chance would pass', async () => {
    expect([named.model, named.out]).toEqual([folder, folder]);
    const { model: _, out: __, ...names } = named;
    expect(await readConceptNames(folder)).toEqual(names);
    expect(await readFile(path('report.html'), 'utf8')).toMatch(/12 of 48 latents have a valid name.*rate of 5 %/);
    expect(names.named.filter(({ valid }) => valid).map(({ name }) => name)).toEqual(KIND_NAMES);
    expect(names).toMatchObject({ by: 'scenes', vocabulary: 'classes', falseDiscoveryRate: 0.05 });
    for (const { level, agreement } of names.named.slice(0, kinds)) {
      expect(level).toBe(2);
      expect(agreement?.agrees).toBe(true);
    }
  });

  test('from the command line gives the same names, and tells of chance and of the outline', async () => {
    const main = shippedPath('sdk', 'cli', 'main.ts');
    const out = join(newFolder(), 'copy');
    const args = ['--model', folder, '--data', path('scenes'), '--labels', path('labels.txt'), '--seed', '1'];
    const command = [main, 'concepts', 'name', ...args, '--outline', '--out', out, '--threads', '1'];
    const { stdout, stderr, status } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^12 of 48 latents have a valid name\n {2}12 by classes \(12 words\), cosine at least 0\.\d+/,
    );
    expect(stdout).toMatch(/\d+ of 10000 random latents pass: \d\.\d % of the names/);
    expect(outlineOf(named).length).toBeGreaterThan(0);
    for (const line of outlineOf(named)) expect(stdout).toContain(`${line}\n`);
    expect((await readConceptNames(out)).named).toEqual(named.named);
  });

  test('by atoms takes vocabularies in pairs', async () => {
    const out = join(newFolder(), 'copy');
    const names = await nameConcepts(step({ vocabulary: [path('words.txt')], vectors: [path('words.npy')], out }));
    expect(names.by).toBe('atoms');
    expect(names.named.slice(0, kinds).map(({ name }) => name)).toEqual(KIND_NAMES);
  });

  test.each<[string, Partial<NameStep>, RegExp]>([
    ['a vocabulary without vectors', { vocabulary: 'words.txt' }, /1 vocabularies and 0 files of vectors/],
    ['no vocabulary at all', {}, /no vocabulary: .*--labels/],
    ['labels without scenes', { labels: 'folders' }, /labels without scenes/],
    ['a rate that is none', { labels: 'folders', data: 'x.npy', falseDiscoveryRate: 1 }, /rate of 1: --fdr/],
    [
      'two vocabularies of one name',
      { vocabulary: [path('words.txt'), path('words.txt')], vectors: [path('words.npy'), path('words.npy')] },
      /two vocabularies are called "words"/,
    ],
    ['labels that are not there', { data: path('scenes'), labels: path('none.txt') }, /cannot read file.*none\.txt/],
  ])('refuses %s', async (_, more, message) => {
    await expect(nameConcepts(step(more))).rejects.toThrow(message);
  });

  test('reads names that were written before there were scenes', async () => {
    const old = newFolder();
    const names = {
      ...{ vocabulary: 'kinds', threshold: 0.4, falseDiscoveryRate: 0.1 },
      named: [{ latent: 0, name: 'forest', score: 0.5, margin: 0.1, valid: true }],
    };
    await writeFile(join(old, 'names.json'), canonicalJson(names));
    expect(await readConceptNames(old)).toEqual(names);
  });
});

describe('labelled scenes', () => {
  test('are split into halves by image, every class evenly, and the class means are of the scored half', async () => {
    const dir = newFolder();
    const data = Float32Array.from({ length: 240 * 2 }, (_, i) => Math.sin(i));
    await writeNpy(join(dir, 'embeddings.npy'), { shape: [240, 2], data });
    // three rows an image, forty images of each class
    const files = Array.from({ length: 240 }, (_, row) => `${row < 120 ? 'a' : 'b'}/${Math.floor(row / 3)}.jpg`);
    await writeFile(join(dir, 'files.txt'), `${files.join('\n')}\n`);
    const table = await readEmbeddings(dir);
    const labels = await readLabels('folders', table, dir);
    const split = splitScenes(table, labels, 1);
    const { scored, confirming } = split;
    const images = (rows: readonly number[]) => new Set(rows.map((row) => files[row]));
    const scoredImages = images(scored);
    expect([...images(confirming)].filter((image) => scoredImages.has(image))).toEqual([]);
    expect([scored.length, confirming.length]).toEqual([120, 40]);
    expect(scored.filter((row) => labels[row] === 'a').length).toBe(60);
    expect(confirming.filter((row) => labels[row] === 'a').length).toBe(20);
    expect(splitScenes(table, labels, 1)).toEqual(split);
    const { words, vectors } = classVocabulary('classes', table, labels, split);
    expect(words).toEqual(['a', 'b']);
    words.forEach((word, i) => {
      const rows = scored.filter((row) => labels[row] === word);
      for (const j of [0, 1])
        expect(vectors[2 * i + j]).toBeCloseTo(rows.reduce((sum, row) => sum + data[2 * row + j], 0) / rows.length, 5);
    });
  });

  test('of too few classes, of too few scenes, or not told of every row, are refused', async () => {
    const dir = newFolder();
    const npy = join(dir, 'e.npy');
    await writeNpy(npy, { shape: [30, 2], data: new Float32Array(60).fill(1) });
    const table = await readEmbeddings(npy);
    const read = async (text: string) => {
      await writeFile(join(dir, 'l.txt'), text);
      return readLabels(join(dir, 'l.txt'), table, npy);
    };
    await expect(readLabels('folders', table, npy)).rejects.toThrow(/no files\.txt/);
    await expect(read('a\nb\n')).rejects.toThrow(/2 labels for 30 embeddings/);
    await expect(read(`a\n\n${'b\n'.repeat(28)}`)).rejects.toThrow(/empty line.*line 2/);
    const make = async (text: string) => {
      const labels = await read(text);
      return classVocabulary('classes', table, labels, splitScenes(table, labels, 0));
    };
    await expect(make('a\n'.repeat(30))).rejects.toThrow(/all scenes are of one class, "a"/);
    await expect(make(`${'a\n'.repeat(25)}${'b\n'.repeat(5)}`)).rejects.toThrow(/class "b" has 5 of the scenes/);
    await writeFile(join(dir, 'files.txt'), `${'flat.jpg\n'.repeat(30)}`);
    await expect(readLabels('folders', await readEmbeddings(npy), npy)).rejects.toThrow(
      /no class in the name flat\.jpg/,
    );
  });
});
