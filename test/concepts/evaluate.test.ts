/** Evaluation from files: what labels and a student add, several models on the same rows, and the command. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random, shippedPath, writeNpy } from '../../sdk/base/index.ts';
import { distillConcepts, evaluateConcepts, readConceptModel, trainConcepts } from '../../sdk/concepts/index.ts';
import {
  readSae,
  type SaeWeights,
  TRAIN_DEFAULTS,
  writeParamsNpz,
  writeSae,
  writeSaeLens,
} from '../../sdk/sae/index.ts';
import { D, KINDS, newFolder, someEmbeddings, writeScenes } from './scenes.ts';

const folder = newFolder();
const model = join(folder, 'model');
/** Embeddings whose images lie in folders by kind, and others that the probes are trained on. */
const labelled = { data: join(folder, 'labelled', 'embeddings.npy'), train: join(folder, 'more', 'embeddings.npy') };
let holdout: string;

/** Runs `nadir concepts evaluate` in a process of its own. */
function nadir(...args: string[]) {
  const main = shippedPath('sdk', 'cli', 'main.ts');
  return spawnSync(process.execPath, [main, 'concepts', 'evaluate', ...args], { encoding: 'utf8' });
}

async function writeLabelled(path: string, rows: number, seed: number): Promise<void> {
  mkdirSync(join(path, '..'));
  await writeNpy(path, { shape: [rows, D], data: someEmbeddings(rows, seed) });
  const files = Array.from({ length: rows }, (_, row) => `${KINDS[row % KINDS.length]}/${seed}-${row}.jpg`);
  writeFileSync(join(path, '..', 'files.txt'), `${files.join('\n')}\n`);
}

beforeAll(async () => {
  const paths = await writeScenes(folder);
  holdout = paths.holdout;
  const options = { ...TRAIN_DEFAULTS, levels: [2, 4, 8], expansion: 2, batch: 32, seed: 3, threads: 1 };
  await trainConcepts({ data: paths.train, holdout, out: model }, options);
  await distillConcepts({ model, data: paths.train, holdout, seed: 3, threads: 1, ratio: 1.5 });
  await writeLabelled(labelled.data, 120, 5);
  await writeLabelled(labelled.train, 200, 6);
});

