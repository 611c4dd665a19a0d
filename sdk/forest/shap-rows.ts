/** The SHAP kernel in plain TypeScript: one row after another through one tree. It runs where WASM cannot, and is what the kernel is tested against. */
import type { Quadrature } from './quadrature.ts';
import { type ShapTree, type ShapTrees, Share, SPLIT_BYTES, Word } from './shap-tree.ts';

const WORDS = SPLIT_BYTES / 4;
const DOUBLES = SPLIT_BYTES / 8;

/**
 * Adds one tree's SHAP values of every row to `values` [n, features, targets]. Flat arrays in and out, no allocation by row.
 * Arrays by split and node k of the quadrature are [splits, q]; the values V are [splits + leaves, targets, q].
 */
export function explainRows(
  trees: ShapTrees,
  tree: ShapTree,
  { nodes, weights }: Quadrature,
  x: Float32Array,
  n: number,
  features: number,
  values: Float64Array,
): void {
  const { targets, lanes, used } = trees;
  const { splits } = tree;
  const words = trees.words.subarray(tree.split * WORDS, (tree.split + splits) * WORDS);
  const floats = trees.floats.subarray(tree.split * WORDS, (tree.split + splits) * WORDS);
  const shares = trees.doubles.subarray(tree.split * DOUBLES, (tree.split + splits) * DOUBLES);
  const q = nodes.length;
  const inverse = new Float64Array(splits * q); // 1/F
  for (let split = 0; split < splits; split++) {
    const before = shares[split * DOUBLES + Share.before];
    for (let k = 0; k < q; k++) inverse[split * q + k] = 1 / (nodes[k] + before * (1 - nodes[k]));
  }
  const product = new Float64Array(splits * q); // p
  product.set(weights);
  const takenFactor = new Float64Array(splits * q); // R
  const gain = new Float64Array(splits * q); // z_b p/F²
  const known = new Float64Array((2 * splits + 1) * targets * q); // V
  for (let leaf = 0; leaf <= splits; leaf++)
    for (let t = 0; t < targets; t++)
      known.fill(
        trees.leafValue[(tree.leaf + leaf) * lanes + t],
        ((splits + leaf) * targets + t) * q,
        ((splits + leaf) * targets + t + 1) * q,
      );
  const side = new Uint8Array(splits);
  const informed = new Uint8Array(splits);
  const childOf = (split: number, s: number) => words[split * WORDS + Word.child + s];
  const placeOf = (child: number) => (child >= 0 ? child : splits + ~child);

  for (let row = 0; row < n; row++) {
    for (let split = 0; split < splits; split++) {
      const word = split * WORDS;
      const double = split * DOUBLES;
      const taken = x[row * features + used[words[word + Word.feature]]] <= floats[word + Word.threshold] ? 0 : 1;
      const previous = words[word + Word.previous];
      const learns = previous < 0 || (informed[previous >> 1] === 1 && side[previous >> 1] === (previous & 1));
      side[split] = taken;
      informed[split] = learns ? 1 : 0;
      const at = split * q;
      // leaves need no products
      const toA = childOf(split, taken) * q;
      const toB = childOf(split, 1 - taken) * q;
      if (learns) {
        const za = shares[double + Share.through + taken];
        const zb = shares[double + Share.through + 1 - taken];
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
        const shareA = shares[double + Share.share + taken];
        const shareB = shares[double + Share.share + 1 - taken];
        for (let k = 0; k < q; k++) {
          const p = product[at + k];
          takenFactor[at + k] = shareA;
          if (toA >= 0) product[toA + k] = p * shareA;
          if (toB >= 0) product[toB + k] = p * shareB;
        }
      }
    }
    for (let split = splits - 1; split >= 0; split--) {
      const at = split * q;
      const taken = side[split];
      const from = (row * features + used[words[split * WORDS + Word.feature]]) * targets;
      for (let t = 0; t < targets; t++) {
        const here = (split * targets + t) * q;
        const a = (placeOf(childOf(split, taken)) * targets + t) * q;
        const b = (placeOf(childOf(split, 1 - taken)) * targets + t) * q;
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
