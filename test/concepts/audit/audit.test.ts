import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random, writeFileAtomic, writeNpy, writeNpz } from '../../../sdk/base/index.ts';
import { auditConcepts, LABELS } from '../../../sdk/concepts/audit/index.ts';
import { openInterventions, probabilitiesAt } from '../../../sdk/concepts/audit/interventions.ts';
import { openImages, SHIPPED_SCENES, trainConcepts, writeEmbeddings } from '../../../sdk/concepts/index.ts';
import { decodeCode, preActivationsOf, strongestLatents, TRAIN_DEFAULTS } from '../../../sdk/sae/index.ts';
import { randomSae } from '../../sae/random-sae.ts';
import { D, KINDS, kindVectors, newFolder, someEmbeddings } from '../scenes.ts';

const folder = newFolder();
const model = join(folder, 'model');

/** Scenes of the kinds in turn that are hard to tell apart, so that a shortcut is welcome. */
function hazyEmbeddings(rows: number, random: Random): Float32Array {
  const kinds = kindVectors();
  const noise = () => Math.max(-2, 0.5 * random.normal());
  return Float32Array.from({ length: rows * D }, (_, i) => {
    const kind = Math.floor(i / D) % KINDS.length;
    return 2 + 0.2 * kinds[kind * D + (i % D)] + noise();
  });
}

/** Scenes of the kinds in turn, some of them marked by a direction of their own; `marked` says which. */
async function writeWorld(name: string, rows: number, seed: number, marked: (kind: string, random: Random) => boolean) {
  const random = Random.of(seed, 'marks');
  const direction = Random.of(7, 'mark');
  const mark = Float32Array.from({ length: D }, () => 1.5 * Math.max(0, direction.normal()));
  const data = hazyEmbeddings(rows, random);
  const marks = Array.from({ length: rows }, (_, row) => marked(KINDS[row % KINDS.length], random));
  marks.forEach((isMarked, row) => {
    if (isMarked) for (let j = 0; j < D; j++) data[row * D + j] += mark[j];
  });
  const files = marks.map((_, row) => `${KINDS[row % KINDS.length]}/${name}-${row}.jpg`);
  const paths = await writeEmbeddings(join(folder, name), { data, d: D, files, imagesPerSecond: 0 });
  const attributes = join(folder, name, 'attributes.csv');
  const lines = files.map((file, row) => `${file},${marks[row] ? 1 : 0},${(random.uniform() * 9).toFixed(2)}`);
  await writeFileAtomic(attributes, `file,cloudy,elevation\n${lines.join('\n')}\n`);
  return { data: paths.embeddings, attributes };
}

type Written = Awaited<ReturnType<typeof writeWorld>>;
let planted: Written;
let spread: Written;
let audited: Written;

beforeAll(async () => {
  planted = await writeWorld('planted', 800, 1, (kind, random) => kind === 'forest' && random.uniform() < 0.6);
  spread = await writeWorld('spread', 800, 2, (_, random) => random.uniform() < 0.2);
  audited = await writeWorld('audited', 600, 3, (_, random) => random.uniform() < 0.4);
  const options = { ...TRAIN_DEFAULTS, levels: [2, 4, 8], expansion: 1, batch: 64, epochs: 10, seed: 0, threads: 1 };
  await trainConcepts({ data: spread.data, holdout: audited.data, out: model }, options);
});

const audit = (data: Written, out: string, also: Partial<Parameters<typeof auditConcepts>[0]> = {}) =>
  auditConcepts({
    ...{ model, data: data.data, holdout: audited.data, attributes: audited.attributes, k: 8 },
    ...{ out: join(folder, out), seed: 0, threads: 1, ...also },
  });

