/**
 * Views of a patch: vectors of one value a band, from which features are linear functionals. A view's name says how it is made: what it
 * starts from (`mean`, the masked mean spectrum; `sigma1` … `sigma5`, the largest singular values of each band image; `ratio` = σ1/(σ2 + ε)),
 * then its steps, each after a slash: `mean/absorbance/sg.11.2.1/snv`.
 */
import type { SpectralInput } from './feature.ts';

/** The view's points of every patch, [n, bands], float64 (or the mean spectra themselves). */
export function evaluateView(
  view: string,
  input: SpectralInput,
  _n: number,
  _bands: number,
): Float32Array | Float64Array {
  if (view === 'mean') return input.mean;
  throw new RangeError(`unknown view ${view}`);
}
