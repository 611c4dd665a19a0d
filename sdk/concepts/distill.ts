/**
 * Distils a trained encoder to one that fits on board: latents that no calibration row uses are dropped, weights become 7-bit integers with
 * a unit of their own per latent, and each bias takes up the mean error that is left against the teacher on the calibration rows.
 */
import { NadirError } from '../base/index.ts';
import {
  codesOf,
  decodeCode,
  measureReconstruction,
  preActivationsOf,
  type SaeWeights,
  type SparseCode,
} from '../sae/index.ts';
import { evaluateStudent, type Student } from './student.ts';
import { studentToOnnx } from './student-onnx.ts';

/** Latents that make a scene's code. */
const K = 64;
/** Latents compared with the teacher's. */
const COMPARED = 16;
const LARGEST_WEIGHT = 63;
const LARGEST_BYTE = 255;
/** Rows that the biases are fitted to: enough for a mean, few enough for plain TypeScript. */
const BIAS_ROWS = 512;

export interface Distillation {
  readonly student: Student;
  readonly onnx: Buffer;
  /** Strongest latents that make a scene's code. */
  readonly k: number;
  /** Mean Jaccard index of the teacher's and the student's 16 strongest latents, held out. */
  readonly jaccard16: number;
  /** Mean held-out cosine at k of the teacher's code less that of the student's. */
  readonly cosineLoss: number;
  /** The student's own evaluation of the held-out rows, [rows, n]. */
  readonly holdoutLatents: Float32Array;
}

/** Distils from calibration rows [rows, d]; figures are of held-out rows. */
export async function distill(
  sae: SaeWeights,
  calibration: Float32Array,
  holdout: Float32Array,
  threads: number,
): Promise<Distillation> {
  const { d, n } = sae;
  if (calibration.length < d || holdout.length < d) {
    const remedy = 'Give at least a few dozen embeddings';
    throw new NadirError({ what: 'too few rows to calibrate on and to hold out', where: 'data', remedy });
  }
  const teacherPre = await preActivationsOf(sae, calibration, threads);
  const used = new Uint8Array(n);
  for (const { latents } of codesOf(teacherPre, n, K)) for (const latent of latents) used[latent] = 1;
  const latents = Array.from({ length: n }, (_, latent) => latent).filter((latent) => used[latent]);
  if (latents.length === 0) {
    const remedy = 'Train the model again, longer or with a smaller learning rate';
    throw new NadirError({ what: 'no latent is ever active', where: 'the teacher', remedy });
  }
  const exact = quantise(sae, latents, calibration);
  const student = correctBias(exact, teacherPre, calibration, n);

  const k = Math.min(K, latents.length);
  const holdoutLatents = evaluateStudent(student, holdout);
  const studentCodes = codesOf(holdoutLatents, latents.length, k).map((code) => asTeacher(code, latents));
  const teacherCodes = codesOf(await preActivationsOf(sae, holdout, threads), n, k);
  const cosine = (codes: readonly SparseCode[]) => meanCosine(sae, codes, holdout);
  return {
    student,
    onnx: studentToOnnx(student),
    k,
    jaccard16: meanJaccard(teacherCodes, studentCodes, COMPARED),
    cosineLoss: cosine(teacherCodes) - cosine(studentCodes),
    holdoutLatents,
  };
}

/** pre = x·(scale·W_enc)ᵀ + bias', with x written as low + byte/perUnit and each latent's weights brought to ±63. */
function quantise(sae: SaeWeights, latents: readonly number[], calibration: Float32Array): Student {
  const { d, wEnc, bLat, bPre, mean, scale } = sae;
  const { low, perUnit } = featureRanges(calibration, d);
  const n = latents.length;
  const weights = new Int8Array(n * d);
  const unit = new Float32Array(n);
  const bias = new Float32Array(n);
  latents.forEach((latent, i) => {
    let largest = 0;
    let constant = bLat[latent];
    for (let j = 0, at = latent * d; j < d; j++, at++) {
      largest = Math.max(largest, Math.abs((wEnc[at] * scale) / perUnit[j]));
      constant += ((low[j] - mean[j]) * scale - bPre[j]) * wEnc[at];
    }
    unit[i] = (largest || 1) / LARGEST_WEIGHT;
    bias[i] = constant;
    for (let j = 0, at = latent * d; j < d; j++, at++)
      weights[i * d + j] = Math.round((wEnc[at] * scale) / perUnit[j] / unit[i]);
  });
  return { d, n, latents, low, perUnit, weights, unit, bias };
}

/** Range of each feature over the rows; a feature that never changes gets a step of 1. */
function featureRanges(rows: Float32Array, d: number): { low: Float32Array; perUnit: Float32Array } {
  const low = new Float32Array(d).fill(Infinity);
  const high = new Float32Array(d).fill(-Infinity);
  for (let i = 0; i < rows.length; i++) {
    const j = i % d;
    if (rows[i] < low[j]) low[j] = rows[i];
    if (rows[i] > high[j]) high[j] = rows[i];
  }
  return { low, perUnit: high.map((top, j) => (top > low[j] ? LARGEST_BYTE / (top - low[j]) : 1)) };
}

function correctBias(student: Student, teacherPre: Float32Array, calibration: Float32Array, teacherN: number): Student {
  const { d, n, latents } = student;
  const total = calibration.length / d;
  const rows = Math.min(total, BIAS_ROWS);
  const stride = Math.floor(total / rows);
  const picked = new Float32Array(rows * d);
  for (let i = 0; i < rows; i++) picked.set(calibration.subarray(i * stride * d, (i * stride + 1) * d), i * d);
  const pre = evaluateStudent(student, picked, false);
  const bias = student.bias.map((value, latent) => {
    let missing = 0;
    for (let i = 0; i < rows; i++) missing += teacherPre[i * stride * teacherN + latents[latent]] - pre[i * n + latent];
    return value + missing / rows;
  });
  return { ...student, bias };
}

function asTeacher(code: SparseCode, latents: readonly number[]): SparseCode {
  return { latents: code.latents.map((latent) => latents[latent]), values: code.values };
}

/** Mean over rows of |A ∩ B| / |A ∪ B| of the first `k` latents; two empty codes agree. */
export function meanJaccard(a: readonly SparseCode[], b: readonly SparseCode[], k: number): number {
  let sum = 0;
  for (let row = 0; row < a.length; row++) {
    const first = new Set(a[row].latents.subarray(0, k));
    const second = b[row].latents.subarray(0, k);
    const shared = second.reduce((count, latent) => count + (first.has(latent) ? 1 : 0), 0);
    const either = first.size + second.length - shared;
    sum += either === 0 ? 1 : shared / either;
  }
  return sum / a.length;
}

function meanCosine(sae: SaeWeights, codes: readonly SparseCode[], embeddings: Float32Array): number {
  const decoded = new Float32Array(codes.length * sae.d);
  codes.forEach(({ latents, values }, row) => {
    decodeCode(sae, latents, values, decoded.subarray(row * sae.d, (row + 1) * sae.d));
  });
  return measureReconstruction(embeddings, decoded, sae.d).cosine;
}
