import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'jpeg-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random, shippedPath } from '../../sdk/base/index.ts';
import type { PageData } from '../../sdk/concepts/dashboard/page-data.ts';
import { BARS } from '../../sdk/concepts/dashboard/spread.ts';
import type { Sprites } from '../../sdk/concepts/dashboard/sprites.ts';
import { type DashboardOptions, searchModel, writeDashboard } from '../../sdk/concepts/index.ts';
import { writeReport } from '../../sdk/concepts/report.ts';
import { codesOf, decodeCode, preActivationsOf, type SaeWeights } from '../../sdk/sae/index.ts';
import { newFolder } from './scenes.ts';
import {
  CLASSES,
  colourOf,
  HOSTILE,
  NAMES,
  TINY,
  tinyWeights,
  writeTinyData,
  writeTinyImages,
  writeTinyModel,
} from './tiny-model.ts';

const folder = newFolder();
const [model, scenes, images] = [join(folder, 'model'), join(folder, 'scenes'), join(folder, 'images')];
const out = join(model, 'dashboard.html');
const probe = { names: CLASSES, weights: Float64Array.from({ length: 3 * TINY.d }, () => 0) };
const options: DashboardOptions = {
  ...{ model, data: scenes, images, out, against: join(folder, 'again'), k: TINY.k, seed: 0, threads: 1 },
  trainProbe: (rows, d, labels, names) => {
    expect([rows.length, d, [...labels.slice(0, 4)], names]).toEqual([
      TINY.rows * TINY.d,
      TINY.d,
      [0, 1, 2, 0],
      CLASSES,
    ]);
    return probe;
  },
};
let sae: SaeWeights;
const again = tinyWeights(5);
let files: string[];
/** Rows that show each latent and its activation there, strongest first. */
let shown: { row: number; value: number }[][];
let page: string;
let data: PageData & { sprites: Omit<Sprites, 'sheets'> };
let written: Awaited<ReturnType<typeof writeDashboard>>;

beforeAll(async () => {
  const random = new Random(3);
  for (let i = 0; i < probe.weights.length; i++) probe.weights[i] = random.normal();
  // the last latent never shows
  sae = tinyWeights(1);
  sae.bLat[TINY.n - 1] = -100;
  await writeTinyModel(model, sae);
  await writeTinyModel(join(folder, 'again'), again);
  const tiny = await writeTinyData(scenes);
  files = tiny.files;
  await writeTinyImages(images, files);
  shown = Array.from({ length: TINY.n }, () => []);
  codesOf(await preActivationsOf(sae, tiny.data, 1), TINY.n, TINY.k).forEach(({ latents, values }, row) => {
    latents.forEach((latent, i) => {
      shown[latent].push({ row, value: values[i] });
    });
  });
  for (const rows of shown) rows.sort((a, b) => b.value - a.value || a.row - b.row);
  written = await writeDashboard(options);
  page = await readFile(out, 'utf8');
  data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '');
});

/** To the four digits that a page carries. */
function expectClose(value: number | null | undefined, wanted: number) {
  expect(value).toBeDefined();
  expect(Math.abs((value ?? Number.NaN) - wanted)).toBeLessThanOrEqual(1e-3 * Math.abs(wanted));
}

