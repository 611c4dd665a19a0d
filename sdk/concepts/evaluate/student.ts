/** What the student of a model loses against its teacher in each measure, on the same rows. */
import {
  type CodeQuality,
  codeMeasure,
  codesOf,
  type Evaluation,
  type FormLoss,
  formLoss,
  preActivationsOf,
  prefix,
  type SaeWeights,
} from '../../sae/index.ts';
import { meanJaccard, studentCodes } from '../distil/index.ts';
import type { MeasuredStudent } from './measured-model.ts';

export interface StudentEvaluation {
  /** Of student.onnx. */
  readonly bytes: number;
  readonly latents: number;
  readonly byK: readonly ({
    readonly k: number;
    /** Mean Jaccard index of the teacher's and the student's k strongest latents. */
    readonly jaccard: number;
    /** Share of the rows whose strongest latent is the same. */
    readonly sameStrongest: number;
    readonly loss: FormLoss;
  } & CodeQuality)[];
}

/** Measures a student at the numbers of latents at which its teacher was measured. */
export async function evaluateStudentForm(
  sae: SaeWeights,
  { onnx, latents }: MeasuredStudent,
  embeddings: Float32Array,
  teacher: Evaluation,
  threads: number,
): Promise<StudentEvaluation> {
  const most = teacher.byK.reduce((greatest, { k }) => Math.max(greatest, k), 1);
  const own = await studentCodes(onnx, latents, embeddings, sae.d, most);
  const whole = codesOf(await preActivationsOf(sae, embeddings, threads), sae.n, most);
  const quality = codeMeasure(sae, embeddings);
  const sameStrongest = meanJaccard(whole, own, 1);
  const byK = teacher.byK.map(({ k, ...ofTeacher }) => {
    const ofStudent = quality(own.map((code) => prefix(code, k)));
    return {
      k,
      jaccard: meanJaccard(whole, own, k),
      sameStrongest,
      loss: formLoss(ofTeacher, ofStudent),
      ...ofStudent,
    };
  });
  return { bytes: onnx.length, latents: latents.length, byK };
}
