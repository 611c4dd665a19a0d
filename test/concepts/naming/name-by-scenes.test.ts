import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import type { ConceptNames } from '../../../sdk/concepts/index.ts';
import { agreementOn, type NamingVocabulary, nameByScenes } from '../../../sdk/concepts/naming/index.ts';
import { KIND_NAMES, kindDirections, model, scenes, WORLD } from './world.ts';

const { d, kinds } = WORLD;
const sae = model();
const [scored, confirming] = [scenes(960, 1), scenes(480, 2)];
const places = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row % kinds);
const classes: NamingVocabulary = { title: 'classes', words: KIND_NAMES, vectors: kindDirections(), d };
const labelled = { ...classes, labels: places(480) };
const options = { sample: scenes(256, 5), seed: 1, threads: 1 };
/** Words of which none has to do with a kind. */
const noise: NamingVocabulary = {
  title: 'noise',
  words: Array.from({ length: 300 }, (_, i) => `noise ${i}`),
  vectors: Float32Array.from(
    { length: 300 * d },
    (
      (random) => () =>
        random.normal()
    )(new Random(9)),
  ),
  d,
};
let names: ConceptNames;

const kindLatents = ({ named }: ConceptNames) => named.slice(0, kinds);
const validOf = ({ named }: ConceptNames) => named.filter(({ valid }) => valid).map(({ latent }) => latent);

beforeAll(async () => {
  names = await nameByScenes(sae, [labelled], { scored, confirming }, options);
});

describe('names by scenes', () => {
  test('are the kinds of scenes that latents fire on; latents of no kind have none and say why', () => {
    expect(kindLatents(names).map(({ name, valid }) => ({ name, valid }))).toEqual(
      KIND_NAMES.map((name) => ({ name, valid: true })),
    );
    expect(validOf(names)).toEqual(Array.from({ length: kinds }, (_, latent) => latent));
    for (const { reason } of names.named.slice(kinds)) expect(['chance', 'unused']).toContain(reason);
    for (const { agreement } of kindLatents(names))
      expect(agreement).toMatchObject({ images: 16, share: expect.closeTo(1, 1), agrees: true });
  });

  test('hold their rate: of fresh random latents hardly any passes', () => {
    expect(names.chance?.drawn).toBe(10_000);
    expect(names.chance?.rate).toBeLessThanOrEqual(0.05);
  });

  test('are refused where the images do not agree', async () => {
    const wrong = { ...classes, labels: places(480).map((kind) => (kind + 1) % kinds) };
    const refused = await nameByScenes(sae, [wrong], { scored, confirming }, options);
    expect(validOf(refused)).toEqual([]);
    for (const { reason, agreement } of kindLatents(refused)) {
      expect(reason).toBe('images');
      expect(agreement?.agrees).toBe(false);
    }
  });

  test('of several vocabularies come from the first that holds, and say from which', async () => {
    const both = await nameByScenes(sae, [noise, { ...classes, readouts: true }], { scored, confirming }, options);
    for (const [kind, { name, vocabulary, valid, agreement }] of kindLatents(both).entries()) {
      expect({ name, vocabulary, valid }).toEqual({ name: KIND_NAMES[kind], vocabulary: 'classes', valid: true });
      expect(agreement).toEqual({ images: 16, rank: 0, agrees: true });
    }
    expect(both.vocabularies?.map(({ title, valid }) => ({ title, valid }))).toEqual([
      { title: 'noise', valid: 0 },
      { title: 'classes', valid: validOf(both).length },
    ]);
  });

  test('are put to other scenes: those of the same kinds agree, scenes under other labels do not', async () => {
    const rows = scenes(360, 8);
    const share = async (labels: Int32Array) => {
      const asked = await agreementOn(sae, names, [{ ...classes, labels }], rows, options);
      expect(asked.map(({ named }) => named.latent)).toEqual(validOf(names));
      return asked.filter(({ agreement }) => agreement.agrees).length / asked.length;
    };
    expect(await share(places(360))).toBe(1);
    expect(await share(places(360).map((kind) => (kind + 5) % kinds))).toBe(0);
  });
});
