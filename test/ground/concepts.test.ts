/** Concept models as files: what the ground reads of them, and damaged ones. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConceptReader } from '../../sdk/ground/index.ts';
import { temporaryFolder } from './board.ts';

const [N, D] = [3, 2];
const DECODER = [1, 0, 0, 2, -1, 0.5];

/** A safetensors file by the format's own description: header length, JSON header, tensors. */
function safetensors(tensors: Record<string, { shape: number[]; values: number[] }>, metadata: object): Buffer {
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + 4 * values.length] };
    at += 4 * values.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Float32Array.from(Object.values(tensors).flatMap(({ values }) => values));
  return Buffer.concat([length, text, Buffer.from(data.buffer)]);
}

async function model(student?: number[], options: object = {}): Promise<string> {
  const dir = await temporaryFolder();
  await writeFile(
    join(dir, 'model.json'),
    JSON.stringify({ kind: 'concepts', d: D, n: N, options, ...(student ? { student: { latents: student } } : {}) }),
  );
  const weights = {
    W_enc: { shape: [N, D], values: [9, 9, 9, 9, 9, 9] },
    W_dec: { shape: [N, D], values: DECODER },
    b_pre: { shape: [D], values: [4, -2] },
    mean: { shape: [D], values: [10, 20] },
  };
  await writeFile(join(dir, 'sae.safetensors'), safetensors(weights, { s: '2' }));
  const named = [
    { latent: 2, name: 'river', score: 0.4, margin: 0.1, valid: true },
    { latent: 0, name: 'noise', score: 0.1, margin: 0, valid: false },
  ];
  await writeFile(join(dir, 'names.json'), JSON.stringify({ vocabulary: 'v', threshold: 0.2, named }));
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

test('without a student the code numbers the teacher', async () => {
  const reader = await openConceptReader(await model());
  expect(reader.latentCount).toBe(N);
  expect(reader.nameOf(2)).toBe('river');
  expect([...reader.embed({ latents: new Uint32Array(), values: new Float32Array() })]).toEqual([12, 19]);
});

test('an encoder that gives nothing below 0 is decoded to nothing below 0, when the model says so', async () => {
  const concepts = { latents: Uint32Array.of(2), values: Float32Array.of(40) };
  const linear = await openConceptReader(await model());
  expect([...linear.embed(concepts)]).toEqual([(4 - 40) / 2 + 10, (20 - 2) / 2 + 20]);
  const clipped = await openConceptReader(await model(undefined, { nonNegative: true }));
  expect([...clipped.embed(concepts)]).toEqual([0, (20 - 2) / 2 + 20]);
});

test('a folder that is no concept model, or a damaged one, is refused with the file and what to do', async () => {
  await expect(openConceptReader(await temporaryFolder())).rejects.toThrow(
    /cannot read concept model: .*model\.json\. Give/,
  );
  await expect(openConceptReader(await model([3]))).rejects.toThrow(/beyond the dictionary/);
  const cut = await model();
  const size = (await readFile(join(cut, 'sae.safetensors'))).length;
  for (const length of [0, 7, 8, 20, size - 1]) {
    await truncate(join(cut, 'sae.safetensors'), length);
    await expect(openConceptReader(cut)).rejects.toThrow(/sae\.safetensors\. Give --concepts/);
    await writeFile(join(cut, 'sae.safetensors'), await readFile(join(await model(), 'sae.safetensors')));
  }
  const wrong = await model();
  await writeFile(join(wrong, 'names.json'), '{"named":[{}]}');
  await expect(openConceptReader(wrong)).rejects.toThrow(/named\.0\.latent.*names\.json/);
});
