/** Bags: which rows each tree of a forest is grown on (Breiman 1996, Bagging predictors). */
import { Random } from '../base/random.ts';

/**
 * How often the bag of tree `tree` holds each of `rows` rows: a draw of as many rows with replacement, or each row once without bootstrap.
 * Depends on the forest's seed and the tree alone, so the rows that a tree did not see can be told afterwards.
 */
export function drawBag(seed: number, tree: number, rows: number, bootstrap: boolean): Uint16Array {
  const bag = new Uint16Array(rows);
  if (!bootstrap) return bag.fill(1);
  const random = Random.of(seed, `bag ${tree}`);
  for (let i = 0; i < rows; i++) bag[random.below(rows)]++;
  return bag;
}
