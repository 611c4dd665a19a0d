/**
 * What soil spectroscopists do to a spectrum before a model sees it, each step a plain function of one spectrum [bands]. Bands count as
 * evenly spaced: derivatives are per band, and the continuum is drawn over band numbers.
 */

/**
 * Least reflectance that absorbance is taken of, in the unit of the spectra: what is darker, zero or negative counts as this, so a dead
 * band reads as an absorbance of 4 and never as infinity.
 */
const REFLECTANCE_FLOOR = 1e-4;

/** Apparent absorbance log10(1/R), R at least `REFLECTANCE_FLOOR`. */
export function absorbance(x: Float64Array): Float64Array {
  return x.map((reflectance) => -Math.log10(Math.max(reflectance, REFLECTANCE_FLOOR)));
}

/** Standard normal variate: (x − mean)/SD over the bands, SD with n − 1. A flat spectrum gives zeros. */
export function standardNormalVariate(x: Float64Array): Float64Array {
  const mean = meanOf(x);
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  const sd = Math.sqrt(squares / (x.length - 1));
  // a flat spectrum's SD is what rounding left of it
  return sd > 1e-12 * Math.abs(mean) ? x.map((value) => (value - mean) / sd) : new Float64Array(x.length);
}

/**
 * Multiplicative scatter correction: x = a + b·reference by least squares over the bands, then (x − a)/b. A spectrum that does not follow
 * the reference at all (b = 0) comes out flat, at the reference's mean.
 */
export function scatterCorrected(x: Float64Array, reference: Float64Array): Float64Array {
  const [mean, referenceMean] = [meanOf(x), meanOf(reference)];
  let [covariance, variance] = [0, 0];
  for (let band = 0; band < x.length; band++) {
    covariance += (x[band] - mean) * (reference[band] - referenceMean);
    variance += (reference[band] - referenceMean) ** 2;
  }
  const slope = variance > 0 ? covariance / variance : 0;
  return x.map((value) => referenceMean + (slope === 0 ? 0 : (value - mean) / slope));
}

/** Continuum removal: reflectance ÷ its upper convex hull over band numbers; 1 where the spectrum touches the hull. */
export function continuumRemoved(x: Float64Array): Float64Array {
  const hull: number[] = [];
  for (let band = 0; band < x.length; band++) {
    while (hull.length > 1 && isBelow(x, hull[hull.length - 2], hull[hull.length - 1], band)) hull.pop();
    hull.push(band);
  }
  const result = new Float64Array(x.length).fill(1);
  for (let side = 0; side + 1 < hull.length; side++) {
    const [left, right] = [hull[side], hull[side + 1]];
    for (let band = left + 1; band < right; band++) {
      const share = (band - left) / (right - left);
      const continuum = x[left] + share * (x[right] - x[left]);
      if (continuum !== 0) result[band] = x[band] / continuum;
    }
  }
  return result;
}

/** Whether point `b` lies on or below the line from `a` to `c`. */
function isBelow(x: Float64Array, a: number, b: number, c: number): boolean {
  return (x[b] - x[a]) * (c - a) <= (x[c] - x[a]) * (b - a);
}

/** Gap derivative (Norris): (x[j+gap] − x[j−gap])/(2·gap); near the ends over the bands that there are, divided by their distance. */
export function gapDerivative(x: Float64Array, gap: number): Float64Array {
  const last = x.length - 1;
  return x.map((_, band) => {
    const [left, right] = [Math.max(band - gap, 0), Math.min(band + gap, last)];
    return (x[right] - x[left]) / (right - left);
  });
}

/**
 * Savitzky–Golay filter: the `derivative`-th derivative, at each band, of the polynomial of `degree` fitted to the `window` bands around
 * it (odd). Near the ends the polynomial of the first or last whole window is read off-centre (scipy.signal.savgol_filter, mode "interp").
 */
export function savitzkyGolay(window: number, degree: number, derivative: number): (x: Float64Array) => Float64Array {
  const weights = savitzkyGolayWeights(window, degree, derivative);
  return (x) =>
    x.map((_, band) => {
      const start = windowStart(band, x.length, window);
      const row = (band - start) * window;
      let sum = 0;
      for (let i = 0; i < window; i++) sum += weights[row + i] * x[start + i];
      return sum;
    });
}

/** First band of the window that serves a band: around it inside, the first or last whole window at the ends. */
export function windowStart(band: number, bands: number, window: number): number {
  return Math.min(Math.max(band - (window - 1) / 2, 0), bands - window);
}

/**
 * Weights of the least-squares polynomial's derivative at each place of the window, [window, window], by orthogonal (Gram) polynomials:
 * Σ_k p_k(i)·p_k⁽ᵈ⁾(t)/‖p_k‖² (Gorry 1990, Anal. Chem. 62:570), which stays exact where normal equations would not.
 */
function savitzkyGolayWeights(window: number, degree: number, derivative: number): Float64Array {
  const half = (window - 1) / 2;
  const weights = new Float64Array(window * window);
  // one row a derivative 0 … d, of the polynomial in hand and of the one before it
  let before = zeros(derivative, window);
  let here = zeros(derivative, window);
  here[0].fill(1);
  let squaresBefore = 1;
  for (let k = 0; k <= degree; k++) {
    const squares = here[0].reduce((sum, value) => sum + value * value, 0);
    for (let t = 0; t < window; t++)
      for (let i = 0; i < window; i++) weights[t * window + i] += (here[0][i] * here[derivative][t]) / squares;
    const factor = k === 0 ? 0 : squares / squaresBefore;
    const next = zeros(derivative, window);
    for (let d = 0; d <= derivative; d++)
      for (let t = 0; t < window; t++)
        next[d][t] = (t - half) * here[d][t] + (d > 0 ? d * here[d - 1][t] : 0) - factor * before[d][t];
    squaresBefore = squares;
    before = here;
    here = next;
  }
  return weights;
}

function zeros(derivative: number, window: number): Float64Array[] {
  return Array.from({ length: derivative + 1 }, () => new Float64Array(window));
}

function meanOf(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value;
  return sum / x.length;
}
