/** Rows that show a finding. */

import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';

/** Rows whose estimate moved most from the unperturbed one, in SD of the targets. */
export function rankedRows(audit: AuditCase, prediction: Float64Array, count: number): number[] {
  const T = audit.targets.length;
  const moved = Float64Array.from({ length: audit.n }, (_, row) => {
    let sum = 0;
    for (let t = 0; t < T; t++)
      sum += Math.abs(prediction[row * T + t] - audit.prediction[row * T + t]) / audit.targetSd[t];
    return Number.isNaN(sum) ? -1 : sum;
  });
  return [...strongest(moved, count)].filter((row) => moved[row] > 0);
}
