/** A model measured in each form in which it makes codes: by its encoder, by its student, and by pursuit in its dictionary. */
import { type Evaluation, evaluatePursuit, evaluateSae } from '../../sae/index.ts';
import type { MeasuredModel } from './measured-model.ts';
import { evaluateStudentForm, type StudentEvaluation } from './student.ts';

export interface MeasuredForms {
  readonly evaluation: Evaluation;
  /** Where the model is distilled. */
  readonly student?: StudentEvaluation;
  /** Where it was asked for. */
  readonly pursuit?: Awaited<ReturnType<typeof evaluatePursuit>>;
}

export interface FormOptions {
  readonly ks: readonly number[];
  readonly threads: number;
  readonly pursuit: boolean;
}

/** Measures on embeddings [rows, d]. */
export async function measureForms(
  { sae, student }: MeasuredModel,
  embeddings: Float32Array,
  { ks, threads, pursuit }: FormOptions,
): Promise<MeasuredForms> {
  const evaluation = await evaluateSae(sae, embeddings, ks, threads);
  return {
    evaluation,
    ...(student && { student: await evaluateStudentForm(sae, student, embeddings, evaluation, threads) }),
    ...(pursuit && { pursuit: await evaluatePursuit(sae, embeddings, ks, threads) }),
  };
}
