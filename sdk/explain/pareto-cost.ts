/** What an estimate costs on board: arithmetic of the features that the trees test, and the trees' comparisons. */
import type { Forest } from '../forest/index.ts';
import { footprintOf, needsPixels, type SpectralFeature } from '../spectra/index.ts';

/** Cost of one estimate. */
export interface BoardCost {
  /** Bands that the instrument must deliver. */
  readonly bands: number;
  /** Features computed. */
  readonly features: number;
  /** Multiply-adds of the features, and of the views that they are taken of. */
  readonly multiplyAdds: number;
  /** Logarithms, one a band of absorbance. */
  readonly logarithms: number;
  /** Threshold comparisons in the trees, on average. */
  readonly comparisons: number;
  /** All of it in simple operations, a logarithm as `LOGARITHM` of them. */
  readonly operations: number;
  /** Whether the pixels of a patch are needed; their cost is not in `operations`. */
  readonly pixels: boolean;
}

/** Simple operations that a logarithm stands for: a table look-up and a polynomial of an in-order core. */
export const LOGARITHM = 20;

/** Cost of one estimate from the features that are computed for it. */
export function boardCost(features: readonly SpectralFeature[], comparisons: number): BoardCost {
  const read = new Set(features.flatMap((feature) => footprintOf(feature)));
  let multiplyAdds = features.reduce((sum, feature) => sum + feature.weights.length, 0);
  let logarithms = 0;
  for (const view of new Set(features.map(({ view = 'mean' }) => view))) {
    const of = features.filter((feature) => (feature.view ?? 'mean') === view);
    const points = new Set(of.flatMap((feature) => footprintOf(feature))).size;
    for (const step of view.split('/').slice(1)) {
      if (step === 'absorbance') logarithms += points;
      else multiplyAdds += points * operationsOfStep(step);
    }
  }
  return {
    bands: read.size,
    features: features.length,
    multiplyAdds,
    logarithms,
    comparisons,
    operations: multiplyAdds + LOGARITHM * logarithms + comparisons,
    pixels: needsPixels(features),
  };
}

/** Multiply-adds a point of a step of a view. */
function operationsOfStep(step: string): number {
  const [name, window] = step.split('.');
  if (name === 'sg') return Number(window);
  // mean and scale over the spectrum, then one operation a point; a hull looks at each point about as often
  return name === 'gap' ? 1 : 4;
}

/** Comparisons of one estimate: the mean depth of the leaves in each tree by the rows they saw in training, summed over the trees. */
export function comparisonsPerEstimate({ roots, feature, cover }: Forest): number {
  let sum = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    const end = tree + 1 < roots.length ? roots[tree + 1] : feature.length;
    for (let node = roots[tree]; node < end; node++) if (feature[node] >= 0) sum += cover[node] / cover[roots[tree]];
  }
  return sum;
}
