/** A check of the red team: its place in the table of checks, and what it does. */
import type { AuditCase } from './audit-case.ts';
import type { Verdict } from './findings.ts';

export interface Check {
  /** Number in the table of checks, 1 … 18; two looks at one thing share it. */
  readonly id: number;
  /** As `--only` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  /** How it is measured. */
  readonly how: string;
  run(audit: AuditCase): Verdict | Promise<Verdict>;
}

/** The reason of every check that needs SHAP values. */
export const NO_SHAP = 'the model has no exact SHAP values: it reads no features, or is neither trees nor linear';

/** The reason of every check that fits the model again. */
export function noRefit(audit: AuditCase): string {
  return `a ${audit.soil.model.model} model is not fitted again here`;
}

/** 12.3 %, with the true minus sign. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits).replace('-', '−')} %`;
}

/** 520.0 nm. */
export function nm(audit: Pick<AuditCase, 'wavelengthsNm'>, band: number): string {
  return `${audit.wavelengthsNm[band].toFixed(1)} nm`;
}
