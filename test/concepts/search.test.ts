import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shippedPath, writeNpy } from '../../sdk/base/index.ts';
import { buildSceneIndex, searchModel } from '../../sdk/concepts/index.ts';
import { codesOf, preActivationsOf, type SaeWeights } from '../../sdk/sae/index.ts';
import { kept } from './code-index/codes.ts';
import { newFolder } from './scenes.ts';
import { HOSTILE, NAMES, TINY, tinyWeights, writeTinyData, writeTinyImages, writeTinyModel } from './tiny-model.ts';

const folder = newFolder();
const [model, scenes, images] = [join(folder, 'model'), join(folder, 'scenes'), join(folder, 'images')];
const data = join(scenes, 'embeddings.npy');
const common = { model, limit: 20, threads: 1 };
/** Activation of each latent in each row, as an index keeps it: [rows][latent]. */
let rows: Map<number, number>[];
let files: string[];

/** The codes that are searched, from their definition: the strongest latents, each activation to the nearest level. */
async function keptCodes(sae: SaeWeights, embeddings: Float32Array) {
  const codes = codesOf(await preActivationsOf(sae, embeddings, 1), sae.n, sae.n);
  return codes.map(
    ({ latents, values }) => new Map(Array.from(latents, (latent, i) => [latent, kept(values[i])] as const)),
  );
}

beforeAll(async () => {
  const sae = await writeTinyModel(model);
  const written = await writeTinyData(scenes);
  files = written.files;
  await writeTinyImages(images, files);
  rows = await keptCodes(sae, written.data);
});

/** Strength of a name in a row: what the latents named so have together, however it is spelled. */
function strength(row: number, name: string): number {
  const latents = [...NAMES].filter(([, other]) => other.toLowerCase() === name).map(([latent]) => latent);
  return latents.reduce((sum, latent) => sum + (rows[row].get(latent) ?? 0), 0);
}

/** From 0 to 1, its largest in the data. */
function relative(row: number, name: string): number {
  return strength(row, name) / Math.max(...rows.map((_, other) => strength(other, name)));
}

/** The best rows of those with a score, by looking at all. */
function best(score: (row: number) => number | undefined): { row: number; score: number }[] {
  const scored = rows.flatMap((_, row) => {
    const value = score(row);
    return value === undefined ? [] : [{ row, score: value }];
  });
  return scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, common.limit);
}

function expectHits(hits: readonly { row: number; score: number }[], wanted: { row: number; score: number }[]) {
  expect(wanted.length).toBeGreaterThan(2);
  expect(hits.map(({ row }) => row)).toEqual(wanted.map(({ row }) => row));
  hits.forEach(({ score }, i) => {
    expect(score).toBeCloseTo(wanted[i].score, 6);
  });
}

describe('a search by concepts', () => {
  test('scores a row by the weakest of those that it must show', async () => {
    const { hits } = await searchModel({ ...common, place: { data }, concept: 'forest,river' });
    const wanted = best((row) => Math.min(relative(row, 'forest'), relative(row, 'river')) || undefined);
    expectHits(hits, wanted);
    expect(hits[0]).toMatchObject({ file: files[hits[0].row] });
  });

  test('with weights, by their weighted mean; what is excluded is not there', async () => {
    const { hits } = await searchModel({ ...common, place: { data }, concept: 'forest, river:0.5, !cloud' });
    const wanted = best((row) =>
      strength(row, 'forest') > 0 && strength(row, 'cloud') === 0
        ? (relative(row, 'forest') + 0.5 * relative(row, 'river')) / 1.5
        : undefined,
    );
    expectHits(hits, wanted);
  });

  test('with weights alone finds rows that show any of them, and a negative one counts against', async () => {
    const { hits } = await searchModel({ ...common, place: { data }, concept: 'river:1, "lake, salt":2, cloud:-0.5' });
    const wanted = best((row) =>
      strength(row, 'river') + strength(row, 'lake, salt') > 0
        ? (relative(row, 'river') + 2 * relative(row, 'lake, salt') - 0.5 * relative(row, 'cloud')) / 3
        : undefined,
    );
    expectHits(hits, wanted);
  });

  test('takes latents by number, named or not', async () => {
    const { hits } = await searchModel({ ...common, place: { data }, latent: '20' });
    const most = Math.max(...rows.map((row) => row.get(20) ?? 0));
    expectHits(
      hits,
      best((row) => (rows[row].has(20) ? (rows[row].get(20) ?? 0) / most : undefined)),
    );
    expect(await searchModel({ ...common, place: { data }, concept: '#20' })).toEqual({ hits });
  });
});

