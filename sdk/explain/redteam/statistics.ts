/** Statistics of the checks: correlation, ranks, overlap of two sets, area under the ROC curve. */
import { mean } from '../../spectra/index.ts';

/** Pearson's correlation; 0 where one side does not vary. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const centreA = mean(a);
  const centreB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] - centreA;
    const y = b[i] - centreB;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Ranks from 0, ties at their mean. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) result[order[i]] = (from + to - 1) / 2;
    from = to;
  }
  return result;
}

/** Spearman's rank correlation. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b));
}

/** |A ∩ B| of two sets of distinct indices. */
export function shared(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const known = new Set(Array.from(a));
  return Array.from(b).filter((item) => known.has(item)).length;
}

/** Probability that a draw of `high` exceeds one of `low`, ties counting half: the area under the ROC curve. */
export function auroc(high: ArrayLike<number>, low: ArrayLike<number>): number {
  const all = Float64Array.from([...Array.from(high), ...Array.from(low)]);
  const place = ranks(all);
  let sum = 0;
  for (let i = 0; i < high.length; i++) sum += place[i];
  return (sum - (high.length * (high.length - 1)) / 2) / (high.length * low.length);
}

/** P(X ≥ k) of a binomial with n draws of probability p. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (p <= 0) return 0;
  let logTerm = 0;
  for (let i = 0; i < k; i++) logTerm += Math.log((n - i) / (i + 1));
  logTerm += k * Math.log(p) + (n - k) * Math.log1p(-p);
  let sum = 0;
  for (let i = k; i <= n; i++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.min(1, sum);
}