describe('evaluation', () => {
  test('of rows without classes has every measure at each k, and none that needs classes', async () => {
    const { byK, full, labels, against, out } = await evaluateConcepts({ model, data: holdout, ks: [2, 4, 8] });
    expect(byK.map(({ k }) => k)).toEqual([2, 4, 8]);
    for (const { l0, sparsity } of byK) expect(sparsity).toBeCloseTo(1 - l0 / (2 * D), 12);
    expect(byK[2].fvu).toBeLessThan(byK[0].fvu);
    expect(full.l0Distribution.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(80);
    expect(full.density.counts.reduce((sum, count) => sum + count, 0)).toBe(2 * D - full.dead);
    expect([labels, against, out]).toEqual([undefined, undefined, null]);
  });

  test('says what a student loses: Jaccard-16 and cosine loss are those that distilling measured', async () => {
    const { student, byK } = await evaluateConcepts({ model, data: holdout, ks: [8, 16, 64] });
    const written = (await readConceptModel(model)).student;
    expect(student).toMatchObject({ bytes: written?.bytes, latents: written?.latents.length });
    expect(student?.byK[1].jaccard).toBeCloseTo(written?.jaccard16 ?? NaN, 12);
    expect(student?.byK[2].loss.cosine).toBeCloseTo(written?.cosineLoss ?? NaN, 12);
    expect(student?.byK[0].loss.fvu).toBeCloseTo((student?.byK[0].fvu ?? NaN) - byK[0].fvu, 12);
  });

  test('of rows in folders by class reads probes: on reconstructions, on few latents, and by sub-cluster', async () => {
    const { labels } = await evaluateConcepts({ model, data: labelled.data, ks: [2, 8] });
    expect(labels).toMatchObject({ classes: [...KINDS].sort(), trainedOn: 72, rows: 48, k: 64 });
    const [rough, fine] = labels?.probe.byK ?? [];
    expect([rough.k, fine.k]).toEqual([2, 8]);
    expect(fine.kl).toBeLessThan(rough.kl);
    expect(fine.agreement).toBeGreaterThan(0.9);
    expect(labels?.probe.accuracy).toBeGreaterThan(0.9);
    const [one, , twenty] = labels?.sparseProbing.mean.sparse ?? [];
    expect([one.k, twenty.k]).toEqual([1, 20]);
    expect(one.balancedAccuracy).toBeGreaterThan(0.8);
    expect(labels?.absorption.classes.map((entry) => entry.class)).toEqual([...KINDS].sort());
    for (const { mains, rows, subs } of labels?.absorption.classes ?? []) {
      expect(mains.length).toBeGreaterThan(0);
      expect(subs.reduce((sum, sub) => sum + sub.rows, 0)).toBe(rows);
    }
  });

  test('trains probes on the rows that are given for it, and refuses rows that are measured too', async () => {
    const { labels } = await evaluateConcepts({ model, ...labelled, ks: [8] });
    expect(labels).toMatchObject({ trainedOn: 200, rows: 120 });
    const same = evaluateConcepts({ model, data: labelled.data, train: labelled.data });
    await expect(same).rejects.toThrow(/is in .* too.*Hold out/);
    const unlabelled = evaluateConcepts({ model, data: holdout, train: labelled.train });
    await expect(unlabelled).rejects.toThrow(/no files\.txt/);
  });
});

describe('several models on the same rows', () => {
  const out = join(folder, 'compared');
  const copies = {
    own: join(folder, 'own.safetensors'),
    lens: join(folder, 'lens'),
    params: join(folder, 'gemma.npz'),
  };
  const [worse, topk] = [join(folder, 'worse.safetensors'), join(folder, 'topk')];
  let sae: SaeWeights;

  beforeAll(async () => {
    // other programs know no projection onto x̂ ≥ 0
    sae = { ...(await readSae(join(model, 'sae.safetensors'))), nonNegative: false };
    await writeSae(copies.own, sae);
    await writeSaeLens(copies.lens, sae);
    await writeParamsNpz(copies.params, sae);
    await writeSaeLens(topk, sae, { k: 3 });
    const random = Random.of(1, 'a worse model');
    await writeSae(worse, { ...sae, wEnc: sae.wEnc.map((weight) => weight + 0.4 * random.normal()) });
  });

  test('measure alike in every format, mark the front, and leave out what is dominated', async () => {
    const against = [copies.lens, copies.params, worse, topk];
    const { against: found, out: written } = await evaluateConcepts({
      model: copies.own,
      data: holdout,
      ks: [2, 8],
      against,
      out,
    });
    expect(written).toBe(out);
    expect(found?.models.map(({ name, format }) => [name, format])).toEqual([
      ['own.safetensors', 'nadir'],
      ['lens', 'sae-lens'],
      ['gemma.npz', 'params-npz'],
      ['worse.safetensors', 'nadir'],
      ['topk', 'sae-lens'],
    ]);
    const of = (name: string) => found?.points.filter((point) => point.name === name) ?? [];
    expect(of('own.safetensors').map(({ k }) => k)).toEqual([2, 8, null]);
    // a model of a fixed k is measured at that k too, and has no code without a limit
    expect(of('topk').map(({ k }) => k)).toEqual([2, 3, 8]);
    for (const name of ['lens', 'gemma.npz']) {
      of(name).forEach((point, i) => {
        const own = of('own.safetensors')[i];
        for (const key of ['l0', 'fvu', 'cosine'] as const) expect(Math.abs(point[key] - own[key])).toBeLessThan(1e-4);
      });
    }
    expect(of('worse.safetensors').every(({ fronts }) => fronts.length === 0)).toBe(true);
    expect(found?.models.find(({ name }) => name === 'worse.safetensors')?.nonDominated).toBe(false);
    expect(of('topk').find(({ k }) => k === 3)?.fronts).toEqual(['fvu', 'cosine', 'bytes']);
    expect(found?.models[1].stability?.meanMatched).toBeCloseTo(1, 5);
    expect(found?.models[0].stability).toBeNull();
    expect(found?.models[0].loss.map(({ k, fvu }) => [k, fvu])).toEqual([2, 8].map((k) => [k, 0]));
    expect(found?.models[3].loss.every(({ fvu, cosine }) => fvu > 0 && cosine > 0)).toBe(true);
  });

  test('are drawn, tabled and written down', async () => {
    expect((await readdir(out)).sort()).toEqual([
      ...['pareto-bytes.svg', 'pareto-cosine.svg', 'pareto-fvu.svg', 'pareto.html', 'pareto.json'],
    ]);
    const svg = await readFile(join(out, 'pareto-fvu.svg'), 'utf8');
    expect(svg).toMatch(/^<svg/);
    expect(svg).toContain('worse.safetensors');
    const report = await readFile(join(out, 'pareto.html'), 'utf8');
    expect(report).toMatch(/<td>worse\.safetensors<\/td><td>nadir<\/td><td>96<\/td><td>\d+<\/td><td><\/td>/);
    expect(report).not.toMatch(/undefined|NaN/);
    const { points, data } = JSON.parse(await readFile(join(out, 'pareto.json'), 'utf8'));
    expect(points).toHaveLength(15);
    expect(data).toBe('holdout.npy');
  });

  test('count a student and codes by pursuit as contestants of their own', async () => {
    const step = { model, data: holdout, ks: [4], against: [copies.own], pursuit: true, out: join(folder, 'forms') };
    const { against, pursuit } = await evaluateConcepts(step);
    expect(against?.models.map(({ name, form }) => [name, form])).toEqual([
      ['model', 'encoder'],
      ['model (student)', 'student'],
      ['model (pursuit)', 'pursuit'],
      ['own.safetensors', 'encoder'],
      ['own.safetensors (pursuit)', 'pursuit'],
    ]);
    const at = (name: string) => against?.points.find((point) => point.name === name && point.k === 4);
    expect(at('model (student)')?.bytes).toBeLessThan(at('model')?.bytes ?? 0);
    expect(at('model (student)')?.fronts).toContain('bytes');
    expect(at('model (pursuit)')?.fvu).toBe(pursuit?.[0].fvu);
    expect(at('model (pursuit)')?.fvu).toBeLessThan(at('model')?.fvu ?? 0);
  });

  test('must be over embeddings of one length: one line says which is not, and nothing is written', async () => {
    const other = shippedPath('test', 'fixtures', 'sae-formats', 'own-relu');
    const refused = join(folder, 'refused');
    const args = ['--model', model, '--data', holdout, '--against', copies.lens, other, '--out', refused];
    const { stdout, stderr, status } = nadir(...args);
    expect([stdout, status]).toEqual(['', 1]);
    expect(stderr).toMatch(
      /^nadir: a model over embeddings of length \d+: \S*own-relu\. Compare models .*length 48 here\n$/,
    );
    expect(await readdir(folder)).not.toContain('refused');
  });
});

describe('nadir concepts evaluate', () => {
  test('prints every measure as text', () => {
    const { stdout: text, status } = nadir('--model', model, '--data', labelled.data, '--k', '2,8', '--threads', '1');
    expect(status).toBe(0);
    expect(text).toMatch(/k\s+L0\s+zeros\s+cosine\s+FVU\s+EVR\s+NMAE\s+R²\s+CKNNA/);
    for (const part of [
      'density of the latents',
      'decoder orthogonality',
      'student:',
      'linear probe of 4 classes',
      'absorbed',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/undefined|NaN/);
  });

  test('compares in one JSON document, and says where the fronts are', () => {
    const out = join(folder, 'by-command');
    const args = ['--model', model, '--data', holdout, '--k', '4', '--against', join(folder, 'lens'), '--out', out];
    const document = JSON.parse(nadir(...args, '--threads', '1', '--json').stdout);
    expect(document).toMatchObject({
      ...{
        out,
        byK: [{ k: 4, cknna: expect.any(Number) }],
        full: { l0: expect.any(Number) },
        dead: expect.any(Number),
      },
      against: { report: join(out, 'pareto.html'), charts: { fvu: join(out, 'pareto-fvu.svg') } },
    });
    expect(nadir(...args, '--threads', '1').stdout).toMatch(/report \S+pareto\.html/);
  });
});
