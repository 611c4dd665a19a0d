import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Random, writeNpy } from '../../../sdk/base/index.ts';
import { nameLatents, readVocabulary, shippedVocabulary } from '../../../sdk/concepts/index.ts';
import { discoveryThreshold } from '../../../sdk/concepts/naming/discoveries.ts';
import { whitenedMetric } from '../../../sdk/concepts/naming/metric.ts';
import { DenseProduct, type SaeDecoder } from '../../../sdk/sae/index.ts';
import { D, KINDS, kindVectors, newFolder, someEmbeddings } from '../scenes.ts';

const vocabulary = [{ title: 'kinds', words: KINDS, vectors: kindVectors(), d: D }];
const sample = someEmbeddings(300, 5);

/** A decoder with the given atoms. */
function decoderOf(wDec: Float32Array): SaeDecoder {
  const zeros = new Float32Array(D);
  return { d: D, n: wDec.length / D, wDec, bPre: zeros, mean: zeros, scale: 1, nonNegative: true };
}

describe('names by atoms', () => {
  const mean = kindVectors().reduce((sum, value, i) => {
    sum[i % D] += value / KINDS.length;
    return sum;
  }, new Float64Array(D));

  test('are the words that atoms point to, and valid; an atom between two words has little margin', async () => {
    const kinds = kindVectors();
    const atoms = new Float32Array(5 * D);
    for (let i = 0; i < D; i++) {
      for (let kind = 0; kind < 4; kind++) atoms[kind * D + i] = 2 * (kinds[kind * D + i] - mean[i]);
      atoms[4 * D + i] = atoms[i] + atoms[D + i];
    }
    const activity = [9, 9, 9, 9, 9];
    const { named } = await nameLatents(decoderOf(atoms), vocabulary, { sample, activity, seed: 1, threads: 1 });
    expect(named.slice(0, 4).map(({ name, valid }) => ({ name, valid }))).toEqual(
      KINDS.map((name) => ({ name, valid: true })),
    );
    for (const { score } of named.slice(0, 4)) expect(score).toBeCloseTo(1, 4);
    expect(named[4].margin).toBeLessThan(0.3 * named[0].margin);
  });

  test('of random directions with the data’s covariance are hardly ever valid, and never those of unused latents', async () => {
    const random = new Random(8);
    const atoms = new Float32Array(200 * D);
    for (let latent = 0; latent < 200; latent++) {
      for (let row = 0; row < 300; row++) {
        const amount = random.normal();
        for (let i = 0; i < D; i++) atoms[latent * D + i] += amount * (sample[row * D + i] - mean[i]);
      }
    }
    const used = new Array(200).fill(1);
    const options = { sample, seed: 1, threads: 1 };
    const { named } = await nameLatents(decoderOf(atoms), vocabulary, { ...options, activity: used });
    expect(named.filter(({ valid }) => valid).length).toBeLessThanOrEqual(4);
    const unused = await nameLatents(decoderOf(atoms), vocabulary, { ...options, activity: used.fill(0) });
    expect(unused.named.some(({ valid }) => valid)).toBe(false);
  });

  test('are the same for the same seed', async () => {
    const decoder = decoderOf(someEmbeddings(30, 3));
    const options = { sample, activity: new Array(30).fill(1), seed: 4, threads: 1 };
    expect(await nameLatents(decoder, vocabulary, options)).toEqual(await nameLatents(decoder, vocabulary, options));
  });
});

describe('the threshold of discovery', () => {
  test('is the rule of Benjamini and Hochberg, written out', () => {
    const score = (max: number) => fc.integer({ min: 0, max }).map((value) => value / 100);
    const scores = fc.array(score(100), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(scores, fc.array(score(80), { minLength: 1, maxLength: 40 }), (found, chance) => {
        const rate = 0.2;
        const p = found.map((score) => (1 + chance.filter((value) => value >= score).length) / (1 + chance.length));
        const order = [...p].sort((a, b) => a - b);
        const passing = order.filter((value, i) => value <= (rate * (i + 1)) / order.length);
        const limit = Math.max(-1, ...passing);
        const threshold = discoveryThreshold(found, chance, rate);
        expect(found.map((score) => score >= threshold)).toEqual(p.map((value) => value <= limit));
      }),
    );
  });
});

