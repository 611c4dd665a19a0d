/** Holm's step-down correction (Scandinavian Journal of Statistics 1979): the family-wise error stays at the level whatever the dependence. */

/** Adjusted p-values in the order of `p`: reject where at most the level. */
export function holm(p: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: p.length }, (_, i) => i).sort((a, b) => p[a] - p[b] || a - b);
  const adjusted = new Float64Array(p.length);
  let most = 0;
  order.forEach((i, rank) => {
    most = Math.max(most, Math.min(1, (p.length - rank) * p[i]));
    adjusted[i] = most;
  });
  return adjusted;
}
