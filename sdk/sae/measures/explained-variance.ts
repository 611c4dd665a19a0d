/**
 * Explained variance as sae-lens 6 prints it: 1 − E‖x − x̂‖² / (E‖x‖² − ‖E x‖²), expectations over rows. It is the R² over all features at once
 * (scikit-learn's r2_score, 'variance_weighted'), and not `evr`, whose variances are those over one row's features.
 */
import { columnMeans } from './columns.ts';

/** Of reconstructions [rows, d] of embeddings [rows, d]. Of rows that do not vary: 1 if they are met, else 0. */
export function explainedVariance(embeddings: Float32Array, reconstructions: Float32Array, d: number): number {
  const means = columnMeans(embeddings, d);
  let [residual, total] = [0, 0];
  for (let i = 0; i < embeddings.length; i++) {
    residual += (embeddings[i] - reconstructions[i]) ** 2;
    total += (embeddings[i] - means[i % d]) ** 2;
  }
  if (total > 0) return 1 - residual / total;
  return residual > 0 ? 0 : 1;
}
