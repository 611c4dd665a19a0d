import { expect, test } from 'vitest';
import { embedImages, openImages, readSplit, SHIPPED_ENCODER, SHIPPED_SCENES } from '../../sdk/concepts/index.ts';
import { evaluateSae, TRAIN_DEFAULTS, trainSae } from '../../sdk/sae/index.ts';

test('64 concepts recover shipped held-out scenes to a cosine of 0.90, trained on the shipped training scenes alone', async () => {
  const images = await openImages(SHIPPED_SCENES);
  const embed = async (side: string) =>
    embedImages(images, { encoder: SHIPPED_ENCODER, threads: 2 }, await readSplit(side));
  const [train, holdout] = [await embed('train'), await embed('holdout')];
  // without turned scenes rows are few: see sdk/sae/initialise.ts
  const options = { ...TRAIN_DEFAULTS, initialisation: 'components', learningRate: 1e-3, seed: 0, threads: 1 } as const;
  const { weights } = await trainSae(train.data, train.d, options);
  const { byK } = await evaluateSae(weights, holdout.data, [8, 16, 32, 64], 1);
  const cosines = byK.map(({ cosine }) => cosine);
  expect(cosines).toEqual([...cosines].sort((a, b) => a - b));
  expect(cosines[3]).toBeGreaterThanOrEqual(0.9);
  expect(cosines[0]).toBeGreaterThanOrEqual(0.75);
});
