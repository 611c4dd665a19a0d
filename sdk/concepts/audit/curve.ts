/** How a class's probability follows a concept: the concept scaled over a grid on the rows that show it, with bootstrap intervals over the rows. */

import type { Random } from '../../base/index.ts';
import { quantile } from '../../base/index.ts';

import { decisions, type Interventions, probabilitiesAt } from './interventions.ts';

const REPLICATES = 1000;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface CurvePoint extends Interval {
  /** Times the concept's own activation. */
  readonly factor: number;
  /** Mean probability of the class. */
  readonly probability: number;
  /** Share of the rows whose decision is another than at 1. */
  readonly flips: number;
}

/** The class's probability at each factor. Intervals cover 1 − level each (percentile bootstrap). */
export function curveOf(
  interventions: Interventions,
  latent: number,
  target: number,
  factors: readonly number[],
  level: number,
  random: Random,
): CurvePoint[] {
  const { classes, start } = interventions;
  const rows = start[latent + 1] - start[latent];
  const all = new Float64Array(classes);
  const at = (factor: number) => {
    const probability = new Float64Array(rows);
    const decision = new Int32Array(rows);
    for (let i = 0; i < rows; i++) {
      probabilitiesAt(interventions, latent, start[latent] + i, factor, all);
      probability[i] = all[target];
      [decision[i]] = decisions(all, classes);
    }
    return { factor, probability, decision };
  };
  const own = at(1).decision;
  const points = factors.map(at);
  const intervals = bootstrapMeans(
    points.map(({ probability }) => probability),
    level,
    random,
  );
  return points.map(({ factor, probability, decision }, i) => ({
    factor,
    probability: mean(probability),
    ...intervals[i],
    flips: decision.reduce((count, value, row) => count + (value === own[row] ? 0 : 1), 0) / rows,
  }));
}

/** Intervals of the means of several figures [rows] each, from the same draws of rows. */
export function bootstrapMeans(figures: readonly Float64Array[], level: number, random: Random): Interval[] {
  const rows = figures[0]?.length ?? 0;
  const means = figures.map(() => new Float64Array(REPLICATES));
  const drawn = new Uint32Array(rows);
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    for (let i = 0; i < rows; i++) drawn[i] = random.below(rows);
    figures.forEach((figure, f) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += figure[drawn[i]];
      means[f][replicate] = sum / rows;
    });
  }
  return means.map((values) => {
    const sorted = values.sort();
    return { low: quantile(sorted, level / 2), high: quantile(sorted, 1 - level / 2) };
  });
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
