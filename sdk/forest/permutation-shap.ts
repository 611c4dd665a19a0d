/**
 * Shapley values of any model by permutations (Castro et al. 2009): players join one after another in random orders, and each gets the mean of what
 * it added. Orders come in pairs, one the other's reverse (Mitchell et al. 2022), which removes first-order noise; the
 * pairs' spread gives the standard error. Every estimate adds up to the prediction. Small games are enumerated instead.
 */
import { NadirError, Random } from '../base/index.ts';
import { EXACT_PLAYERS, type ExplainedModel, exactShapley, Game, type SampledShap } from './kernel-shap-game.ts';

export interface PermutationOptions {
  readonly seed: number;
  /** Pairs of orders by row, at least 2. */
  readonly pairs?: number;
}

/** Shapley values of `n` rows x [n, features]: exact up to 10 players, else estimated with their standard errors. */
export function permutationShap(
  model: ExplainedModel,
  x: Float32Array,
  n: number,
  { seed, pairs = 16 }: PermutationOptions,
): SampledShap {
  const game = new Game(model);
  const { players, targets, base } = game;
  const exact = players <= EXACT_PLAYERS;
  checkCount(exact || pairs >= 2, `${pairs} pairs of orders`, 'at least 2 pairs');
  const values = new Float64Array(n * players * targets);
  const error = new Float64Array(n * players * targets);
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * model.features, (i + 1) * model.features);
    const at = i * players * targets;
    if (exact) values.set(exactShapley(game, row), at);
    else
      samplePairs(
        game,
        row,
        pairs,
        Random.of(seed, `permutations of row ${i}`),
        values.subarray(at),
        error.subarray(at),
      );
  }
  return { players, values, error, base, exact };
}

/** Writes one row's means over pairs of orders, and their standard errors. */
function samplePairs(
  game: Game,
  row: Float32Array,
  pairs: number,
  random: Random,
  values: Float64Array,
  error: Float64Array,
): void {
  const { players, targets } = game;
  const steps = players + 1;
  const coalitions = new Uint8Array(2 * steps * players);
  const gained = new Float64Array(players * targets);
  const squares = new Float64Array(players * targets);
  for (let pair = 0; pair < pairs; pair++) {
    const order = random.permutation(players);
    coalitions.fill(0);
    for (let step = 1; step <= players; step++) {
      for (let j = 0; j < step; j++) {
        coalitions[step * players + order[j]] = 1;
        coalitions[(steps + step) * players + order[players - 1 - j]] = 1;
      }
    }
    const worth = game.worth(row, coalitions);
    for (let j = 0; j < players; j++) {
      for (let t = 0; t < targets; t++) {
        const forward = worth[(j + 1) * targets + t] - worth[j * targets + t];
        const back = steps + players - 1 - j; // where order[j] joins in the reverse order
        const backward = worth[(back + 1) * targets + t] - worth[back * targets + t];
        const mean = (forward + backward) / 2;
        gained[order[j] * targets + t] += mean;
        squares[order[j] * targets + t] += mean * mean;
      }
    }
  }
  for (let i = 0; i < gained.length; i++) {
    values[i] = gained[i] / pairs;
    const variance = Math.max(0, squares[i] / pairs - values[i] ** 2) * (pairs / (pairs - 1));
    error[i] = Math.sqrt(variance / pairs);
  }
}

/** Refuses too small a sample. */
export function checkCount(isRight: boolean, what: string, enough: string): void {
  if (isRight) return;
  throw new NadirError({
    what: `${what} are too few to estimate Shapley values and their error`,
    where: 'sampling options',
    remedy: `Take ${enough}`,
    exitCode: 2,
  });
}
