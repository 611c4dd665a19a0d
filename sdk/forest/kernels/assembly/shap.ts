/**
 * TreeSHAP of many rows by quadrature, the mathematics of ../../shap.ts, with the work done once for rows that the tree cannot tell apart.
 *
 * At a split, the products p depend only on how the ancestors decided, the mean leaf values V only on how the splits below did. So a walk
 * through the tree, depth first, keeps for every open split the *patterns* of decisions above it and, once its subtrees are done, those
 * below it; products are formed per pattern above, V per pattern below, a contribution per pair of the two, and only the last
 * addition is made per row. A pattern is a number; rows hold their pattern's number. Where nearly every row has its own pattern, rows are
 * their own patterns, and the search for equals stops.
 *
 * State of a row at a split: 0 goes left, 1 goes right, 2 learns nothing there, for it failed an earlier test of the feature.
 * Arrays over rows by number are u16. Quadrature nodes lie along SIMD lanes in products (padded to an even count, of weight 0), targets in V (padded to
 * an even count; a single target lies along nodes).
 */
import { enter } from './shap/enter';
import { ABOVE, ABOVE_COUNT, layOut, levels, none, openGround } from './shap/ground';
import { leave } from './shap/leave';
import { openMap } from './shap/patterns';
import { DEPTH } from './shap/record';
import { twig, twigSplits } from './shap/twig';

export { workBytes } from './shap/ground';
export { explainRow, rowWorkBytes } from './shap/row';

/**
 * Adds one tree's SHAP values to `into` [features, padded rows, lanes], where padded is `rowCount` up to a multiple of 8.
 * @param records [splits], preorder; leaf values [leaves, lanes]
 * @param depth levels of splits
 * @param nodes of the quadrature; `at` holds t, 1 − t and weights, each [nodes, padded to even]
 * @param input [features, padded rows], float32
 * @param work workBytes(…), and `marks` MAP_SIZE u32, zero at first
 */
export function explain(
  records: usize,
  splits: u32,
  leafValues: usize,
  depth: u32,
  nodes: u32,
  at: usize,
  input: usize,
  into: usize,
  rowCount: u32,
  targetLanes: u32,
  work: usize,
  marks: usize,
): void {
  layOut(work, depth, nodes, rowCount, targetLanes);
  openGround(at, input, into);
  openMap(marks);
  store<u32>(levels + ABOVE_COUNT, 1);
  store<u32>(levels + ABOVE, <u32>none);
  let open: i32 = -1;
  for (let split: u32 = 0; split < splits; split++) {
    const record = records + ((<usize>split) << 6);
    const d = load<i32>(record, DEPTH);
    for (; open >= d; open--) leave(records, leafValues, open);
    const below = d === 0 ? 0 : twigSplits(records, record);
    if (below > 0) {
      twig(records, split, leafValues, d);
      split += below;
      continue;
    }
    enter(records, split, d);
    open = d;
  }
  for (; open >= 0; open--) leave(records, leafValues, open);
}
