/**
 * Exact SHAP interaction values, path-dependent (Lundberg et al. 2020; Fujimoto et al. 2006, the Shapley interaction index), by quadrature.
 *
 * With o_j, z_j and the nodes t_k of shap.ts, a leaf of value v gives the pair (i, j)
 * ½ v (o_i − z_i)(o_j − z_j) ∫₀¹ Π_{m ≠ i, j} (o_m t + z_m (1 − t)) dt, and what is left of φ_i is i's main effect:
 * Φ_ii = φ_i − Σ_{j ≠ i} Φ_ij. All factors are positive, so products without a feature come by division.
 */
import { NadirError } from '../base/index.ts';
import type { Forest } from './forest.ts';
import { gaussLegendre } from './quadrature.ts';
import { follows, type TreePaths, treePaths } from './shap-paths.ts';

/** Values of a result: 2 GiB of float64. */
const MAX_VALUES = 2 ** 28;

export interface InteractionValues {
  /** Symmetric in the features; summed over one of them, the SHAP values. [n, m, m, targets], in the targets' units. */
  readonly values: Float64Array;
  /** The features that stand in `values`, [m]. */
  readonly features: Uint32Array;
}

/**
 * Interaction values of `n` rows.
 * @param x [n, features], row-major
 * @param between features to show, distinct; all where not given. A main effect leaves out a feature's interactions with all others, shown or not.
 * Throws NadirError where the forest does not know how many rows each node saw in training, or the result would be too large.
 */
export function interactionValues(
  forest: Forest,
  x: Float32Array,
  n: number,
  between?: Uint32Array,
): InteractionValues {
  if (x.length !== n * forest.features) throw new RangeError(`${x.length} values are not [${n}, ${forest.features}]`);
  const features = between ?? Uint32Array.from({ length: forest.features }, (_, f) => f);
  const m = features.length;
  if (n * m * m * forest.targets > MAX_VALUES) {
    throw new NadirError({
      what: `interactions of ${n} rows between ${m} features are too many numbers`,
      where: `${forest.targets} targets`,
      remedy: 'Choose fewer features or rows',
    });
  }
  const place = new Int32Array(forest.features).fill(-1);
  for (let i = 0; i < m; i++) {
    if (features[i] >= forest.features || place[features[i]] >= 0)
      throw new RangeError(`feature ${features[i]} is not one of ${forest.features}, or named twice`);
    place[features[i]] = i;
  }
  const values = new Float64Array(n * m * m * forest.targets);
  for (const root of forest.roots) addTree(forest, treePaths(forest, root, true), x, n, place, m, values);
  return { values, features };
}

/** Adds one tree's interactions to `values`. */
function addTree(
  { features, targets, value, roots }: Forest,
  { leaves, start, feature, low, high, share, node, distinct }: TreePaths,
  x: Float32Array,
  n: number,
  place: Int32Array,
  m: number,
  values: Float64Array,
): void {
  const q = Math.max(1, Math.ceil(distinct / 2));
  const { nodes, weights } = gaussLegendre(q);
  const inverse = new Float64Array(distinct * q);
  const product = new Float64Array(q);
  const without = new Float64Array(q);
  const gain = new Float64Array(distinct); // o − z
  const main = new Float64Array(distinct); // Φ_ii of the leaf, over its value
  for (let row = 0; row < n; row++) {
    for (let leaf = 0; leaf < leaves; leaf++) {
      const from = start[leaf];
      const d = start[leaf + 1] - from;
      product.set(weights);
      for (let i = 0; i < d; i++) {
        const o = follows(x[row * features + feature[from + i]], low[from + i], high[from + i]) ? 1 : 0;
        const z = share[from + i];
        gain[i] = o - z;
        for (let k = 0; k < q; k++) {
          const factor = o * nodes[k] + z * (1 - nodes[k]);
          product[k] *= factor;
          inverse[i * q + k] = 1 / factor;
        }
      }
      for (let i = 0; i < d; i++) {
        let own = 0;
        for (let k = 0; k < q; k++) {
          without[k] = product[k] * inverse[i * q + k];
          own += without[k];
        }
        main[i] = gain[i] * own;
        const a = place[feature[from + i]];
        for (let j = 0; j < d; j++) {
          if (j === i) continue;
          let both = 0;
          for (let k = 0; k < q; k++) both += without[k] * inverse[j * q + k];
          const pair = (gain[i] * gain[j] * both) / 2;
          main[i] -= pair;
          const b = place[feature[from + j]];
          if (a >= 0 && b >= 0)
            addLeaf(
              values,
              ((row * m + a) * m + b) * targets,
              pair / roots.length,
              value,
              node[leaf] * targets,
              targets,
            );
        }
        if (a >= 0)
          addLeaf(
            values,
            ((row * m + a) * m + a) * targets,
            main[i] / roots.length,
            value,
            node[leaf] * targets,
            targets,
          );
      }
    }
  }
}

function addLeaf(
  values: Float64Array,
  at: number,
  weight: number,
  value: Float64Array,
  from: number,
  targets: number,
): void {
  for (let t = 0; t < targets; t++) values[at + t] += weight * value[from + t];
}