describe('an intervention', () => {
  test('is the classifier of x + decode(z′) − decode(z)', async () => {
    const random = Random.of(4, 'rows');
    const sae = randomSae(6, 10, 4);
    const embeddings = Float32Array.from({ length: 5 * 6 }, () => random.normal());
    const weights = Float64Array.from({ length: 3 * 6 }, () => random.normal());
    const classifier = { d: 6, names: ['a', 'b', 'c'], weights, bias: Float64Array.of(0.2, -0.1, 0.4) };
    const interventions = await openInterventions(sae, embeddings, classifier, 4, 1);
    const pre = await preActivationsOf(sae, embeddings, 1);
    let compared = 0;
    for (let row = 0; row < 5; row++) {
      const { latents, values } = strongestLatents(pre, 4, row * 10, 10);
      const plain = decodeCode(sae, latents, values);
      for (const [i, latent] of latents.entries()) {
        const moved = decodeCode(sae, latents, values.with(i, 2.5 * values[i]));
        const x = Float64Array.from(plain, (value, j) => embeddings[row * 6 + j] + moved[j] - value);
        const logits = classifier.names.map((_, c) =>
          x.reduce((sum, value, j) => sum + value * weights[c * 6 + j], classifier.bias[c]),
        );
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const entries = interventions.row.subarray(interventions.start[latent], interventions.start[latent + 1]);
        const entry = interventions.start[latent] + entries.indexOf(row);
        const found = probabilitiesAt(interventions, latent, entry, 2.5, new Float64Array(3));
        logits.forEach((logit, c) => {
          expect(found[c]).toBeCloseTo(Math.exp(logit) / total, 5);
          compared++;
        });
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

describe('an audit', () => {
  test('finds a shortcut by the labels alone: its concept and its class', async () => {
    const { findings, bases, probe } = await audit(planted, 'blind', { attributes: undefined });
    expect(bases).toEqual([LABELS]);
    expect(probe).toMatchObject({ trainedOn: 800, classes: [...KINDS].sort() });
    expect(findings[0]).toMatchObject({ class: 'forest', basis: LABELS });
    expect(findings[0].effect).toBeGreaterThan(0.05);
    expect(findings[0].low).toBeLessThan(findings[0].effect);
    expect(findings[0].high).toBeGreaterThan(findings[0].effect);
    const marks = await marksOf(audited);
    const carrying = findings[0].strongest.filter((file) => marks.get(file)).length;
    expect(carrying / findings[0].strongest.length).toBeGreaterThan(0.8);
  });

  test('says which attribute carries it, and writes a page and its twin', async () => {
    const { findings, report, document, tested } = await audit(planted, 'told');
    const [finding] = findings.filter(({ basis }) => basis === 'cloudy');
    expect(finding).toMatchObject({ class: 'forest', name: `latent ${finding.latent}` });
    expect(finding.carries).toEqual([
      { attribute: 'cloudy', strongest: expect.any(Number), all: expect.closeTo(0.4, 1) },
    ]);
    expect(finding.carries[0].strongest).toBeGreaterThan(0.8);
    expect(findings.filter(({ basis }) => basis === 'elevation')).toEqual([]);
    const probabilities = finding.curve.map(({ probability }) => probability);
    expect(finding.curve.map(({ factor }) => factor)).toEqual([0, 0.5, 1, 2, 4]);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => a - b));
    expect(finding.curve[2].flips).toBe(0);
    expect(finding.flips).toBe(finding.curve[0].flips);
    const twin = JSON.parse(await readFile(document, 'utf8'));
    expect(twin).toMatchObject({ tested, level: 0.05, bases: [LABELS, 'cloudy', 'elevation'] });
    expect(twin.findings).toHaveLength(findings.length);
    const page = await readFile(report, 'utf8');
    expect(page).toContain(`latent ${finding.latent} → forest`);
    expect(page).not.toMatch(/src="http|href="http/);
  });

  test('finds nothing where the mark is in every class alike', async () => {
    const { findings, probe, report } = await audit(spread, 'clean');
    expect(findings).toEqual([]);
    expect(probe.accuracy).toBeGreaterThan(0.7);
    expect(await readFile(report, 'utf8')).toContain('None at the level of 5 %');
  });

  test('gives the same bytes for the same seed, and holds images back that it trains no probe on', async () => {
    const [first, second] = [
      await audit(planted, 'first', { holdout: undefined, attributes: undefined }),
      await audit(planted, 'second', { holdout: undefined, attributes: undefined }),
    ];
    expect(await readFile(first.document, 'utf8')).toBe(await readFile(second.document, 'utf8'));
    expect(first.rows + first.probe.trainedOn).toBe(800);
    expect(first.rows).toBe(320);
  });

  test('takes a classifier as it is, and shows the images', async () => {
    const images = await openImages(SHIPPED_SCENES);
    const files = images.names.slice(0, 40);
    const embeddings = await writeEmbeddings(join(folder, 'given'), {
      ...{ data: someEmbeddings(40, 5), d: D, files, imagesPerSecond: 0 },
    });
    const random = Random.of(1, 'weights');
    const weights = join(folder, 'classifier.npz');
    const data = Float32Array.from({ length: 2 * D }, () => 0.3 * random.normal());
    await writeNpz(weights, { weights: { shape: [2, D], data }, bias: { shape: [2], data: Float32Array.of(0, 0.1) } });
    const names = join(folder, 'classifier.txt');
    await writeFileAtomic(names, 'AnnualCrop\nForest\n');
    const { probe, rows } = await audit(planted, 'classifier', {
      ...{ data: embeddings.embeddings, holdout: undefined, attributes: undefined, images },
      classifier: { weights, names },
    });
    expect(probe).toMatchObject({ trainedOn: 0, classes: ['AnnualCrop', 'Forest'] });
    expect(rows).toBe(40);
  });
});

describe('refuses, with nothing written', () => {
  const csv = async (name: string, text: string) => {
    await writeFileAtomic(join(folder, name), text);
    return join(folder, name);
  };
  test.each([
    ['audited images that the probe is trained on', async () => ({ data: audited.data }), /is in .* too/],
    [
      'an attribute without a line for an image',
      async () => ({ attributes: await csv('short.csv', 'file,cloudy\nforest/audited-0.jpg,1\n') }),
      /no line for water\/audited-1\.jpg/,
    ],
    [
      'attributes without a file column',
      async () => ({ attributes: await csv('bare.csv', 'a,b\n1,2\n') }),
      /columns a, b/,
    ],
    ['a level that is none', async () => ({ level: 1 }), /a level of 1/],
    ['a factor that is none', async () => ({ factors: [0, Number.NaN] }), /factors 0,NaN/],
    [
      'embeddings without names',
      async () => {
        const data = join(folder, 'nameless', 'embeddings.npy');
        await writeNpy(data, { shape: [4, D], data: someEmbeddings(4, 1) });
        return { data };
      },
      /no files\.txt/,
    ],
    [
      'a classifier of other classes than the rows have',
      async () => {
        const weights = join(folder, 'other.npy');
        await writeNpy(weights, { shape: [2, D], data: someEmbeddings(2, 1) });
        return {
          ...{ holdout: undefined, attributes: undefined },
          classifier: { weights, names: await csv('other.txt', 'cat\ndog\n') },
        };
      },
      /no row has a class of the classifier/,
    ],
    [
      'weights that do not fit their names',
      async () => {
        const weights = join(folder, 'wide.npy');
        await writeNpy(weights, { shape: [2, D], data: someEmbeddings(2, 1) });
        return { holdout: undefined, classifier: { weights, names: await csv('three.txt', 'a\nb\nc\n') } };
      },
      /96 weights for 3 classes/,
    ],
  ])('%s', async (_, options, message) => {
    await expect(audit(planted, 'refused', await options())).rejects.toThrow(message);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});

/** Whether each image is marked, from its attributes. */
async function marksOf({ attributes }: Written): Promise<Map<string, boolean>> {
  const [, ...lines] = (await readFile(attributes, 'utf8')).trim().split('\n');
  return new Map(lines.map((line) => [line.split(',')[0], line.split(',')[1] === '1']));
}
