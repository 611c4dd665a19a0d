/**
 * The cooperative game behind a prediction, for any model: the worth of a coalition of features is the mean estimate where the coalition keeps the
 * row's values and all other features take those of background rows (Lundberg & Lee 2017). Players are features or groups of features.
 */
import { NadirError } from '../base/index.ts';

/** Any model that gives estimates. */
export interface ExplainedModel {
  readonly features: number;
  readonly targets: number;
  /** Estimates [n, targets] of rows [n, features]. */
  predict(x: Float32Array, n: number): Float64Array;
  /** Rows that stand for what is not known, [rows, features]; a few dozen draws of the training set. */
  readonly background: Float32Array;
  /** Player of each feature, [features], 0 … players − 1: the features of a group join together. Each feature its own player where absent. */
  readonly groups?: ArrayLike<number>;
}

/** Estimated Shapley values. */
export interface SampledShap {
  readonly players: number;
  /** [n, players, targets], in the targets' units; base + the sum of a row's values = its estimate. */
  readonly values: Float64Array;
  /** Standard error of each value, [n, players, targets]; all 0 where every coalition was seen. */
  readonly error: Float64Array;
  /** Mean estimate of the background, [targets]. */
  readonly base: Float64Array;
  /** Every coalition was seen: the values are the Shapley values themselves. */
  readonly exact: boolean;
}

/** Up to so many players every coalition is seen. */
export const EXACT_PLAYERS = 10;
/** Rows that go to the model at once. */
const BATCH = 4096;

/** Evaluates coalitions of one row's game. A coalition is a byte by player: 1 where it has joined. */
export class Game {
  readonly players: number;
  readonly targets: number;
  readonly base: Float64Array;
  readonly #model: ExplainedModel;
  readonly #behind: number;
  readonly #player: Int32Array;

  constructor(model: ExplainedModel) {
    const { features, targets, background, groups } = model;
    this.#model = model;
    this.targets = targets;
    this.#behind = background.length / features;
    if (!Number.isInteger(this.#behind) || this.#behind < 1)
      throw new RangeError(`${background.length} values are not rows of ${features} features`);
    this.#player = Int32Array.from({ length: features }, (_, f) => groups?.[f] ?? f);
    this.players = this.#player.reduce((most, player) => Math.max(most, player + 1), 0);
    const seen = new Set(this.#player);
    if (seen.size !== this.players || this.#player.some((player) => player < 0)) {
      throw new NadirError({
        what: `groups of features must be numbered 0 to ${seen.size - 1} without a gap`,
        where: `${features} features`,
        remedy: 'Number the groups in order',
        exitCode: 2,
      });
    }
    this.base = this.#means(model.predict(background, this.#behind), 1);
  }

  /** Worth of coalitions [count, players] for `row` [features]: [count, targets]. */
  worth(row: Float32Array, coalitions: Uint8Array): Float64Array {
    const { features, background, predict } = this.#model;
    const count = coalitions.length / this.players;
    const worth = new Float64Array(count * this.targets);
    const step = Math.max(1, Math.floor(BATCH / this.#behind));
    for (let from = 0; from < count; from += step) {
      const some = Math.min(step, count - from);
      const x = new Float32Array(some * this.#behind * features);
      for (let c = 0; c < some; c++) {
        const joined = (from + c) * this.players;
        for (let b = 0; b < this.#behind; b++) {
          const to = (c * this.#behind + b) * features;
          for (let f = 0; f < features; f++)
            x[to + f] = coalitions[joined + this.#player[f]] === 1 ? row[f] : background[b * features + f];
        }
      }
      const estimates = predict.call(this.#model, x, some * this.#behind);
      worth.set(this.#means(estimates, some), from * this.targets);
    }
    return worth;
  }

  #means(estimates: Float64Array, coalitions: number): Float64Array {
    const means = new Float64Array(coalitions * this.targets);
    for (let i = 0; i < estimates.length; i++) {
      const coalition = Math.floor(i / (this.#behind * this.targets));
      means[coalition * this.targets + (i % this.targets)] += estimates[i] / this.#behind;
    }
    return means;
  }
}

/** Shapley values of a small game by their definition, over all coalitions: [players, targets]. */
export function exactShapley(game: Game, row: Float32Array): Float64Array {
  const { players, targets } = game;
  const count = 2 ** players;
  const coalitions = new Uint8Array(count * players);
  for (let c = 0; c < count; c++) for (let p = 0; p < players; p++) coalitions[c * players + p] = (c >> p) & 1;
  const worth = game.worth(row, coalitions);
  // |S|! (players − |S| − 1)! / players!
  const weight = new Float64Array(players);
  for (let size = 0, w = 1 / players; size < players; size++) {
    weight[size] = w;
    w *= (size + 1) / (players - size - 1);
  }
  const values = new Float64Array(players * targets);
  for (let c = 0; c < count; c++) {
    let size = 0;
    for (let p = 0; p < players; p++) size += (c >> p) & 1;
    for (let p = 0; p < players; p++) {
      if ((c >> p) & 1) continue;
      const joined = c | (1 << p);
      for (let t = 0; t < targets; t++)
        values[p * targets + t] += weight[size] * (worth[joined * targets + t] - worth[c * targets + t]);
    }
  }
  return values;
}