describe('a search by example', () => {
  const norm = (row: number) => Math.sqrt([...rows[row].values()].reduce((sum, value) => sum + value ** 2, 0));
  /** Cosine of a row's code and an example's, moved: by weights of single latents, and of forest, whose strength is the sum of two. */
  function moved(example: number, latents: readonly [number, number][], forest: number) {
    const weights = new Map([...rows[example]].map(([latent, value]) => [latent, value / norm(example)]));
    for (const [latent, weight] of latents) weights.set(latent, (weights.get(latent) ?? 0) + weight);
    const length = Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight ** 2, forest ** 2));
    return (row: number) => {
      let sum = forest * strength(row, 'forest');
      let any = forest > 0 && strength(row, 'forest') > 0;
      for (const [latent, weight] of weights) {
        const value = rows[row].get(latent) ?? 0;
        sum += weight * value;
        any ||= weight > 0 && value > 0;
      }
      return any ? sum / (length * norm(row)) : undefined;
    };
  }

  test('scores by the cosine of the codes; the example itself comes first', async () => {
    const { hits } = await searchModel({ ...common, place: { data }, like: 17 });
    expectHits(hits, best(moved(17, [], 0)));
    expect(hits[0]).toEqual({ row: 17, score: expect.closeTo(1, 6), file: files[17] });
  });

  test('plus and minus concepts', async () => {
    const request = { ...common, place: { data }, like: 17, plus: 'forest:0.7, #20', minus: 'river' };
    expectHits(
      (await searchModel(request)).hits,
      best(
        moved(
          17,
          [
            [20, 1],
            [5, -1],
          ],
          0.7,
        ),
      ),
    );
    const away = { ...common, place: { data }, like: 30, minus: 'forest' };
    expectHits((await searchModel(away)).hits, best(moved(30, [], -1)));
  });
});

