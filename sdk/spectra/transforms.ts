/**
 * The transformations of the mean spectrum in the EagleEyes features (Kuzu et al., ICIP 2022): all are linear.
 * Each takes a spectrum [bands] and gives its coefficients; the catalogue turns them into footprints and weights.
 */
import { DMEY_LOW_PASS, SYM3_LOW_PASS } from './wavelet-taps.ts';

/** numpy.gradient with unit spacing: central differences inside, one-sided at the two ends. */
export function gradient(x: Float64Array): Float64Array {
  const last = x.length - 1;
  const result = new Float64Array(x.length);
  for (let j = 1; j < last; j++) result[j] = (x[j + 1] - x[j - 1]) / 2;
  result[0] = x[1] - x[0];
  result[last] = x[last] - x[last - 1];
  return result;
}

/** Real parts of the unnormalised discrete Fourier transform, Σ_j x[j]·cos(2πkj/N) for k = 0 … N−1. */
export function fourierReal(x: Float64Array): Float64Array {
  const N = x.length;
  const cosines = Float64Array.from({ length: N }, (_, m) => cosineOfTurn(m, N));
  return correlate(x, cosines, 1);
}

/** Imaginary parts of the unnormalised discrete Fourier transform, −Σ_j x[j]·sin(2πkj/N) for k = 0 … N−1. */
export function fourierImaginary(x: Float64Array): Float64Array {
  const N = x.length;
  const sines = Float64Array.from({ length: N }, (_, m) => sineOfTurn(m, N));
  return correlate(x, sines, -1);
}

function correlate(x: Float64Array, wave: Float64Array, sign: number): Float64Array {
  const N = x.length;
  const result = new Float64Array(N);
  for (let j = 0; j < N; j++) {
    if (x[j] === 0) continue; // the catalogue asks with unit vectors
    for (let k = 0; k < N; k++) result[k] += x[j] * wave[(k * j) % N];
  }
  for (let k = 0; k < N; k++) result[k] *= sign;
  return result;
}

// Conjugate bins must be equal to the last bit, and what is zero must be zero, or duplicates would hide behind rounding.
function cosineOfTurn(m: number, N: number): number {
  if (4 * m === N || 4 * m === 3 * N) return 0;
  return Math.cos((2 * Math.PI * Math.min(m, N - m)) / N);
}

function sineOfTurn(m: number, N: number): number {
  if (m === 0 || 2 * m === N) return 0;
  return 2 * m < N ? Math.sin((2 * Math.PI * m) / N) : -Math.sin((2 * Math.PI * (N - m)) / N);
}

/**
 * Approximation coefficients of one wavelet level with replicated edges (PyWavelets' mode "constant"):
 * out[k] = Σ_j h[j]·x[clamp(2k+1−j)], k < ⌊(N+F−1)/2⌋.
 */
function approximation(x: Float64Array, lowPass: Float64Array): Float64Array {
  const N = x.length;
  const F = lowPass.length;
  const result = new Float64Array(Math.floor((N + F - 1) / 2));
  for (let k = 0; k < result.length; k++) {
    let sum = 0;
    for (let j = 0; j < F; j++) sum += lowPass[j] * x[Math.min(Math.max(2 * k + 1 - j, 0), N - 1)];
    result[k] = sum;
  }
  return result;
}

/** Four levels of sym3 approximations, one after the other; each next level is fed without the two end coefficients. */
export function sym3Approximations(x: Float64Array): Float64Array {
  const levels: Float64Array[] = [];
  let input = x;
  for (let level = 0; level < 4; level++) {
    const coefficients = approximation(input, SYM3_LOW_PASS);
    levels.push(coefficients);
    input = coefficients.subarray(1, -1);
  }
  return joined(levels);
}

/** What the winners keep of each dmey level of a 150-band spectrum: the rest is mostly border. */
const DMEY_KEPT = [
  [12, 92],
  [15, 55],
  [15, 35],
  [15, 25],
] as const;

/** Four levels of dmey approximations of a 150-band spectrum, 80 + 40 + 20 + 10; each kept slice feeds the next level. */
export function dmeyApproximations(x: Float64Array): Float64Array {
  if (x.length !== 150) throw new RangeError(`the dmey slices are made for 150 bands, not ${x.length}`);
  const levels: Float64Array[] = [];
  let input = x;
  for (const [from, to] of DMEY_KEPT) {
    input = approximation(input, DMEY_LOW_PASS).slice(from, to);
    levels.push(input);
  }
  return joined(levels);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
