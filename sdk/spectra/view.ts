/**
 * Views of a patch: vectors of one value a band, from which features are linear functionals. A view's name says how it is made: what it
 * starts from, then its steps, each after a slash: `mean/absorbance/sg.11.2.1/snv`.
 *
 * | start | what |
 * |---|---|
 * | `mean` | the masked mean spectrum |
 * | `sigma1` … `sigma5` | the largest singular values of each band image |
 * | `ratio` | σ1/(σ2 + 2.22e-16) |
 *
 * | step | what | reads |
 * |---|---|---|
 * | `absorbance` | log10(1/R), R at least 1e-4 | its band |
 * | `sg.WINDOW.DEGREE.DERIVATIVE` | Savitzky–Golay filter | the window |
 * | `gap.GAP` | gap derivative | two bands |
 * | `snv` | standard normal variate, SD with n − 1 | every band |
 * | `msc` | multiplicative scatter correction against `mscReference` | every band |
 * | `continuum` | reflectance ÷ its upper convex hull | every band |
 */
import { NadirError } from '../base/index.ts';
import {
  absorbance,
  continuumRemoved,
  gapDerivative,
  savitzkyGolay,
  scatterCorrected,
  standardNormalVariate,
  windowStart,
} from './soil-spectroscopy.ts';

/** What is known of n patches or spectra. */
export interface SpectralInput {
  /** Mean spectra [n, bands]. */
  readonly mean: Float32Array | Float64Array;
  /** Five largest singular values of each band image, [n, 5, bands]; needed by features of pixels. */
  readonly sigma?: Float64Array;
  /** Reference spectrum of multiplicative scatter correction, [bands]; needed by views with that step. */
  readonly mscReference?: Float64Array;
}

/** Singular values that are kept of each band image. */
export const SIGMAS = 5;
/** What the winners add to σ2 before they divide by it. */
const SIGMA_EPSILON = 2.22e-16;
const MAX_WINDOW = 255;
const MAX_DEGREE = 8;

interface Step {
  /** The step's answer to one spectrum. */
  apply(x: Float64Array, input: SpectralInput): Float64Array;
  /** Points before the step that one point after it is made of; every one where absent. */
  reads?(point: number, bands: number): readonly number[];
}

interface View {
  /** 0 the mean spectrum, 1 … 5 a singular value, 6 their ratio. */
  readonly start: number;
  readonly steps: readonly Step[];
}

const STARTS = ['mean', 'sigma1', 'sigma2', 'sigma3', 'sigma4', 'sigma5', 'ratio'];

/**
 * The view's points of every patch, [n, bands], float64 (or the mean spectra themselves). Throws a NadirError for a view that is not
 * known, or that needs what the input lacks.
 */
export function evaluateView(
  view: string,
  input: SpectralInput,
  n: number,
  bands: number,
): Float32Array | Float64Array {
  const { start, steps } = parseView(view, bands);
  const points = startOf(start, input, n, bands);
  if (steps.length === 0) return points;
  const result = new Float64Array(n * bands);
  for (let row = 0; row < n; row++) {
    let spectrum: Float64Array = Float64Array.from(points.subarray(row * bands, (row + 1) * bands));
    for (const step of steps) spectrum = step.apply(spectrum, input);
    result.set(spectrum, row * bands);
  }
  return result;
}

/** Bands that the given points of a view are made of, increasing. */
export function viewReads(view: string, points: readonly number[], bands: number): number[] {
  const { steps } = parseView(view, bands);
  if (steps.some(({ reads }) => reads === undefined)) return Array.from({ length: bands }, (_, band) => band);
  let read = new Set(points);
  for (const { reads } of steps.toReversed()) read = new Set([...read].flatMap((point) => reads?.(point, bands) ?? []));
  return [...read].sort((a, b) => a - b);
}

/** Whether a view is made of the pixels of a patch, not just of its mean spectrum. */
export function viewNeedsPixels(view: string): boolean {
  return view !== 'mean' && !view.startsWith('mean/');
}

