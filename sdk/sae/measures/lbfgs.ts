/**
 * Least value of a smooth convex function by limited-memory BFGS (Nocedal & Wright, Numerical Optimization, algorithm 7.5) with a weak Wolfe
 * line search by bisection (Lewis & Overton 2013). Same function, same bits.
 */

/** Steps remembered for the curvature. */
const MEMORY = 12;
/** Of the decrease that the slope promises, and of the slope that may be left. */
const ARMIJO = 1e-4;
const WOLFE = 0.9;
const MAX_TRIALS = 50;

export interface Minimum {
  readonly value: number;
  /** Largest absolute entry of the gradient. */
  readonly slope: number;
  readonly iterations: number;
  /** False where iterations ran out, or rounding stops progress, before the slope fell to the tolerance. */
  readonly converged: boolean;
}

/**
 * Minimises from `x`, in place.
 * @param evaluate gives the value at a point and writes its gradient
 */
export function minimise(
  evaluate: (point: Float64Array, gradient: Float64Array) => number,
  x: Float64Array,
  tolerance: number,
  maxIterations: number,
): Minimum {
  const size = x.length;
  const gradient = new Float64Array(size);
  const trial = new Float64Array(size);
  const trialGradient = new Float64Array(size);
  const direction = new Float64Array(size);
  const steps = Array.from({ length: MEMORY }, () => new Float64Array(size));
  const changes = Array.from({ length: MEMORY }, () => new Float64Array(size));
  const curvature = new Float64Array(MEMORY);
  const alpha = new Float64Array(MEMORY);
  let value = evaluate(x, gradient);
  let iterations = 0;
  let stored = 0;
  for (; iterations < maxIterations && largest(gradient) > tolerance; iterations++) {
    // the two loops over what is remembered, newest first and back: direction = −H·gradient
    const oldest = Math.max(0, stored - MEMORY);
    for (let i = 0; i < size; i++) direction[i] = -gradient[i];
    for (let k = stored - 1; k >= oldest; k--) {
      const slot = k % MEMORY;
      alpha[slot] = dot(steps[slot], direction) / curvature[slot];
      addTo(direction, -alpha[slot], changes[slot]);
    }
    if (stored > 0) {
      const newest = (stored - 1) % MEMORY;
      const scale = curvature[newest] / dot(changes[newest], changes[newest]);
      for (let i = 0; i < size; i++) direction[i] *= scale;
    }
    for (let k = oldest; k < stored; k++) {
      const slot = k % MEMORY;
      addTo(direction, alpha[slot] - dot(changes[slot], direction) / curvature[slot], steps[slot]);
    }
    const slope = dot(gradient, direction);
    if (!(slope < 0)) break;
    let length = stored > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-slope));
    let [low, high] = [0, Infinity];
    let found = NaN;
    for (let count = 0; count < MAX_TRIALS; count++) {
      for (let i = 0; i < size; i++) trial[i] = x[i] + length * direction[i];
      const there = evaluate(trial, trialGradient);
      if (!(there <= value + ARMIJO * length * slope)) high = length;
      else if (dot(trialGradient, direction) < WOLFE * slope) low = length;
      else {
        found = there;
        break;
      }
      length = high < Infinity ? (low + high) / 2 : 2 * low;
    }
    if (Number.isNaN(found)) break;
    const slot = stored % MEMORY;
    for (let i = 0; i < size; i++) {
      steps[slot][i] = trial[i] - x[i];
      changes[slot][i] = trialGradient[i] - gradient[i];
    }
    curvature[slot] = dot(steps[slot], changes[slot]);
    x.set(trial);
    gradient.set(trialGradient);
    value = found;
    if (!(curvature[slot] > 0)) break;
    stored++;
  }
  const slope = largest(gradient);
  return { value, slope, iterations, converged: slope <= tolerance };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addTo(y: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