describe('the partly whitened metric', () => {
  test('is uᵀ(Σ + λI)⁻¹v, inverted outright', async () => {
    const d = 5;
    const random = new Random(6);
    const rows = Float32Array.from({ length: 12 * d }, (_, i) => random.normal() * (1 + (i % d)));
    const [a, b] = [0, 1].map(() => Float32Array.from({ length: 3 * d }, () => random.normal()));
    const mean = Array.from({ length: d }, (_, j) => average(rows.filter((_, i) => i % d === j)));
    const covariance = Array.from({ length: d }, (_, p) =>
      Array.from({ length: d }, (_, q) => {
        let sum = 0;
        for (let i = 0; i < 12; i++) sum += ((rows[i * d + p] - mean[p]) * (rows[i * d + q] - mean[q])) / 12;
        return sum;
      }),
    );
    const lambda = (3 * covariance.reduce((sum, row, i) => sum + row[i], 0)) / d;
    const inverse = invert(covariance.map((row, i) => row.map((value, j) => value + (i === j ? lambda : 0))));
    const product = (u: Float32Array, v: Float32Array) =>
      u.reduce((sum, x, i) => sum + v.reduce((part, y, j) => part + x * inverse[i][j] * y, 0), 0);
    const dense = await DenseProduct.open(1);
    const metric = await whitenedMetric(rows, d, dense);
    const cosines = await metric.cosines(a, b);
    const readouts = await metric.readouts(a);
    const back = await metric.readFrom(readouts);
    await dense.close();
    for (let i = 0; i < a.length; i++) expect(back[i]).toBeCloseTo(a[i], 4);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const [u, v] = [a.subarray(i * d, (i + 1) * d), b.subarray(j * d, (j + 1) * d)];
        expect(cosines[i * 3 + j]).toBeCloseTo(product(u, v) / Math.sqrt(product(u, u) * product(v, v)), 5);
        const read = v.reduce((sum, value, p) => sum + value * readouts[i * d + p], 0);
        expect(read).toBeCloseTo(lambda * product(u, v), 3);
      }
    }
  });
});

describe('a vocabulary', () => {
  test('whose words and vectors do not match, or are of another encoder, is refused', async () => {
    const folder = newFolder();
    const [text, vectors] = [join(folder, 'v.txt'), join(folder, 'v.npy')];
    await writeNpy(vectors, { shape: [2, 3], data: new Float32Array(6).fill(1) });
    await writeFile(text, 'one\ntwo\nthree\n');
    await expect(readVocabulary(text, vectors, 3)).rejects.toThrow(/3 words for 2 vectors/);
    await writeFile(text, 'one\n\n');
    await expect(readVocabulary(text, vectors, 3)).rejects.toThrow(/empty line.*line 2/);
    await writeFile(text, 'one\ntwo\n');
    await expect(readVocabulary(text, vectors, 4)).rejects.toThrow(/vectors \[2,3\] for embeddings of length 4/);
    expect(await readVocabulary(text, vectors, 3)).toMatchObject({ words: ['one', 'two'], readouts: false });
    expect((await readVocabulary(text, vectors, 3, true)).readouts).toBe(true);
    await writeNpy(vectors, { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, Infinity, 6) });
    await expect(readVocabulary(text, vectors, 3)).rejects.toThrow(/not finite.*word "two"/);
  });

  test("of an encoder's classes is its classifier: between two images, logits differ as the vectors say", async () => {
    const shipped = shippedVocabulary('imagenet');
    const { words, vectors } = await readVocabulary(shipped.vocabulary, shipped.vectors, 1280);
    const session = await InferenceSession.create(shipped.vectors);
    const pixels = Random.of(4, 'pixels');
    const look = async () => {
      const data = Float32Array.from({ length: 3 * 64 * 64 }, () => 2 * pixels.uniform() - 1);
      const seen = await session.run({ [session.inputNames[0]]: new Tensor('float32', data, [1, 3, 64, 64]) });
      return { embedding: seen.embedding.data as Float32Array, logits: seen.logits.data as Float32Array };
    };
    const [a, b] = [await look(), await look()];
    await session.release();
    expect(words).toHaveLength(1000);
    for (let word = 0; word < words.length; word++) {
      let difference = 0;
      for (let j = 0; j < 1280; j++) difference += vectors[word * 1280 + j] * (a.embedding[j] - b.embedding[j]);
      expect(difference).toBeCloseTo(a.logits[word] - b.logits[word], 4);
    }
    await expect(readVocabulary(shipped.vocabulary, shipped.vectors, 1279)).rejects.toThrow(/no classifier of 1000/);
  });
});

function average(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Gauss–Jordan. */
function invert(matrix: number[][]): number[][] {
  const n = matrix.length;
  const work = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  for (let p = 0; p < n; p++) {
    const pivot = work[p][p];
    work[p] = work[p].map((value) => value / pivot);
    for (let i = 0; i < n; i++) {
      const factor = work[i][p];
      if (i !== p) work[i] = work[i].map((value, j) => value - factor * work[p][j]);
    }
  }
  return work.map((row) => row.slice(n));
}
