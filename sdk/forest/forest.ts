/** A regression forest as flat arrays: what training writes, and all that prediction, SHAP values and ONNX files need. */

/**
 * A forest of binary regression trees with several outputs. The nodes of all trees lie one after another, each tree in preorder (a
 * node, its left subtree, its right subtree). At a node, a row goes left where `x[feature] <= threshold` in float32. The estimate is the
 * mean over the trees of the values of the leaves reached.
 */
export interface Forest {
  /** Number of outputs. */
  readonly targets: number;
  /** Number of inputs. */
  readonly features: number;
  /** Root node of each tree, [trees]. */
  readonly roots: Int32Array;
  /** Input that a node tests, [nodes]; -1 at a leaf. */
  readonly feature: Int32Array;
  /** Threshold of a node, [nodes]; 0 at a leaf. */
  readonly threshold: Float32Array;
  /** Left child, [nodes]; -1 at a leaf. */
  readonly left: Int32Array;
  /** Right child, [nodes]; -1 at a leaf. */
  readonly right: Int32Array;
  /** Mean of the targets over the training rows of a node, in the targets' units, [nodes, targets]. */
  readonly value: Float64Array;
  /** Training rows of a node, counted as often as the bootstrap drew them, [nodes]. */
  readonly cover: Float64Array;
}

/** Features that at least one node tests, ascending. */
export function featuresRead(forest: Forest): Uint32Array {
  return Uint32Array.from(new Set(forest.feature.filter((feature) => feature >= 0))).sort();
}
