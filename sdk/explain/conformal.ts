/**
 * Conformal intervals: estimate ± the quantile of errors on samples that the model had not seen. With m such errors the ⌈(m+1)·coverage⌉-th
 * least covers a new exchangeable sample with at least that probability (Vovk et al. 2005; Lei et al. 2018, JASA 113:1094). Errors of
 * trees that had not drawn the sample (Johansson et al. 2014) or of the other folds' models (Barber et al. 2021, CV+) stand in for those of
 * a model that saw none of them, so the coverage is also measured.
 */
import type { SoilModel } from '../spectra/index.ts';

export const COVERAGE = 0.9;

export type Uncertainty = NonNullable<SoilModel['uncertainty']>;

/**
 * Half width for a coverage from absolute errors; NaN entries are left out. The greatest error where there are too few for the coverage.
 */
export function conformalHalfWidth(errors: Float64Array, coverage: number): number {
  const sorted = errors
    .filter((error) => !Number.isNaN(error))
    .map(Math.abs)
    .sort();
  if (sorted.length === 0) throw new RangeError('no errors to take a half width from');
  return sorted[Math.min(Math.ceil((sorted.length + 1) * coverage - 1e-9), sorted.length) - 1];
}

/**
 * Half width of each target from estimates of training rows by trees that had not drawn them, [targets].
 * @param outOfBag [n, targets]; NaN where every tree had
 * @param truth [n, targets]
 */
export function outOfBagHalfWidths(outOfBag: Float64Array, truth: Float64Array, targets: number): Float64Array {
  return Float64Array.from({ length: targets }, (_, t) => {
    const errors = Float64Array.from({ length: truth.length / targets }, (__, row) => {
      const at = row * targets + t;
      return outOfBag[at] - truth[at];
    });
    return conformalHalfWidth(errors, COVERAGE);
  });
}

/** One target's errors on held-out rows: what an interval is made from, and what it is tried on. */
export interface HeldOutErrors {
  /** Prediction − truth of each held-out row, [m]. */
  readonly errors: Float64Array;
  /** Fold that held it out, [m]. */
  readonly foldOf: ArrayLike<number>;
  /** SD over the trees of its fold's model, [m]; only where the model has trees. */
  readonly treeSpread?: Float64Array;
}

/** An interval of one target. */
export interface TargetInterval {
  readonly halfWidth: number;
  readonly measuredCoverage: number;
  readonly byTreeSpread?: { readonly factor: number; readonly floor: number };
}

/**
 * The interval from held-out errors, its coverage measured by leaving out each fold from the quantile that its own rows are held against.
 * With one fold (a split) the coverage is measured on its two halves in turn.
 */
export function intervalFromFolds({ errors, foldOf, treeSpread }: HeldOutErrors, coverage: number): TargetInterval {
  const m = errors.length;
  const isSplit = new Set(Array.from(foldOf)).size < 2;
  const part = Uint32Array.from({ length: m }, (_, i) => (isSplit ? i % 2 : foldOf[i]));
  const constant = crossCovered(errors, part, coverage);
  const plain = { halfWidth: conformalHalfWidth(errors, coverage), measuredCoverage: constant.share };
  if (treeSpread === undefined) return plain;
  const floor = medianOf(treeSpread);
  const scaled = errors.map((error, i) => error / (treeSpread[i] + floor));
  if (floor === 0) return plain;
  const bySpread = crossCovered(scaled, part, coverage);
  const factor = conformalHalfWidth(scaled, coverage);
  const meanWidth = treeSpread.reduce((sum, spread) => sum + factor * (spread + floor), 0) / m;
  // within one binomial SD of the coverage asked for
  const isValid = bySpread.share >= coverage - Math.sqrt((coverage * (1 - coverage)) / m);
  return isValid && meanWidth < plain.halfWidth ? { ...plain, byTreeSpread: { factor, floor } } : plain;
}

/** Share of values within the half width that the values of the other parts give. */
function crossCovered(values: Float64Array, part: Uint32Array, coverage: number): { share: number } {
  let covered = 0;
  for (const own of new Set(part)) {
    const width = conformalHalfWidth(
      values.filter((_, i) => part[i] !== own),
      coverage,
    );
    values.forEach((value, i) => {
      if (part[i] === own && Math.abs(value) <= width) covered++;
    });
  }
  return { share: covered / values.length };
}

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  return sorted[sorted.length >> 1];
}
