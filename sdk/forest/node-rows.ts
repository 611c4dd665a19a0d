/** What a split search sees of a node, and what it finds. */

/** Rows of one node, position by position. */
export interface NodeRows {
  /** Row of the binned table at each position. */
  readonly rows: Int32Array;
  readonly start: number;
  readonly end: number;
  /** Weight of each position from `start`, counted from 0. */
  readonly weight: Float64Array;
  /** weight · (target − node mean) of each position, by blocks of four targets padded with zeros, [blocks, positions, 4]. */
  readonly centred: Float64Array;
  /** Blocks of four targets. */
  readonly blocks: number;
  /** Sum of the weights. */
  readonly totalWeight: number;
}

/** Best split so far: rows whose rank (or bin) of `feature` is at most `cut` go left. */
export interface Split {
  feature: number;
  byRank: boolean;
  cut: number;
  /** |S|²/(W_L·W_R). */
  score: number;
}

/** Makes `split` the one given. */
export function takeSplit(split: Split, feature: number, byRank: boolean, cut: number, score: number): void {
  split.feature = feature;
  split.byRank = byRank;
  split.cut = cut;
  split.score = score;
}
