import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Distillation,
  distill,
  evaluateStudent,
  meanJaccard,
  studentToOnnx,
} from '../../../sdk/concepts/index.ts';
import { codesOf, preActivationsOf, type SaeWeights, TRAIN_DEFAULTS, trainSae } from '../../../sdk/sae/index.ts';
import { D, someEmbeddings } from '../scenes.ts';
import { correlated, randomSae } from './students.ts';

const train = someEmbeddings(600, 1);
const holdout = someEmbeddings(80, 2);
const options = { ratio: 1.5, table: [], threads: 1 };
let sae: SaeWeights;
let distilled: Distillation;

beforeAll(async () => {
  const training = { ...TRAIN_DEFAULTS, levels: [2, 4, 8], expansion: 2, batch: 32, seed: 0, threads: 1 };
  const { weights } = await trainSae(train, D, training);
  // one latent that nothing can wake
  const bLat = weights.bLat.with(3, -1e4);
  sae = { ...weights, bLat };
  distilled = await distill(sae, train, holdout, options);
});

async function run(bytes: Uint8Array, rows: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const { latents } = await session.run({ embedding: new Tensor('float32', rows, [rows.length / D, D]) });
  await session.release();
  return latents.data as Float32Array;
}

describe('a student', () => {
  test('computes in onnxruntime what the trainer’s integer evaluation gives', async () => {
    const ours = evaluateStudent(distilled.student, holdout);
    expect(await run(distilled.onnx, holdout)).toEqual(ours);
    expect(ours.some((value) => value > 0)).toBe(true);
  });

  test('gives a scene the same code alone as among others, and bears values beyond its calibration', async () => {
    const wild = holdout.map((value, i) => (i < D ? value : value * 40 - 7));
    const together = await run(distilled.onnx, wild);
    const alone = await run(distilled.onnx, wild.slice(0, D));
    expect(together.slice(0, distilled.student.n)).toEqual(alone);
    expect(evaluateStudent(distilled.student, wild).every(Number.isFinite)).toBe(true);
  });

  test('drops latents that never fire, and keeps its weights within their bits', () => {
    const { latents, bits, weights } = distilled.student;
    expect(latents).not.toContain(3);
    expect(new Set(latents).size).toBe(latents.length);
    weights.forEach((value, i) => {
      const top = 2 ** (Math.min(7, bits[Math.floor(i / D)]) - 1);
      expect(value >= -top && value < top).toBe(true);
    });
  });

  test('agrees with the teacher on held-out scenes, and is the same when made again', async () => {
    expect(distilled.chosen.jaccard16).toBeGreaterThan(0.9);
    expect(Math.abs(distilled.chosen.cosineLoss)).toBeLessThan(0.005);
    expect(distilled.chosen.bytes).toBe(distilled.onnx.length);
    expect(studentToOnnx(distilled.student).equals(distilled.onnx)).toBe(true);
    expect((await distill(sae, train, holdout, options)).onnx.equals(distilled.onnx)).toBe(true);
  });

  test('of a teacher that never fires is refused', async () => {
    const asleep = { ...sae, bLat: new Float32Array(sae.n).fill(-1e6) };
    await expect(distill(asleep, train, holdout, options)).rejects.toThrow(/no latent is ever active/);
  });
});

describe('students of several sizes', () => {
  const [n, d] = [512, 96];
  const teacher = randomSae(n, d);
  const [rows, unseen] = [correlated(1500, d, 1), correlated(200, d, 2)];
  let sizes: Distillation;

  beforeAll(async () => {
    sizes = await distill(teacher, rows, unseen, { ratio: 8, table: [4, 12, 8], threads: 1 });
  });

  test('are as small as asked, agree the less the smaller they are, and the chosen one is in the table once', () => {
    const { table, chosen, teacherBytes } = sizes;
    expect(teacherBytes).toBe(4 * (n * d + n + 2 * d));
    expect(table.map(({ asked }) => asked)).toEqual([4, 8, 12]);
    for (const { asked, bytes, ratio } of table) {
      expect(bytes * asked).toBeLessThanOrEqual(teacherBytes);
      expect(ratio).toBe(teacherBytes / bytes);
    }
    const agreements = table.map(({ jaccard16 }) => jaccard16);
    expect(agreements).toEqual([...agreements].sort((a, b) => b - a));
    expect(table.filter((point) => point === chosen)).toHaveLength(1);
    expect(chosen.asked).toBe(8);
    expect(sizes.onnx.length).toBe(chosen.bytes);
  });

  test('agree better than plain rounding to 3 bits, whose weights alone take more bytes than the student’s numbers', async () => {
    const plain = teacher.wEnc.slice();
    for (let start = 0; start < plain.length; start += d) {
      const row = plain.subarray(start, start + d);
      const unit = Math.max(...row.map(Math.abs)) / 3;
      row.set(row.map((weight) => Math.round(weight / unit) * unit));
    }
    const codes = async (wEnc: Float32Array) => codesOf(await preActivationsOf({ ...teacher, wEnc }, unseen, 1), n, 16);
    const jaccard = meanJaccard(await codes(teacher.wEnc), await codes(plain), 16);
    const { bits } = sizes.student;
    expect(bits.reduce((sum, own) => sum + (own * d) / 8 + 8, 0)).toBeLessThan((3 * n * d) / 8);
    expect(sizes.chosen.jaccard16).toBeGreaterThan(jaccard + 0.02);
  });

  test('have the teacher’s thresholds', async () => {
    const threshold = Float32Array.from({ length: n }, (_, latent) => 0.2 * (latent % 4));
    const gated = await distill({ ...teacher, threshold }, rows, unseen, { ratio: 6, table: [], threads: 1 });
    expect(gated.chosen.ratio).toBeGreaterThanOrEqual(6);
    const latents = evaluateStudent(gated.student, unseen);
    latents.forEach((value, i) => {
      const own = threshold[gated.student.latents[i % gated.student.n]];
      expect(value === 0 || value > Math.fround(own)).toBe(true);
    });
    expect(gated.chosen.jaccard16).toBeGreaterThan(0.7);
  });
});

test('the Jaccard index compares sets of the first k latents', () => {
  const code = (...latents: number[]) => ({
    latents: Uint32Array.from(latents),
    values: new Float32Array(latents.length),
  });
  expect(meanJaccard([code(1, 2, 3)], [code(3, 2, 9)], 3)).toBeCloseTo(2 / 4, 12);
  expect(meanJaccard([code(1, 2, 3)], [code(2, 1, 9)], 2)).toBe(1);
  expect(meanJaccard([code(), code(1)], [code(), code(2)], 4)).toBe(0.5);
});
