/** What one band says that its neighbours do not: noise in a sound spectrum, a foreign signal in a spoilt one. */
import { robustResiduals } from './linear.ts';
import { pearson } from './statistics.ts';

/** Neighbours on each side that a band is told from. */
const REACH = 4;

/**
 * Each band less what its neighbours tell of it, by a line that up to half of the samples cannot bend, [n, bands].
 * @param around compute only the bands that see this one, and take the others from `before`
 */
export function bandResiduals(
  spectra: Float32Array,
  bands: number,
  around?: { readonly band: number; readonly before: Float64Array },
): Float64Array {
  const n = spectra.length / bands;
  const columns = Array.from({ length: bands }, (_, b) =>
    Float64Array.from({ length: n }, (__, i) => spectra[i * bands + b]),
  );
  const residuals = around?.before.slice() ?? new Float64Array(n * bands);
  for (let band = 0; band < bands; band++) {
    if (around && Math.abs(band - around.band) > REACH) continue;
    const near: Float64Array[] = [];
    for (let b = Math.max(0, band - REACH); b <= Math.min(bands - 1, band + REACH); b++)
      if (b !== band) near.push(columns[b]);
    robustResiduals(near, columns[band]).forEach((residual, i) => {
      residuals[i * bands + band] = residual;
    });
  }
  return residuals;
}

export interface BandSignal {
  readonly band: number;
  readonly target: number;
  /** Correlation of the band's residual with the target. */
  readonly correlation: number;
  /** Change of the residual for one SD of the target, in shares of the band's mean. */
  readonly slope: number;
  /** Slope ÷ that of the median band for the same target. */
  readonly excess: number;
}

/** Residual and target of each band, strongest correlation over the targets, [bands]. */
export function bandSignals(
  residuals: Float64Array,
  spectra: Float32Array,
  bands: number,
  truth: Float64Array,
  targetSd: Float64Array,
): BandSignal[] {
  const n = spectra.length / bands;
  const T = targetSd.length;
  const targets = Array.from({ length: T }, (_, t) => Float64Array.from({ length: n }, (__, i) => truth[i * T + t]));
  const byTarget = targets.map((target, t) => {
    const found = Array.from({ length: bands }, (_, band) => {
      const residual = Float64Array.from({ length: n }, (__, i) => residuals[i * bands + band]);
      let level = 0;
      let square = 0;
      for (let i = 0; i < n; i++) {
        level += Math.abs(spectra[i * bands + band]) / n;
        square += residual[i] ** 2 / n;
      }
      const correlation = pearson(residual, target);
      return { band, target: t, correlation, slope: (Math.abs(correlation) * Math.sqrt(square)) / (level || 1) };
    });
    const sorted = found.map(({ slope }) => slope).sort((a, b) => a - b);
    const typical = sorted[Math.floor(bands / 2)] || Number.MIN_VALUE;
    return found.map((signal) => ({ ...signal, excess: signal.slope / typical }));
  });
  return Array.from({ length: bands }, (_, band) =>
    byTarget.map((found) => found[band]).reduce((a, b) => (Math.abs(b.correlation) > Math.abs(a.correlation) ? b : a)),
  );
}

/** A foreign signal has to be this many times as strong as that of the median band … */
const EXCESS = 12;
/** (more so for the outermost bands, which are told from one side only and so with a larger error) */
const OUTERMOST = { bands: 3, excess: 60 };
/** … to move its band by this share of its mean for one SD of the target. */
const LEAST_SLOPE = 2e-4;
/** Nearest bands that are looked at beside the band in question: a real absorption is wider than one band. */
const NEIGHBOURS = 6;

/** Whether a band has a signal of its own that its neighbours do not have: strong, correlated above `limit`, and alone. */
export function isForeign(signals: readonly BandSignal[], signal: BandSignal, limit: number): boolean {
  const isOutermost = Math.min(signal.band, signals.length - 1 - signal.band) < OUTERMOST.bands;
  const excess = isOutermost ? OUTERMOST.excess : EXCESS;
  if (Math.abs(signal.correlation) < limit || signal.slope < LEAST_SLOPE || signal.excess < excess) return false;
  // its neighbours have nothing like it
  const near = signals.filter(({ band }) => band !== signal.band && Math.abs(band - signal.band) <= NEIGHBOURS);
  const slopes = near.map(({ slope }) => slope).sort((a, b) => a - b);
  return signal.slope > 3 * slopes[Math.floor(slopes.length / 2)];
}
