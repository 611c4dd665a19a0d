/**
 * Seed stability: do two trainings find the same atoms? Rows of W_dec are matched one to one so that the sum of their cosines is greatest
 * (the Hungarian matching of arXiv 2502.20578 and of overcomplete), and each is also given its closest row whatever others take.
 */
import { assign } from './assignment.ts';
import { cosines } from './cosines.ts';

/** Cosine from which a matched pair counts as one concept. */
const SAME_CONCEPT = 0.7;

export interface Stability {
  /** Row of the second dictionary for each of the first, [a]; −1 where the second is smaller and has none left. */
  readonly match: Int32Array;
  /** Mean cosine of the matched pairs, min(a, b) of them. */
  readonly meanMatched: number;
  /** Share of the matched pairs with cosine ≥ 0.7. */
  readonly sharedShare: number;
  /** Mean over the first dictionary's rows of the greatest cosine with any row of the second, and the other way round. */
  readonly meanMax: number;
  readonly meanMaxBack: number;
}

/** Compares dictionaries [a, d] and [b, d]. The matching takes O(min(a, b)²·max(a, b)) at worst, and twice a·b float32 of memory. */
export async function seedStability(a: Float32Array, b: Float32Array, d: number, threads: number): Promise<Stability> {
  const alike = await cosines(a, b, d, threads);
  const [rows, columns] = [a.length / d, b.length / d];
  const match = assign(
    alike.map((cosine) => -cosine),
    rows,
    columns,
  );
  const best = new Float32Array(rows).fill(-1);
  const bestBack = new Float32Array(columns).fill(-1);
  let [matched, shared] = [0, 0];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const cosine = alike[i * columns + j];
      if (cosine > best[i]) best[i] = cosine;
      if (cosine > bestBack[j]) bestBack[j] = cosine;
    }
    if (match[i] < 0) continue;
    const own = alike[i * columns + match[i]];
    matched += own;
    if (own >= SAME_CONCEPT) shared++;
  }
  const pairs = Math.min(rows, columns);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    match,
    meanMatched: matched / pairs,
    sharedShare: shared / pairs,
    meanMax: mean(best),
    meanMaxBack: mean(bestBack),
  };
}
