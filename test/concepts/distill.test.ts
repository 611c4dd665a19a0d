import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Distillation, distill, evaluateStudent, meanJaccard, studentToOnnx } from '../../sdk/concepts/index.ts';
import { type SaeWeights, TRAIN_DEFAULTS, trainSae } from '../../sdk/sae/index.ts';
import { D, someEmbeddings } from './scenes.ts';

const train = someEmbeddings(600, 1);
const holdout = someEmbeddings(80, 2);
let sae: SaeWeights;
let distilled: Distillation;

beforeAll(async () => {
  const options = { ...TRAIN_DEFAULTS, levels: [2, 4, 8], expansion: 2, batch: 32, seed: 0, threads: 1 };
  const { weights } = await trainSae(train, D, options);
  // one latent that nothing can wake
  const bLat = weights.bLat.with(3, -1e4);
  sae = { ...weights, bLat };
  distilled = await distill(sae, train, holdout, 1);
});

async function run(bytes: Uint8Array, rows: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const { latents } = await session.run({ embedding: new Tensor('float32', rows, [rows.length / D, D]) });
  await session.release();
  return latents.data as Float32Array;
}

describe('a student', () => {
  test('computes in onnxruntime what the trainer’s integer evaluation gives', async () => {
    const onnx = await run(distilled.onnx, holdout);
    const ours = evaluateStudent(distilled.student, holdout);
    expect(ours).toEqual(distilled.holdoutLatents);
    expect(onnx.reduce((worst, value, i) => Math.max(worst, Math.abs(value - ours[i])), 0)).toBeLessThanOrEqual(1e-5);
    expect(ours.some((value) => value > 0)).toBe(true);
  });

  test('gives a scene the same code alone as among others, and bears values beyond its calibration', async () => {
    const wild = holdout.map((value, i) => (i < D ? value : value * 40 - 7));
    const together = await run(distilled.onnx, wild);
    const alone = await run(distilled.onnx, wild.slice(0, D));
    expect(together.slice(0, distilled.student.n)).toEqual(alone);
    expect(evaluateStudent(distilled.student, wild).every(Number.isFinite)).toBe(true);
  });

  test('drops latents that never fire, keeps the teacher’s order, and has 7-bit weights', () => {
    const { latents, weights } = distilled.student;
    expect(latents).not.toContain(3);
    expect(latents).toEqual([...latents].sort((a, b) => a - b));
    expect(weights.every((value) => value >= -63 && value <= 63)).toBe(true);
  });

  test('agrees with the teacher on held-out scenes and takes a quarter of its bytes', () => {
    expect(distilled.jaccard16).toBeGreaterThan(0.9);
    expect(Math.abs(distilled.cosineLoss)).toBeLessThan(0.005);
    expect(distilled.onnx.length).toBeLessThan(sae.wEnc.byteLength / 2);
    expect(studentToOnnx(distilled.student).equals(distilled.onnx)).toBe(true);
  });

  test('of a teacher that never fires is refused', async () => {
    const asleep = { ...sae, bLat: new Float32Array(sae.n).fill(-1e6) };
    await expect(distill(asleep, train, holdout, 1)).rejects.toThrow(/no latent is ever active/);
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
