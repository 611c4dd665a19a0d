/** How far a student's codes agree with the teacher's, on rows that neither the training nor the distillation saw. */
import { openOnnx } from '../../compact/index.ts';
import {
  codesOf,
  measureReconstruction,
  preActivationsOf,
  reconstruct,
  type SaeWeights,
  type SparseCode,
} from '../../sae/index.ts';
import { COMPARED, K } from './contention.ts';

/** Codes of held-out rows and what they are worth. */
export interface HeldOut {
  /** [rows, d]. */
  readonly rows: Float32Array;
  readonly codes: readonly SparseCode[];
  /** Mean cosine of the rows and what their codes decode to. */
  readonly cosine: number;
}

export interface Agreement {
  /** Mean Jaccard index of the teacher's and the student's 16 strongest latents. */
  readonly jaccard16: number;
  /** Mean cosine at k of the teacher's code less that of the student's. */
  readonly cosineLoss: number;
}

/** The teacher's own codes of held-out rows [rows, d]. */
export async function teacherCodes(sae: SaeWeights, rows: Float32Array, threads: number): Promise<HeldOut> {
  const codes = codesOf(await preActivationsOf(sae, rows, threads), sae.n, K);
  return { rows, codes, cosine: meanCosine(sae, codes, rows) };
}

/** Runs a student's ONNX file as the board does; its latents are the teacher's `latents`. */
export async function measureAgreement(
  sae: SaeWeights,
  heldOut: HeldOut,
  onnx: Uint8Array,
  latents: readonly number[],
): Promise<Agreement> {
  const codes = await studentCodes(onnx, latents, heldOut.rows, sae.d, K);
  return {
    jaccard16: meanJaccard(heldOut.codes, codes, COMPARED),
    cosineLoss: heldOut.cosine - meanCosine(sae, codes, heldOut.rows),
  };
}

/** Codes of a student as the board makes them from its ONNX file: at most k latents of rows [rows, d], in the teacher's numbering. */
export async function studentCodes(
  onnx: Uint8Array,
  latents: readonly number[],
  rows: Float32Array,
  d: number,
  k: number,
): Promise<SparseCode[]> {
  const session = await openOnnx(onnx, 'student');
  const activations = await session.run(rows, [rows.length / d, d], 'latents').finally(() => session.release());
  return codesOf(activations, latents.length, k).map(({ latents: own, values }) => ({
    latents: own.map((latent) => latents[latent]),
    values,
  }));
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
  return measureReconstruction(embeddings, reconstruct(sae, codes), sae.d).cosine;
}
