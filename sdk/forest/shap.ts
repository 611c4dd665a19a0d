/**
 * Exact path-dependent TreeSHAP (Lundberg et al. 2020, Nature Machine Intelligence 2:56) by quadrature.
 *
 * For a leaf of value v whose path tests the features P, let o_j be 1 where the row follows every test of feature j on the path and else 0,
 * and z_j the product of the cover shares along the path's edges that test j. Feature i then gets
 * v (o_i − z_i) ∫₀¹ Π_{j ∈ P∖i} (o_j t + z_j (1 − t)) dt, and Gauss–Legendre with ⌈|P|/2⌉ nodes t_k is exact.
 *
 * Summed over leaves this becomes one pass down and one up. Down: p_k(n), the product over the features on the way to node n, times the
 * quadrature weight. Up: V_k(n), the mean leaf value below n where a coalition of share t_k is known. With children a, taken by the row, and b:
 *
 *     R = (t_k + z_a (1 − t_k)) / F,  p_k(a) = p_k(n) R,  p_k(b) = p_k(n) z_b (1 − t_k) / F,  V(n) = V(b) + R (V(a) − V(b)),
 *     φ_feature(n) += z_b Σ_k p_k(n)/F² (V_k(a) − V_k(b)),
 *
 * where z are the feature's products of shares through that edge, and F = t_k + z (1 − t_k) is the feature's factor before the node (1 where
 * it was not tested above). Where an earlier test of the feature was failed, nothing is learnt: R is the share of the taken child, and φ unchanged. All
 * products are of positive numbers, so nothing cancels.
 */
import { openExplainer } from './explainer.ts';
import type { Forest } from './forest.ts';

/** SHAP values of many rows. */
export interface ShapValues {
  /** Contribution of each feature to each target, [n, features, targets], in the targets' units. */
  readonly values: Float64Array;
  /** Mean over the trees of the cover-weighted mean of the leaves, [targets]. base + the sum of a row's values = its estimate. */
  readonly base: Float64Array;
}

/**
 * SHAP values of `n` rows.
 * @param x [n, features], row-major
 * Throws NadirError where the forest does not know how many rows each node saw in training.
 */
export function shapValues(forest: Forest, x: Float32Array, n: number): ShapValues {
  const explainer = openExplainer(forest, n);
  const values = explainer.values(x, n);
  explainer.close();
  return { values, base: explainer.base };
}
