import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shippedPath } from '../../sdk/base/index.ts';
import { openImages, readEmbeddings, SHIPPED_SCENES } from '../../sdk/concepts/index.ts';
import { newFolder, writeScenes } from './scenes.ts';

const folder = newFolder();
let paths: Awaited<ReturnType<typeof writeScenes>>;

/** Runs `nadir concepts …` in a process of its own. */
function nadir(...args: string[]) {
  const main = shippedPath('sdk', 'cli', 'main.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, 'concepts', ...args], { encoding: 'utf8' });
  return { stdout, stderr, status };
}

beforeAll(async () => {
  paths = await writeScenes(folder);
});

describe('nadir concepts', () => {
  test('goes from embeddings to a named, distilled model, each step one JSON document', () => {
    const model = join(folder, 'model');
    const common = ['--threads', '1', '--json'];
    const document = (...args: string[]) => {
      const { stdout, stderr, status } = nadir(...args, ...common);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const data = ['--data', paths.train, '--holdout', paths.holdout];
    const trained = document(
      'train',
      ...data,
      '--levels',
      '2,4,8',
      '--expansion',
      '2',
      '--batch',
      '32',
      '--out',
      model,
    );
    expect(trained).toMatchObject({ model, out: model, seed: 0, samplesPerCpuSecond: expect.any(Number) });
    const keys = { k: expect.any(Number), fvu: expect.any(Number), cosine: expect.any(Number), l0: expect.any(Number) };
    expect(trained.holdout.byK[0]).toMatchObject({ ...keys, cknna: expect.any(Number) });
    expect(document('evaluate', '--model', model, '--data', paths.holdout, '--k', '2,8')).toMatchObject({
      ...{ byK: [{ k: 2 }, { k: 8 }], full: { l0: expect.any(Number) }, dead: expect.any(Number) },
      ...{ decoderOrthogonality: expect.any(Number), out: null, version: expect.any(String) },
    });
    const words = ['--vocabulary', paths.vocabulary, '--vectors', paths.vectors];
    const named = document('name', '--model', model, ...words, '--fdr', '0.1');
    expect(named.valid).toBe(named.named.filter(({ valid }: { valid: boolean }) => valid).length);
    expect(named.valid).toBeGreaterThan(0);
    const { hits } = document('search', '--model', model, '--data', paths.holdout, '--like', '3', '--limit', '4');
    expect(hits).toHaveLength(4);
    expect(document('distill', '--model', model, ...data, '--ratio', '1.5', '--table', '1.2,2')).toMatchObject({
      teacher: { bytes: expect.any(Number) },
      student: { bytes: expect.any(Number), jaccard16: expect.any(Number), cosineLoss: expect.any(Number) },
      table: [{ asked: 1.2 }, { asked: 1.5, meanBits: expect.any(Number) }, { asked: 2, ratio: expect.any(Number) }],
      model,
    });
  });

  test('embeds a folder of images to an array that train reads', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const [dir, out] = [join(folder, 'images'), join(folder, 'embedded')];
    mkdirSync(dir);
    for (const name of images.names.slice(0, 3))
      await writeFile(join(dir, name.replace('/', '-')), await images.read(name));
    const { stdout, status } = nadir(
      'embed',
      '--images',
      dir,
      '--augment',
      '2',
      '--out',
      out,
      '--threads',
      '1',
      '--json',
    );
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.imagesPerSecond).toBeGreaterThan(0);
    const table = await readEmbeddings(document.embeddings);
    expect([table.rows, table.d, table.files?.length]).toEqual([6, 1280, 6]);
  });

  test.each([
    [
      'levels beyond the dictionary',
      () => ['train', '--data', paths.train, '--levels', '8,99999'],
      2,
      /levels 8,99999 do not fit 48 latents/,
    ],
    [
      'a kind that there is not',
      () => ['train', '--data', paths.train, '--kind', 'magic'],
      2,
      /Allowed choices are msae/,
    ],
    ['a missing file', () => ['train', '--data', join(folder, 'none.npy')], 1, /cannot read shards.*none\.npy/],
    ['a search for nothing', () => ['search', '--model', folder, '--data', paths.train], 2, /nothing to search for/],
    [
      'a folder that is no model',
      () => ['evaluate', '--model', folder, '--data', paths.train],
      1,
      /holds no autoencoder/,
    ],
  ])('refuses %s in one line', (_, args, code, message) => {
    const { stdout, stderr, status } = nadir(...args());
    expect(status).toBe(code);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