describe('what a dashboard says', () => {
  test('how often and how strongly each latent shows is what the codes say', () => {
    expect(data.rows).toBe(TINY.rows);
    shown.forEach((rows, latent) => {
      expect(data.active[latent]).toBe(rows.length);
      expectClose(data.mean[latent], rows.reduce((sum, { value }) => sum + value, 0) / Math.max(1, rows.length));
      const largest = rows[0]?.value ?? 0;
      expectClose(data.largest[latent], largest);
      const bars = new Array(BARS).fill(0);
      for (const { value } of rows) bars[Math.min(BARS - 1, Math.floor((BARS * value) / largest))]++;
      expect(data.histogram[latent]).toEqual(bars);
    });
    expect(data.active[TINY.n - 1]).toBe(0);
    expect(written).toMatchObject({ latents: TINY.n, named: NAMES.size, dead: 1, rows: TINY.rows });
  });

  test('images are of rows where the latent is strongest, of its middle and of its weakest rows, with its activation there', () => {
    shown.forEach((rows, latent) => {
      const [strongest, middle, weakest] = data.pictures[latent];
      const rank = ([image, activation]: readonly [number, number]) => {
        const at = rows.findIndex(({ row }) => files[row] === data.files[image]);
        expect(at).toBeGreaterThanOrEqual(0);
        expectClose(activation, rows[at].value);
        return at;
      };
      expect(strongest.map(rank)).toEqual(rows.slice(0, 5).map((_, i) => i));
      for (const at of middle.map(rank)) {
        expect(at).toBeGreaterThanOrEqual(Math.floor(0.4 * rows.length));
        expect(at).toBeLessThan(Math.ceil(0.6 * rows.length));
      }
      for (const at of weakest.map(rank)) expect(at).toBeGreaterThanOrEqual(Math.floor(0.9 * rows.length));
      if (rows.length >= 40) expect([middle.length, weakest.length]).toEqual([3, 3]);
      const all = [...strongest, ...middle, ...weakest].map(([image]) => image);
      expect(new Set(all).size).toBe(all.length);
    });
  });

  test('the strongest scene of a name is the first that a search for it finds', async () => {
    const { hits } = await searchModel({ model, place: { data: scenes }, concept: 'river', limit: 1, threads: 1 });
    const [[[image]]] = data.pictures[5];
    expect(data.files[image]).toBe(hits[0].file);
  });

  test('each image is packed once, in its place on a sheet', () => {
    expect(new Set(data.files).size).toBe(data.files.length);
    const { edge, across, perSheet } = data.sprites;
    const sheets = [...page.matchAll(/url\(data:image\/jpeg;base64,([^)]+)\)/g)].map(([, text]) =>
      decode(Buffer.from(text, 'base64'), { useTArray: true }),
    );
    expect(sheets).toHaveLength(Math.ceil(data.files.length / perSheet));
    data.files.forEach((file, i) => {
      const sheet = sheets[Math.floor(i / perSheet)];
      const [x, y] = [(i % perSheet) % across, Math.floor((i % perSheet) / across)];
      const at = 4 * ((y * edge + edge / 2) * sheet.width + x * edge + edge / 2);
      colourOf(files.indexOf(file)).forEach((value, channel) => {
        expect(Math.abs(sheet.data[at + channel] - value)).toBeLessThan(10);
      });
    });
  });

  test('neighbours and stability are cosines of atoms', () => {
    const cosine = (a: SaeWeights, i: number, b: SaeWeights, j: number) =>
      a.wDec.subarray(i * TINY.d, (i + 1) * TINY.d).reduce((sum, value, c) => sum + value * b.wDec[j * TINY.d + c], 0);
    for (let latent = 0; latent < TINY.n; latent++) {
      const others = Array.from({ length: TINY.n }, (_, other) => ({ other, value: cosine(sae, latent, sae, other) }));
      others.splice(latent, 1);
      others.sort((a, b) => b.value - a.value);
      expect(data.near[latent].map(([other]) => other)).toEqual(others.slice(0, 4).map(({ other }) => other));
      data.near[latent].forEach(([, value], i) => {
        expectClose(value, others[i].value);
      });
      const matches = Array.from({ length: TINY.n }, (_, other) => cosine(sae, latent, again, other));
      expectClose(data.stability[latent], Math.max(...matches));
    }
  });

  test('the effect is that of adding the latent to an embedding, on the class that it moves most', () => {
    const logits = (x: Float32Array) =>
      CLASSES.map((_, c) => x.reduce((sum, value, i) => sum + value * probe.weights[c * TINY.d + i], 0));
    const without = logits(decodeCode(sae, [], []));
    for (let latent = 0; latent < TINY.n - 1; latent++) {
      const mean = shown[latent].reduce((sum, { value }) => sum + value, 0) / shown[latent].length;
      const changes = logits(decodeCode(sae, [latent], [mean])).map((value, c) => value - without[c]);
      const centre = changes.reduce((sum, value) => sum + value / CLASSES.length, 0);
      const most = changes.map((value) => value - centre).sort((a, b) => Math.abs(b) - Math.abs(a))[0];
      const effect = data.effect[latent];
      expect(effect?.[1]).toBeCloseTo(most, 2);
      expect(changes[effect?.[0] ?? 0] - centre).toBeCloseTo(most, 6);
    }
    expect(data.effect[TINY.n - 1]).toBeNull();
  });

  test('only valid names are there, with their margins, and no name is markup', () => {
    data.name.forEach((name, latent) => {
      expect(name).toBe(NAMES.get(latent) ?? null);
      expect(data.margin[latent]).toBe(NAMES.has(latent) ? latent / 100 : null);
    });
    expect(page).not.toContain('mistaken');
    expect(page).not.toContain(HOSTILE);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).toContain('<title>Concepts of &#60;tiny&#62;.npy</title>');
  });
});

