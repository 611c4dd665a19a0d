/** SHAP values of the audited model on a sample of the data, computed once for all checks. */
import { featureImportance } from '../attribution.ts';
import { explainParts } from '../combined.ts';
import { explainEstimator } from '../shap-any.ts';
import type { AuditCase } from './audit-case.ts';
import { allRows, ownRows } from './judging.ts';
import { featureMeans, type Rows } from './refit.ts';

export interface ModelShap {
  readonly rows: Uint32Array;
  readonly own: Rows;
  /** [rows, features, targets] */
  readonly values: Float64Array;
  readonly base: ArrayLike<number>;
  /** Mean |SHAP| ÷ SD over the targets, [features]. */
  readonly importance: Float64Array;
}

const known = new WeakMap<AuditCase, ModelShap>();
const QUICK_ROWS = 200;

/** null for a model that has no exact SHAP values, or no features. */
export function modelShap(audit: AuditCase): ModelShap | null {
  const before = known.get(audit);
  if (before !== undefined) return before;
  if (audit.features === 0) return null;
  const everyRow = allRows(audit);
  const rows = audit.options.quick
    ? audit.random('rows explained').shuffle(everyRow).subarray(0, QUICK_ROWS).sort()
    : everyRow;
  const own = ownRows(audit, rows);
  const shap = explainAt(audit, own);
  if (shap === null) return null;
  const importance = featureImportance(
    { values: shap.values, n: own.n, targets: audit.targets.length },
    audit.targetSd,
  );
  const whole = { rows, own, values: shap.values, base: shap.base, importance };
  known.set(audit, whole);
  return whole;
}

/** SHAP values of the audited model at rows of its features; null where it has none in closed form. */
export function explainAt({ soil, data, features, n, targets }: AuditCase, own: Rows) {
  const all = new Float32Array(n * features);
  for (let row = 0; row < n; row++)
    all.set(data.x.subarray(row * data.columns, row * data.columns + features), row * features);
  const means = featureMeans({ x: all, n, features });
  const { parts, estimator } = soil;
  return parts
    ? explainParts(parts, own.x, own.n, features, targets.length, means)
    : explainEstimator(estimator, own.x, own.n, { means });
}

/** Importance of each band: what its features weigh, each shared out over its footprint by the size of its weights, [bands]. */
export function bandImportance(audit: AuditCase, importance: ArrayLike<number>): Float64Array {
  const result = new Float64Array(audit.bands);
  audit.soil.model.features.forEach(({ bands, weights, footprint }, f) => {
    // a functional of a view reads that view's points; where the view mixes bands, they share alike
    const read = footprint && footprint.length !== bands.length ? footprint : bands;
    const sizes = read === bands ? weights.map(Math.abs) : read.map(() => 1);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    read.forEach((band, i) => {
      result[band] += (importance[f] * sizes[i]) / total;
    });
  });
  return result;
}
