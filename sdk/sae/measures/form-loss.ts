/** What a pruned, quantised or distilled form of a model loses against the whole one, in every measure of a code, on the same rows. */
import type { CodeQuality } from '../evaluate.ts';

/** Each above 0 where the form is worse. `cosine` is the whole model's less the form's; of FVU it is the form's less the whole model's, … */
export interface FormLoss {
  readonly fvu: number;
  readonly cosine: number;
  readonly nmae: number;
  readonly cknna: number;
  readonly explainedVariance: number;
  /** Latents that only the whole model uses, less those that only the form does. */
  readonly dead: number;
  /** Mean ‖x̂‖ / ‖x‖ that goes missing. */
  readonly normRatio: number;
}

export function formLoss(whole: CodeQuality, form: CodeQuality): FormLoss {
  return {
    fvu: form.fvu - whole.fvu,
    cosine: whole.cosine - form.cosine,
    nmae: form.nmae - whole.nmae,
    cknna: whole.cknna - form.cknna,
    explainedVariance: whole.explainedVariance - form.explainedVariance,
    dead: form.dead - whole.dead,
    normRatio: whole.shrinkage.normRatio - form.shrinkage.normRatio,
  };
}