/** Number of steps of a view that start from its mean spectrum or singular values. */
export function viewSteps(view: string): number {
  return view.split('/').length - 1;
}

function startOf(start: number, input: SpectralInput, n: number, bands: number): Float32Array | Float64Array {
  if (start === 0) return input.mean;
  const { sigma } = input;
  if (sigma?.length !== n * SIGMAS * bands)
    throw new NadirError({
      what: 'features of pixels are asked for where only mean spectra are known',
      where: `view ${STARTS[start]}`,
      remedy: 'Give patches with their pixels (a HYPERVIEW folder or frames), or choose groups that need none',
    });
  const result = new Float64Array(n * bands);
  for (let row = 0; row < n; row++) {
    const at = row * SIGMAS * bands;
    if (start <= SIGMAS) result.set(sigma.subarray(at + (start - 1) * bands, at + start * bands), row * bands);
    else
      for (let band = 0; band < bands; band++)
        result[row * bands + band] = sigma[at + band] / (sigma[at + bands + band] + SIGMA_EPSILON);
  }
  return result;
}

function parseView(view: string, bands: number): View {
  const [start, ...names] = view.split('/');
  if (!STARTS.includes(start)) throw unknown(view, `it starts from none of ${STARTS.join(', ')}`);
  return { start: STARTS.indexOf(start), steps: names.map((name) => parseStep(name, view, bands)) };
}

function parseStep(name: string, view: string, bands: number): Step {
  const [kind, ...texts] = name.split('.');
  const numbers = texts.map((text) => (/^\d{1,4}$/.test(text) ? Number(text) : Number.NaN));
  const plain = texts.length === 0;
  if (kind === 'absorbance' && plain) return { apply: absorbance, reads: (point) => [point] };
  if (kind === 'snv' && plain) return { apply: standardNormalVariate };
  if (kind === 'continuum' && plain) return { apply: continuumRemoved };
  if (kind === 'msc' && plain)
    return { apply: (x, input) => scatterCorrected(x, requireReference(input, view, bands)) };
  if (kind === 'sg' && numbers.length === 3) return savitzkyGolayStep(numbers, view, bands);
  if (kind === 'gap' && numbers.length === 1) return gapStep(numbers[0], view, bands);
  throw unknown(view, `step ${name} is none of absorbance, sg.WINDOW.DEGREE.DERIVATIVE, gap.GAP, snv, msc, continuum`);
}

function savitzkyGolayStep([window, degree, derivative]: readonly number[], view: string, bands: number): Step {
  const fits = window % 2 === 1 && degree < window && degree <= MAX_DEGREE && derivative <= degree;
  if (!fits || window > MAX_WINDOW)
    throw unknown(view, 'a window is odd and above the degree of the polynomial, which the derivative does not exceed');
  if (window > bands) throw unknown(view, `a window of ${window} bands is wider than the spectrum of ${bands}`);
  return {
    apply: savitzkyGolay(window, degree, derivative),
    reads: (point) => Array.from({ length: window }, (_, i) => windowStart(point, bands, window) + i),
  };
}

function gapStep(gap: number, view: string, bands: number): Step {
  if (!(gap >= 1 && gap < bands)) throw unknown(view, `a gap is between 1 and the ${bands} bands of the spectrum`);
  return {
    apply: (x) => gapDerivative(x, gap),
    reads: (point) => [Math.max(point - gap, 0), Math.min(point + gap, bands - 1)],
  };
}

function requireReference(input: SpectralInput, view: string, bands: number): Float64Array {
  if (input.mscReference?.length !== bands)
    throw new NadirError({
      what: `multiplicative scatter correction has no reference spectrum of ${bands} bands`,
      where: `view ${view}`,
      remedy: 'Give the mean spectrum of the training rows as the reference',
    });
  return input.mscReference;
}

function unknown(view: string, what: string): NadirError {
  return new NadirError({
    what,
    where: `view ${view}`,
    remedy: 'Name features of the catalogue, or train the model again',
  });
}