describe('a dashboard file', () => {
  test('needs nothing else: no module, no address but a namespace', () => {
    expect([...new Set(page.match(/https?:\/\/[^"'\s<)]+/g))]).toEqual(['http://www.w3.org/2000/svg']);
    expect(page).not.toMatch(/<link rel="stylesheet|type="module|@import|fetch\(|<script src|<img/);
  });

  test('is the same byte for byte when made again, and in the size that it says', async () => {
    const copy = join(folder, 'copy.html');
    const { bytes } = await writeDashboard({ ...options, out: copy });
    expect(await readFile(copy, 'utf8')).toBe(page);
    expect((await stat(copy)).size).toBe(bytes);
  });

  test('keeps within the bytes asked for by smaller thumbnails', async () => {
    const small = join(folder, 'small.html');
    const { edge, bytes } = await writeDashboard({ ...options, out: small, maxBytes: 0.8 * written.bytes });
    expect(written.edge).toBe(64);
    expect(edge).toBeLessThan(64);
    expect(bytes).toBeLessThan(0.8 * written.bytes);
  });

  test('in the model’s folder is linked from its report', async () => {
    expect(await readFile(join(model, 'report.html'), 'utf8')).toContain('<a href="dashboard.html">');
    const other = join(folder, 'again');
    await writeReport(other);
    expect(await readFile(join(other, 'report.html'), 'utf8')).not.toContain('dashboard.html');
  });

  test('without a probe and another training shows neither effect nor stability', async () => {
    const plain = join(folder, 'plain.html');
    await writeDashboard({ ...options, out: plain, against: undefined, trainProbe: undefined });
    const text = await readFile(plain, 'utf8');
    expect(text).not.toMatch(/<option value="effect"|<option value="stability"|id="moves"/);
    expect(page).toMatch(/<option value="effect".*<option value="stability"/s);
  });

  test('by the command line shows what latents do to a classifier of the images’ classes', async () => {
    const page = join(folder, 'by-command.html');
    const given = ['--model', model, '--data', scenes, '--images', images, '--k', `${TINY.k}`, '--out', page];
    const main = shippedPath('sdk', 'cli', 'main.ts');
    const { status, stderr } = spawnSync(process.execPath, [main, 'concepts', 'dashboard', ...given], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const [, json] =
      /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(await readFile(page, 'utf8')) ?? [];
    const { effect }: PageData = JSON.parse(json);
    expect(effect.filter((one) => one !== null).length).toBe(TINY.n - 1);
  });

  test('is not written where rows’ images are not known or not there', async () => {
    const bare = join(folder, 'bare');
    await mkdir(bare);
    await writeFile(join(bare, 'embeddings.npy'), await readFile(join(scenes, 'embeddings.npy')));
    const nowhere = join(folder, 'nowhere.html');
    await expect(writeDashboard({ ...options, data: bare, out: nowhere })).rejects.toThrow(/no list.*files\.txt/);
    await writeFile(join(bare, 'files.txt'), files.map((file) => `other/${file}\n`).join(''));
    await expect(writeDashboard({ ...options, data: bare, out: nowhere })).rejects.toThrow(/none of the images/);
    await expect(stat(nowhere)).rejects.toThrow(/ENOENT/);
  });
});
