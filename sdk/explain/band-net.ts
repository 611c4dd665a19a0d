/** What each band of the instrument contributes to a forest, and the greedy choice of bands by it. */
import type { ShapTable } from './attribution.ts';

/**
 * Mean over rows and targets of |Σ SHAP of the features that stand at a band|/SD, [bands]: signed values are summed per row first, so
 * transformations that cancel do not count twice.
 * @param centreOf band at which each feature stands, -1 for what spreads over the spectrum, [features]
 */
export function netByCentre(
  { values, n, targets: T }: ShapTable,
  centreOf: Int32Array,
  bands: number,
  targetSd: Float64Array,
): Float64Array {
  const F = centreOf.length;
  const net = new Float64Array(bands);
  const sums = new Float64Array(bands * T);
  for (let row = 0; row < n; row++) {
    sums.fill(0);
    for (let f = 0; f < F; f++) {
      if (centreOf[f] < 0) continue;
      for (let t = 0; t < T; t++) sums[centreOf[f] * T + t] += values[(row * F + f) * T + t];
    }
    for (let i = 0; i < sums.length; i++) net[Math.floor(i / T)] += Math.abs(sums[i]) / targetSd[i % T];
  }
  return net.map((sum) => sum / (n * T));
}

/** The bands of greatest contribution, increasing: what a ranking chooses without looking at how bands go together. */
export function greedyBands(net: Float64Array, count: number): number[] {
  const order = Array.from(net, (_, band) => band).sort((a, b) => net[b] - net[a] || a - b);
  return order.slice(0, count).sort((a, b) => a - b);
}