describe('an index folder', () => {
  const index = join(folder, 'index');

  test('gives the hits and scores of the embeddings that it was built from', async () => {
    const built = await buildSceneIndex({ model, data, out: index, threads: 1 });
    expect(built).toMatchObject({ index, rows: TINY.rows, k: 64 });
    expect((await readdir(index)).sort()).toEqual(['codes.index', 'files.txt', 'index.json']);
    const questions = [{ concept: 'forest' }, { concept: 'river:1, !cloud' }, { like: 3, minus: 'river' }];
    for (const question of questions)
      expect(await searchModel({ ...common, ...question, place: { index } })).toEqual(
        await searchModel({ ...common, ...question, place: { data } }),
      );
  });

  test('is built of shards in a folder, their rows numbered through', async () => {
    const shards = join(folder, 'shards');
    await mkdir(shards);
    const { data: all } = await writeTinyData(scenes);
    await writeNpy(join(shards, 'a.npy'), { shape: [100, TINY.d], data: all.slice(0, 100 * TINY.d) });
    await writeNpy(join(shards, 'b.npy'), { shape: [140, TINY.d], data: all.slice(100 * TINY.d) });
    const out = join(folder, 'sharded');
    await buildSceneIndex({ model, data: shards, out, threads: 1 });
    const bytes = (path: string) => readFile(join(path, 'codes.index'));
    expect((await bytes(out)).equals(await bytes(index))).toBe(true);
  });

  test('leaves the old one as it is, and nothing besides, where the data turn out bad', async () => {
    const before = await readFile(join(index, 'codes.index'));
    const bad = join(folder, 'bad.npy');
    const values = new Float32Array(5000 * TINY.d).fill(0.5);
    values[4900 * TINY.d + 3] = Number.NaN;
    await writeNpy(bad, { shape: [5000, TINY.d], data: values });
    const build = buildSceneIndex({ model, data: bad, out: index, threads: 1 });
    await expect(build).rejects.toThrow(/NaN is not a finite number.*bad\.npy, row 4900, column 3/);
    expect((await readFile(join(index, 'codes.index'))).equals(before)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('of other weights, without its card, or none at all is refused with a remedy', async () => {
    const other = join(folder, 'other');
    await writeTinyModel(other, tinyWeights(2));
    const search = (place: string, of = model) =>
      searchModel({ ...common, model: of, place: { index: place }, like: 0 });
    await expect(search(index, other)).rejects.toThrow(/index is of another model.*index\.json.*nadir concepts index/);
    await expect(search(folder)).rejects.toThrow(/no scene index here/);
    await writeFile(join(folder, 'index.json'), '{"kind":"scene index"}');
    await expect(search(folder)).rejects.toThrow(/not the card of a scene index/);
    await rm(join(folder, 'index.json'));
  });
});

describe('a search that cannot be', () => {
  test.each([
    ['a name that no latent has', { concept: 'moon' }, /no latent is named "moon".*Valid names are.*forest/],
    ['a name that is not valid', { concept: 'mistaken' }, /no latent is named "mistaken"/],
    ['a latent that there is not', { latent: '40' }, /no latent 40.*0 to 39/],
    ['no number', { latent: '4x' }, /"4x" is no latent/],
    ['a row that there is not', { like: TINY.rows }, /no row 240: --like\. Give a row from 0 to 239/],
    ['nothing', {}, /nothing to search for/],
    ['only what must be lacking', { concept: '!cloud' }, /nothing to look for/],
    ['concepts and an example', { concept: 'forest', like: 1 }, /Move an example with --plus and --minus/],
    ['a shift without an example', { plus: 'forest' }, /--plus and --minus move an example/],
    ['images without a page', { like: 1, images }, /--images without a page/],
  ])('%s', async (_, question, message) => {
    await expect(searchModel({ ...common, ...question, place: { data } })).rejects.toThrow(message);
  });
});

describe('the page of hits', () => {
  test('shows question, pictures, scores and names, and escapes them', async () => {
    const page = join(folder, 'page', 'hits.html');
    const concept = `"${HOSTILE.replaceAll('"', '""')}"`;
    const { hits } = await searchModel({ ...common, limit: 6, place: { data }, concept, page, images });
    const text = await readFile(page, 'utf8');
    expect(text).not.toContain('<b>"snow"');
    expect(text).not.toContain('</script>');
    expect(text).toContain('&#60;/script&#62;&#60;b&#62;&#34;snow&#34; &#38; ice');
    expect(text.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(hits.length);
    for (const { row, score, file } of hits) {
      expect(text).toContain(`row ${row}<`);
      expect(text).toContain(`<b>${score.toFixed(3)}</b>`);
      expect(text).toContain(`alt="${file}"`);
    }
    expect(text.match(/https?:/g)).toBeNull();
  });

  test('is written by the command, which prints one JSON document', () => {
    const main = shippedPath('sdk', 'cli', 'main.ts');
    const args = [
      '--model',
      model,
      '--data',
      data,
      '--like',
      '5',
      '--plus',
      'river',
      '--out',
      join(folder, 'out'),
      '--json',
    ];
    const run = (...rest: string[]) =>
      spawnSync(process.execPath, [main, 'concepts', 'search', ...rest], { encoding: 'utf8' });
    const { stdout, status } = run(...args, '--limit', '3', '--threads', '1');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      hits: [{ row: expect.any(Number), score: expect.any(Number), file: expect.any(String) }, {}, {}],
      page: join(folder, 'out', 'hits.html'),
    });
    const refused = run('--model', model, '--data', data, '--concept', 'river:lots');
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^nadir: weight "lots" at column 1[^\n]*\n$/);
  });
});
