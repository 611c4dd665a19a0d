/** Weights of candidates from their errors on rows that they had not seen. */

/** Weight of each candidate for each target, [candidates, targets]; a target's sum to 1. */
export type Weights = Float64Array;

/** `best`: the one candidate with the least squared error. `combine`: the convex combination with the least (Breiman 1996). */
export type ChoiceRule = 'combine' | 'best';

/** Weights below this share are dropped: a model is not fitted and flown for a hundredth of the estimate. */
const LEAST_WEIGHT = 0.02;

/**
 * Weights of candidates from their estimates of rows that they had not seen, [candidates].
 * `best`: 1 for the least squared error. `combine`: the convex combination with the least squared error.
 */
export function chooseWeights(estimates: readonly Float64Array[], truth: Float64Array, rule: ChoiceRule): Float64Array {
  const C = estimates.length;
  // E[a, b] = Σ error_a·error_b: the squared error of a convex combination w is wᵀEw
  const errors = estimates.map((values) => values.map((value, i) => value - truth[i]));
  const products = new Float64Array(C * C);
  for (let a = 0; a < C; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < truth.length; i++) sum += errors[a][i] * errors[b][i];
      products[a * C + b] = sum;
      products[b * C + a] = sum;
    }
  let best = 0;
  for (let a = 1; a < C; a++) if (products[a * C + a] < products[best * C + best]) best = a;
  const weights = new Float64Array(C);
  weights[best] = 1;
  return rule === 'best' ? weights : withoutCrumbs(leastOnSimplex(products, C, weights));
}

const MOST_STEPS = 20_000;

/**
 * Minimises wᵀEw over the simplex by pairwise Frank–Wolfe steps (Lacoste-Julien and Jaggi 2015): weight moves from the worst candidate in use to
 * the best one, each step to the exact minimum along its line.
 */
function leastOnSimplex(E: Float64Array, C: number, start: Float64Array): Float64Array {
  const w = start.slice();
  const gradient = new Float64Array(C);
  for (let step = 0; step < MOST_STEPS; step++) {
    let value = 0;
    for (let a = 0; a < C; a++) {
      gradient[a] = 0;
      for (let b = 0; b < C; b++) gradient[a] += E[a * C + b] * w[b];
      value += gradient[a] * w[a];
    }
    let to = 0;
    let from = -1;
    for (let a = 0; a < C; a++) {
      if (gradient[a] < gradient[to]) to = a;
      if (w[a] > 0 && (from < 0 || gradient[a] > gradient[from])) from = a;
    }
    const slope = gradient[from] - gradient[to];
    if (from === to || slope <= 1e-12 * value) break;
    const curvature = E[from * C + from] + E[to * C + to] - 2 * E[from * C + to];
    const moved = curvature > 0 ? Math.min(w[from], slope / curvature) : w[from];
    w[to] += moved;
    // to the last bit, or a weight of rounding would stay in use
    w[from] = moved === w[from] ? 0 : w[from] - moved;
  }
  return w;
}

function withoutCrumbs(weights: Float64Array): Float64Array {
  const kept = weights.map((weight) => (weight < LEAST_WEIGHT ? 0 : weight));
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  return kept.map((weight) => weight / total);
}
