/**
 * Is a concept's use for a class justified by the labels? On every row that shows the concept, the class's Brier error with the concept less
 * that without it, h = (p(1) − y)² − (p(0) − y)², is what the use costs. A legitimate use pays: the mean of h is below 0. The null of a
 * concept and a class is that over these rows, their embeddings given, the mean expected h is at most `margin`.
 *
 * The p-value holds exactly for any number of rows. Given the embeddings, labels are independent and h is at least some lowᵢ, so for
 * any λ in [0, 1/(margin − min lowᵢ)) Π(1 + λ(hᵢ − margin)) is not negative and has a mean of Π(1 + λ(μᵢ − margin)) ≤ (1 + λ(mean μ − margin))^m ≤ 1
 * under the null. So has an average over λs, and the chance of it to reach 1/p is at most p (Markov; betting on bounded means, Waudby-Smith & Ramdas,
 * JRSS B 2024). A t-test would not hold: where few rows pay much and none of them was drawn it is surest, and wrong.
 */
import type { Contribution } from './contributions.ts';

/** λ in shares of its greatest. */
const BETS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9] as const;

export interface LabelTest {
  /** Mean of h. */
  readonly excess: number;
  readonly p: number;
}

/** Tests a concept's use for a class. `labels` [rows] are places in the classifier's classes, or -1 for a row of none of them. */
export function testLabels(contribution: Contribution, labels: Int32Array, margin: number): LabelTest {
  const { rows, present, absent } = contribution;
  const costs = new Float64Array(rows.length);
  let low = 0;
  for (let i = 0; i < rows.length; i++) {
    const added = present[i] - absent[i];
    const both = present[i] + absent[i];
    const [ofOthers, ofClass] = [added * both, added * (both - 2)];
    costs[i] = labels[rows[i]] === contribution.class ? ofClass : ofOthers;
    low = Math.min(low, ofOthers, ofClass);
  }
  return { excess: costs.reduce((sum, cost) => sum + cost, 0) / rows.length, p: pValue(costs, low, margin) };
}

/** p-value of costs that are each at least `low` ≤ 0 against a mean of at most `margin`. */
export function pValue(costs: Float64Array, low: number, margin: number): number {
  const greatest = 1 / (margin - low);
  if (!Number.isFinite(greatest)) return 1;
  let wealth = 0;
  for (const share of BETS) {
    const bet = share * greatest;
    let log = 0;
    for (const cost of costs) log += Math.log1p(bet * (cost - margin));
    wealth += Math.exp(log) / BETS.length;
  }
  return Math.min(1, 1 / wealth);
}
