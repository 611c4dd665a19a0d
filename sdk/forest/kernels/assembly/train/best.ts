// The best split of the node at hand so far.

/** |S|²/(W_L·W_R), S the sum of the left side's centred targets; -1 before there is any. */
export let bestScore: f32 = -1;
export let bestFeature: i32 = -1;
/** Codes up to this go left. */
export let bestCut: u32 = 0;
/** Extra trees: values up to this go left. */
export let bestThreshold: f32 = 0;

export function forgetBest(): void {
  bestScore = -1;
  bestFeature = -1;
}

export function takeCut(score: f32, feature: i32, cut: u32): void {
  bestScore = score;
  bestFeature = feature;
  bestCut = cut;
}

export function takeThreshold(score: f32, feature: i32, threshold: f32): void {
  bestScore = score;
  bestFeature = feature;
  bestThreshold = threshold;
}
