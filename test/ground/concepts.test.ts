/** Concept models as files: what the ground makes of them, and damaged ones. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConceptReader } from '../../sdk/ground/index.ts';
import { writeSae } from '../../sdk/sae/sae-file.ts';
import { temporaryFolder } from './board.ts';

const [N, D] = [3, 2];

async function model(student: number[] | undefined, nonNegative = false): Promise<string> {
  const dir = await temporaryFolder();
  const figures = { jaccard16: 1, cosineLoss: 0, bytes: 1 };
  await writeFile(
    join(dir, 'model.json'),
    JSON.stringify({
      ...{ kind: 'concepts', version: '0', d: D, n: N, activation: 'msae', levels: [1, 2], weighting: 'uw' },
      ...{ data: { name: 'two', sha256: '0', rows: 2 }, seed: 0, options: {}, figures: {} },
      ...(student ? { student: { latents: student, k: 2, ...figures } } : {}),
    }),
  );
  await writeSae(join(dir, 'sae.safetensors'), {
    ...{ d: D, n: N, activation: 'msae', levels: [1, 2], scale: 2, nonNegative },
    wEnc: new Float32Array(N * D).fill(9),
    wDec: Float32Array.of(1, 0, 0, 2, -1, 0.5),
    bPre: Float32Array.of(4, -2),
    bLat: new Float32Array(N),
    mean: Float32Array.of(10, 20),
  });
  const named = [
    { latent: 2, name: 'river', score: 0.4, margin: 0.1, valid: true },
    { latent: 0, name: 'noise', score: 0.1, margin: 0, valid: false },
  ];
  await writeFile(
    join(dir, 'names.json'),
    JSON.stringify({ vocabulary: 'v', threshold: 0.2, falseDiscoveryRate: 0.1, named }),
  );
  return dir;
}

test("the code's latents are the student's: names and directions are looked up by the teacher's number", async () => {
  const reader = await openConceptReader(await model([2, 0]));
  expect(reader.latentCount).toBe(2);
  expect([reader.nameOf(0), reader.nameOf(1), reader.nameOf(2)]).toEqual(['river', undefined, undefined]);
  // 3·W[2] + 1·W[0] = (−2, 1.5); plus b, over s, plus mean
  const embedding = reader.embed({ latents: Uint32Array.of(0, 1), values: Float32Array.of(3, 1) });
  expect([...embedding]).toEqual([(-2 + 4) / 2 + 10, (1.5 - 2) / 2 + 20]);
});

test('an encoder that gives nothing below 0 is decoded to nothing below 0, when the model says so', async () => {
  const concepts = { latents: Uint32Array.of(0), values: Float32Array.of(40) };
  const linear = await openConceptReader(await model([2]));
  expect([...linear.embed(concepts)]).toEqual([(4 - 40) / 2 + 10, (20 - 2) / 2 + 20]);
  const clipped = await openConceptReader(await model([2], true));
  expect([...clipped.embed(concepts)]).toEqual([0, (20 - 2) / 2 + 20]);
});

test('a folder that is no concept model, not distilled, or damaged is refused with the file and what to do', async () => {
  await expect(openConceptReader(await temporaryFolder())).rejects.toThrow(/model\.json/);
  await expect(openConceptReader(await model(undefined))).rejects.toThrow(/no student: .*nadir concepts distill/);
  await expect(openConceptReader(await model([3]))).rejects.toThrow(/latent 3 of 3/);
  const cut = await model([2]);
  const whole = await readFile(join(cut, 'sae.safetensors'));
  for (const length of [0, 7, 8, 20, whole.length - 1]) {
    await writeFile(join(cut, 'sae.safetensors'), whole);
    await truncate(join(cut, 'sae.safetensors'), length);
    await expect(openConceptReader(cut)).rejects.toThrow(/sae\.safetensors/);
  }
  const wrong = await model([2]);
  await writeFile(join(wrong, 'names.json'), '{"named":[{}]}');
  await expect(openConceptReader(wrong)).rejects.toThrow(/names\.json/);
});
