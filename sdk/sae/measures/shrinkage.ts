/**
 * Shrinkage: how much shorter reconstructions x̂ are than embeddings x. An L1 penalty shrinks them, and so does a code of few latents, each of
 * which accounts for less than all of x. Rows of both are [d].
 */
import { columnMeans } from './columns.ts';

export interface Shrinkage {
  /** Mean over rows of ‖x̂‖ / ‖x‖, rows of zeros left out: `l2_ratio` of sae-lens. */
  readonly normRatio: number;
  /** Slope of the least squares x̂ ≈ slope·x through the origin, over all rows: Σ x·x̂ / Σ x·x. */
  readonly slope: number;
  /** The same about the column means of x and of x̂: without the part of x̂ that the model's own mean gives for nothing. */
  readonly centredSlope: number;
}

/** Compares reconstructions [rows, d] with embeddings [rows, d]; 0 where nothing varies. */
export function measureShrinkage(embeddings: Float32Array, reconstructions: Float32Array, d: number): Shrinkage {
  const meanX = columnMeans(embeddings, d);
  const meanY = columnMeans(reconstructions, d);
  let [sumXx, sumXy, centredXx, centredXy, ratios, counted] = [0, 0, 0, 0, 0, 0];
  for (let from = 0; from < embeddings.length; from += d) {
    let [xx, yy] = [0, 0];
    for (let j = 0; j < d; j++) {
      const x = embeddings[from + j];
      const y = reconstructions[from + j];
      xx += x * x;
      yy += y * y;
      sumXy += x * y;
      centredXx += (x - meanX[j]) ** 2;
      centredXy += (x - meanX[j]) * (y - meanY[j]);
    }
    sumXx += xx;
    if (xx === 0) continue;
    ratios += Math.sqrt(yy / xx);
    counted++;
  }
  return {
    normRatio: counted > 0 ? ratios / counted : 0,
    slope: sumXx > 0 ? sumXy / sumXx : 0,
    centredSlope: centredXx > 0 ? centredXy / centredXx : 0,
  };
}
