/**
 * Kernel SHAP (Lundberg & Lee 2017): Shapley values as the weighted least squares fit of an additive model to the worth of coalitions, held to add
 * up to the prediction. Coalitions are drawn with chance proportional to the kernel, each with its complement (Covert & Lee
 * 2021), in independent batches whose spread gives the standard error. Small games are enumerated, and the fit is then the Shapley values.
 */
import { Random } from '../base/index.ts';
import { EXACT_PLAYERS, type ExplainedModel, Game, type SampledShap } from './kernel-shap-game.ts';
import { checkCount } from './permutation-shap.ts';

/** Independent fits whose mean is the estimate. */
const BATCHES = 8;

export interface KernelOptions {
  readonly seed: number;
  /** Coalitions by row, complements counted; 16 × (2 · players + 64) where absent. */
  readonly coalitions?: number;
}

/** Shapley values of `n` rows x [n, features]: exact up to 10 players, else estimated with their standard errors. */
export function kernelShap(
  model: ExplainedModel,
  x: Float32Array,
  n: number,
  { seed, coalitions }: KernelOptions,
): SampledShap {
  const game = new Game(model);
  const { players, targets, base } = game;
  const exact = players <= EXACT_PLAYERS;
  const pairs = Math.floor((coalitions ?? 16 * (2 * players + 64)) / (2 * BATCHES));
  checkCount(exact || pairs >= players, `${coalitions} coalitions`, `at least ${2 * BATCHES * players}`);
  const values = new Float64Array(n * players * targets);
  const error = new Float64Array(n * players * targets);
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * model.features, (i + 1) * model.features);
    const ends = game.worth(
      row,
      Uint8Array.from({ length: 2 * players }, (_, p) => (p < players ? 0 : 1)),
    );
    const at = i * players * targets;
    if (exact) {
      const { joined, weight } = allCoalitions(players);
      values.set(leastSquares(game, row, joined, weight, ends), at);
      continue;
    }
    const random = Random.of(seed, `coalitions of row ${i}`);
    const sums = new Float64Array(players * targets);
    const squares = new Float64Array(players * targets);
    for (let batch = 0; batch < BATCHES; batch++) {
      const joined = drawCoalitions(players, pairs, random);
      const phi = leastSquares(game, row, joined, new Float64Array(2 * pairs).fill(1), ends);
      for (let j = 0; j < phi.length; j++) {
        sums[j] += phi[j] / BATCHES;
        squares[j] += phi[j] ** 2 / BATCHES;
      }
    }
    for (let j = 0; j < sums.length; j++) {
      values[at + j] = sums[j];
      error[at + j] = Math.sqrt(Math.max(0, squares[j] - sums[j] ** 2) / (BATCHES - 1));
    }
  }
  return { players, values, error, base, exact };
}

/** Every coalition but the empty and the whole, with the kernel (players − 1) / (C(players, s) s (players − s)). */
function allCoalitions(players: number): { joined: Uint8Array; weight: Float64Array } {
  const count = Math.max(0, 2 ** players - 2);
  const joined = new Uint8Array(count * players);
  const weight = new Float64Array(count);
  for (let c = 0; c < count; c++) {
    let size = 0;
    for (let p = 0; p < players; p++) size += joined[c * players + p] = ((c + 1) >> p) & 1;
    let subsets = 1;
    for (let i = 1; i <= size; i++) subsets = (subsets * (players - size + i)) / i;
    weight[c] = (players - 1) / (subsets * size * (players - size));
  }
  return { joined, weight };
}

/** Pairs of a coalition and its complement: sizes s with chance ∝ 1 / (s (players − s)), members at random. */
function drawCoalitions(players: number, pairs: number, random: Random): Uint8Array {
  const joined = new Uint8Array(2 * pairs * players);
  let total = 0;
  for (let size = 1; size < players; size++) total += 1 / (size * (players - size));
  for (let pair = 0; pair < pairs; pair++) {
    let left = random.uniform() * total;
    let size = 1;
    for (; size < players - 1; size++) {
      left -= 1 / (size * (players - size));
      if (left < 0) break;
    }
    const order = random.permutation(players);
    for (let p = 0; p < players; p++) joined[(2 * pair + (p < size ? 0 : 1)) * players + order[p]] = 1;
  }
  return joined;
}

/** The weighted fit that adds up: [players, targets]. `ends` holds the worth of the empty and the whole coalition, [2, targets]. */
function leastSquares(
  game: Game,
  row: Float32Array,
  joined: Uint8Array,
  weight: Float64Array,
  ends: Float64Array,
): Float64Array {
  const { players, targets } = game;
  const worth = game.worth(row, joined);
  const phi = new Float64Array(players * targets);
  // the last player takes what the others leave: ends with players − 1 unknowns
  const size = players - 1;
  const gram = new Float64Array(size * size);
  const moment = new Float64Array(size * targets);
  for (let c = 0; c < weight.length; c++) {
    const of = c * players;
    const last = joined[of + size];
    for (let a = 0; a < size; a++) {
      const difference = joined[of + a] - last;
      if (difference === 0) continue;
      for (let b = 0; b <= a; b++) gram[a * size + b] += weight[c] * difference * (joined[of + b] - last);
      for (let t = 0; t < targets; t++) {
        const gained = worth[c * targets + t] - ends[t] - last * (ends[targets + t] - ends[t]);
        moment[a * targets + t] += weight[c] * difference * gained;
      }
    }
  }
  solve(gram, moment, size, targets);
  phi.set(moment);
  for (let t = 0; t < targets; t++) {
    phi[size * targets + t] = ends[targets + t] - ends[t];
    for (let a = 0; a < size; a++) phi[size * targets + t] -= moment[a * targets + t];
  }
  return phi;
}

/** Solves gram · y = moment in place by Cholesky; gram [size, size] holds its lower half. */
function solve(gram: Float64Array, moment: Float64Array, size: number, targets: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * size + j];
      for (let k = 0; k < j; k++) sum -= gram[i * size + k] * gram[j * size + k];
      // players that no coalition of a poor draw tells apart: a ridge too small to move the others
      gram[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / gram[j * size + j];
    }
  }
  for (let t = 0; t < targets; t++) {
    for (let i = 0; i < size; i++) {
      let sum = moment[i * targets + t];
      for (let k = 0; k < i; k++) sum -= gram[i * size + k] * moment[k * targets + t];
      moment[i * targets + t] = sum / gram[i * size + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = moment[i * targets + t];
      for (let k = i + 1; k < size; k++) sum -= gram[k * size + i] * moment[k * targets + t];
      moment[i * targets + t] = sum / gram[i * size + i];
    }
  }
}
