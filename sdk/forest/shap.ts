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
import type { Forest } from './forest.ts';
import { gaussLegendre } from './quadrature.ts';
import { type ShapTree, shapTree } from './shap-tree.ts';

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
  const { features, targets, roots } = forest;
  if (x.length !== n * features) throw new RangeError(`${x.length} values are not [${n}, ${features}]`);
  const values = new Float64Array(n * features * targets);
  const base = new Float64Array(targets);
  for (const root of roots) {
    const tree = shapTree(forest, root);
    for (let t = 0; t < targets; t++) base[t] += tree.mean[t];
    if (tree.splits > 0) explainTree(tree, x, n, features, values);
  }
  const trees = roots.length;
  for (let i = 0; i < values.length; i++) values[i] /= trees;
  for (let t = 0; t < targets; t++) base[t] /= trees;
  return { values, base };
}

/**
 * Adds one tree's SHAP values of every row to `values` [n, features, targets]. The kernel: flat arrays in and out, no allocation by row.
 * Arrays by split and node k of the quadrature are [splits, q]; the values V are [splits + leaves, targets, q].
 */
function explainTree(tree: ShapTree, x: Float32Array, n: number, features: number, values: Float64Array): void {
  const { targets, splits, feature, threshold, child, share, through, before, previous, previousSide } = tree;
  const q = Math.ceil(tree.depth / 2);
  const { nodes, weights } = gaussLegendre(q);
  const inverse = new Float64Array(splits * q); // 1/F
  for (let split = 0; split < splits; split++)
    for (let k = 0; k < q; k++) inverse[split * q + k] = 1 / (nodes[k] + before[split] * (1 - nodes[k]));
  const product = new Float64Array(splits * q); // p
  product.set(weights);
  const takenFactor = new Float64Array(splits * q); // R
  const gain = new Float64Array(splits * q); // z_b p/F²
  const known = new Float64Array((splits + tree.leafValue.length / targets) * targets * q); // V
  for (let i = 0; i < tree.leafValue.length; i++)
    known.fill(tree.leafValue[i], splits * targets * q + i * q, splits * targets * q + (i + 1) * q);
  const side = new Uint8Array(splits);
  const informed = new Uint8Array(splits);

  for (let row = 0; row < n; row++) {
    for (let split = 0; split < splits; split++) {
      const taken = x[row * features + feature[split]] <= threshold[split] ? 0 : 1;
      const earlier = previous[split];
      const learns = earlier < 0 || (informed[earlier] === 1 && side[earlier] === previousSide[split]);
      side[split] = taken;
      informed[split] = learns ? 1 : 0;
      const a = split * 2 + taken;
      const b = split * 2 + 1 - taken;
      const at = split * q;
      // leaves need no products
      const toA = child[a] < splits ? child[a] * q : -1;
      const toB = child[b] < splits ? child[b] * q : -1;
      if (learns) {
        const za = through[a];
        const zb = through[b];
        for (let k = 0; k < q; k++) {
          const t = nodes[k];
          const inv = inverse[at + k];
          const p = product[at + k];
          const factor = (t + za * (1 - t)) * inv;
          const rest = zb * inv * p;
          takenFactor[at + k] = factor;
          gain[at + k] = rest * inv;
          if (toA >= 0) product[toA + k] = p * factor;
          if (toB >= 0) product[toB + k] = rest * (1 - t);
        }
      } else {
        for (let k = 0; k < q; k++) {
          const p = product[at + k];
          takenFactor[at + k] = share[a];
          if (toA >= 0) product[toA + k] = p * share[a];
          if (toB >= 0) product[toB + k] = p * share[b];
        }
      }
    }
    for (let split = splits - 1; split >= 0; split--) {
      const at = split * q;
      const taken = side[split];
      const from = (row * features + feature[split]) * targets;
      for (let t = 0; t < targets; t++) {
        const here = (split * targets + t) * q;
        const a = (child[split * 2 + taken] * targets + t) * q;
        const b = (child[split * 2 + 1 - taken] * targets + t) * q;
        let sum = 0;
        for (let k = 0; k < q; k++) {
          const difference = known[a + k] - known[b + k];
          known[here + k] = known[b + k] + takenFactor[at + k] * difference;
          sum += gain[at + k] * difference;
        }
        if (informed[split] === 1) values[from + t] += sum;
      }
    }
  }
}
