/** Impurity importance (mean decrease in impurity; Breiman 1984): what pruning by SHAP values is compared with. */
import type { Forest } from './forest.ts';

/**
 * Share of each feature in the fall of the squared error, [features]: per tree normalised to a sum of 1, then the mean over the trees that
 * split at all, as scikit-learn does. A split's fall is W_L·W_R/W · Σ over targets of ((v_L − v_R)/sd)²: it follows from values and covers.
 * @param targetSds by which targets are weighed against each other; with the SDs of the training rows, as training weighs them
 */
export function impurityImportance(forest: Forest, targetSds: ArrayLike<number>): Float64Array {
  const { features, targets, roots, feature, left, right, value, cover } = forest;
  const importance = new Float64Array(features);
  const ofTree = new Float64Array(features);
  let trees = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    const end = roots[tree + 1] ?? feature.length;
    ofTree.fill(0);
    let sum = 0;
    for (let node = roots[tree]; node < end; node++) {
      if (feature[node] < 0) continue;
      let apart = 0;
      for (let t = 0; t < targets; t++) {
        const difference = value[left[node] * targets + t] - value[right[node] * targets + t];
        if (targetSds[t] > 0) apart += (difference / targetSds[t]) ** 2;
      }
      const fall = ((cover[left[node]] * cover[right[node]]) / cover[node]) * apart;
      ofTree[feature[node]] += fall;
      sum += fall;
    }
    if (sum === 0) continue;
    trees++;
    for (let f = 0; f < features; f++) importance[f] += ofTree[f] / sum;
  }
  return trees === 0 ? importance : importance.map((total) => total / trees);
}
