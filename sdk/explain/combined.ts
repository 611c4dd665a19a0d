/** A model of several: each part reads its own features, and the estimate of a target is the weighted sum of the parts'. */
import type { Estimator } from '../forest/index.ts';
import { type ExactShap, explainEstimator } from './shap-any.ts';

export interface Part {
  readonly estimator: Estimator;
  /** Features of the whole that it reads, in its order. */
  readonly columns: ArrayLike<number>;
  /** Weight of its estimate of each target, [targets]. */
  readonly weights: ArrayLike<number>;
}

/** Folder of a part's files, in the model's. */
export function partFolder(part: number, kind: string): string {
  return `parts/${part}-${kind}`;
}

/** The parts as one estimator of `features` features. Its files lie in a folder a part. */
export function combine(parts: readonly Part[], features: number, targets: number): Estimator {
  return {
    kind: 'combined',
    features,
    targets,
    predict(x, n, edge) {
      const estimate = new Float64Array(n * targets);
      for (const { estimator, columns, weights } of parts) {
        const own = estimator.predict(columnsOf(x, n, features, columns), n, edge);
        for (let i = 0; i < own.length; i++) {
          const weight = weights[i % targets];
          if (weight !== 0) estimate[i] += weight * own[i];
        }
      }
      return estimate;
    },
    choices: {},
    files: () =>
      new Map(
        parts.flatMap(({ estimator }, part) =>
          [...estimator.files()].map(
            ([name, bytes]) => [`${partFolder(part, estimator.kind)}/${name}`, bytes] as const,
          ),
        ),
      ),
  };
}

/** SHAP values of the whole, or null where a part has none in closed form. */
export function explainParts(
  parts: readonly Part[],
  x: Float32Array,
  n: number,
  features: number,
  targets: number,
  means: Float64Array,
): ExactShap | null {
  const values = new Float64Array(n * features * targets);
  const base = new Float64Array(targets);
  const methods = new Set<string>();
  for (const { estimator, columns, weights } of parts) {
    const width = columns.length;
    const own = explainEstimator(estimator, columnsOf(x, n, features, columns), n, {
      means: Float64Array.from(columns, (column) => means[column]),
    });
    if (own === null) return null;
    methods.add(own.method);
    for (let t = 0; t < targets; t++) base[t] += weights[t] * own.base[t];
    for (let row = 0; row < n; row++)
      for (let c = 0; c < width; c++)
        for (let t = 0; t < targets; t++)
          values[(row * features + columns[c]) * targets + t] +=
            weights[t] * own.values[(row * width + c) * targets + t];
  }
  return { values, base, method: [...methods].join('; ') };
}

function columnsOf(x: Float32Array, n: number, features: number, columns: ArrayLike<number>): Float32Array {
  const own = new Float32Array(n * columns.length);
  for (let row = 0; row < n; row++)
    for (let c = 0; c < columns.length; c++) own[row * columns.length + c] = x[row * features + columns[c]];
  return own;
}
