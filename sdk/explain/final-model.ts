/** The model that is kept: the candidate, or the weighted candidates, fitted to all rows and read to no more features than it uses. */
import type { Estimator } from '../forest/index.ts';
import { combine, explainParts, type Part } from './combined.ts';
import type { Weights } from './nested-weights.ts';
import { type ExactShap, explainEstimator } from './shap-any.ts';
import { fitCandidate, type ValidationData } from './validate.ts';

export interface FinalModel {
  readonly estimator: Estimator;
  /** Columns of the problem that it reads, in its order. */
  readonly columns: Uint32Array;
  readonly parts?: readonly Part[];
  /** SHAP values of rows [n, columns], or null where the model has none in closed form. */
  explain(x: Float32Array, n: number, means: Float64Array): ExactShap | null;
}

/** Fits to all rows: the only candidate, or those with weight (see nested.ts). */
export function finalModel({ fit, candidates }: ValidationData, weights: Weights | null): FinalModel {
  const rows = Uint32Array.from({ length: fit.n }, (_, row) => row);
  const T = fit.targets;
  const weightsOf = (candidate: number) =>
    weights === null ? new Float64Array(T).fill(1) : weights.slice(candidate * T, (candidate + 1) * T);
  const used = [...candidates.keys()].filter((candidate) => weightsOf(candidate).some((weight) => weight > 0));
  const [only] = used;
  if (used.length === 1) {
    const estimator = fitCandidate(fit, candidates[only], rows);
    return {
      estimator,
      columns: candidates[only].columns,
      explain: (x, n, means) => explainEstimator(estimator, x, n, { means }),
    };
  }
  const columns = Uint32Array.from(new Set(used.flatMap((candidate) => [...candidates[candidate].columns]))).sort();
  const place = new Map(Array.from(columns, (column, i) => [column, i]));
  const parts = used.map(
    (candidate): Part => ({
      estimator: fitCandidate(fit, candidates[candidate], rows),
      columns: Uint32Array.from(candidates[candidate].columns, (column) => place.get(column) ?? 0),
      weights: weightsOf(candidate),
    }),
  );
  return {
    estimator: combine(parts, columns.length, T),
    columns,
    parts,
    explain: (x, n, means) => explainParts(parts, x, n, columns.length, T, means),
  };
}
