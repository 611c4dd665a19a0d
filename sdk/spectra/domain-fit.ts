/** Learns from training spectra what is like them: principal components by subspace iteration, limits from spectra left out in turn. */
import { Random } from '../base/index.ts';
import { type Domain, departure, shapeOf } from './domain.ts';

const FALSE_ALARM_RATE = 0.01;
const MOST_COMPONENTS = 8;
/** Components are added until this share of the variance lies along them. */
const EXPLAINED = 0.995;
const PARTS = 10;
/** Light and shade change the brightness by less than this beyond what training saw; wrong units by more. */
const BRIGHTNESS_MARGIN = 2;
const ITERATIONS = 30;
/** From the components of all rows those of most rows are near. */
const ITERATIONS_FROM_NEAR = 4;
/** Directions followed beyond those wanted, which makes the iteration converge faster. */
const SPARE = 4;
/** Variance below this share of the first is rounding. */
const LEAST_VARIANCE = 1e-12;

export interface DomainOptions {
  /** Bands that the instrument delivers for the model; every one where absent or empty. */
  readonly bands?: readonly number[];
  readonly seed: number;
  /** Share of spectra of the training's kind that may be flagged (default 1 %). */
  readonly falseAlarmRate?: number;
}

/**
 * Fits the domain of n training spectra [n, bandCount]; spectra that are not positive on the bands looked at are left out. null where
 * fewer than 20 are left: too few to say what is unlike them.
 */
export function fitDomain(
  spectra: Float32Array | Float64Array,
  bandCount: number,
  options: DomainOptions,
): Domain | null {
  const bands = options.bands?.length ? [...options.bands] : Array.from({ length: bandCount }, (_, band) => band);
  const rate = options.falseAlarmRate ?? FALSE_ALARM_RATE;
  const B = bands.length;
  const rows = spectra.length / bandCount;
  const shapes = new Float64Array(rows * B);
  let n = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let row = 0; row < rows; row++) {
    const brightness = shapeOf(spectra, row * bandCount, bands, shapes.subarray(n * B, (n + 1) * B));
    if (!(brightness > 0 && Number.isFinite(brightness))) continue;
    low = Math.min(low, brightness);
    high = Math.max(high, brightness);
    n++;
  }
  if (n < 2 * PARTS) return null;
  const random = Random.of(options.seed, 'domain');
  const order = random.permutation(n);
  const parts = Array.from({ length: PARTS }, (_, part) => order.filter((__, place) => place % PARTS === part));
  const moments = parts.map((rows) => momentsOf(shapes, B, rows));
  const all = moments.reduce((sum, part) => added(sum, part, 1));
  const start = Array.from({ length: Math.min(B, componentCount(B) + SPARE) }, () =>
    Float64Array.from({ length: B }, () => random.normal()),
  );
  const whole = principal(all, B, { start, iterations: ITERATIONS, most: componentCount(B), explained: EXPLAINED });
  const near = {
    start: whole.followed.slice(0, whole.components.length + SPARE),
    iterations: ITERATIONS_FROM_NEAR,
    most: whole.components.length,
    explained: 1,
  };

  // each row's figures by components that were found without it
  const t2 = new Float64Array(n);
  const q = new Float64Array(n);
  const figures = { t2: 0, q: 0 };
  parts.forEach((left, part) => {
    const { centre, components, variance } = principal(added(all, moments[part], -1), B, near);
    for (const row of left) {
      departure(shapes.subarray(row * B, (row + 1) * B), centre, components, variance, figures);
      t2[row] = figures.t2;
      q[row] = figures.q;
    }
  });
  const limits = { t2: upperLimit(t2, rate / 2), q: upperLimit(q, rate / 2) };
  const flagged = t2.filter((value, row) => value > limits.t2 || q[row] > limits.q).length;
  return {
    bands,
    centre: [...whole.centre],
    components: whole.components.map((direction) => [...direction]),
    variance: [...whole.variance],
    limits,
    brightness: [low / BRIGHTNESS_MARGIN, high * BRIGHTNESS_MARGIN],
    falseAlarmRate: rate,
    measuredFalseAlarmRate: flagged / n,
  };
}

/** At least one band is left outside the components where there are two. */
function componentCount(bands: number): number {
  return Math.max(1, Math.min(MOST_COMPONENTS, Math.floor(bands / 2)));
}

/** The value that a share `rate` of new values exceeds at most: the ⌈(n+1)(1−rate)⌉-th least, or the greatest. */
function upperLimit(values: Float64Array, rate: number): number {
  const sorted = values.slice().sort();
  const place = Math.min(Math.ceil((values.length + 1) * (1 - rate)), values.length) - 1;
  // shapes of one or two bands leave no residual: then nothing above rounding may
  return Math.max(sorted[place], 1e-12);
}

/** Sums over some rows: n, Σ(x − 1) and the lower triangle of Σ(x − 1)(x − 1)ᵀ; shapes lie about 1. */
interface Moments {
  readonly n: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function momentsOf(shapes: Float64Array, B: number, rows: Uint32Array): Moments {
  const first = new Float64Array(B);
  const second = new Float64Array(B * B);
  const departed = new Float64Array(B);
  for (const row of rows) {
    for (let i = 0; i < B; i++) {
      departed[i] = shapes[row * B + i] - 1;
      first[i] += departed[i];
    }
    for (let i = 0; i < B; i++) for (let j = 0; j <= i; j++) second[i * B + j] += departed[i] * departed[j];
  }
  return { n: rows.length, first, second };
}

function added(a: Moments, b: Moments, sign: 1 | -1): Moments {
  return {
    n: a.n + sign * b.n,
    first: a.first.map((value, i) => value + sign * b.first[i]),
    second: a.second.map((value, i) => value + sign * b.second[i]),
  };
}

interface Principal {
  readonly centre: Float64Array;
  readonly components: readonly Float64Array[];
  readonly variance: Float64Array;
  /** The components and the directions followed beyond them. */
  readonly followed: readonly Float64Array[];
}

/**
 * Principal components of rows with these moments: at most `most`, as many as explain the share `explained` of the variance. Orthogonal
 * iteration on the covariance from `start` (Golub and Van Loan, Matrix Computations, 8.2.4), then variances along the directions.
 */
function principal(
  { n, first, second }: Moments,
  B: number,
  options: { start: readonly Float64Array[]; iterations: number; most: number; explained: number },
): Principal {
  const centre = first.map((sum) => 1 + sum / n);
  const covariance = new Float64Array(B * B);
  let total = 0;
  for (let i = 0; i < B; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (second[i * B + j] - (first[i] * first[j]) / n) / (n - 1);
      covariance[i * B + j] = value;
      covariance[j * B + i] = value;
    }
    total += covariance[i * B + i];
  }
  let followed = options.start;
  for (let iteration = 0; iteration < options.iterations; iteration++)
    followed = orthonormal(followed.map((direction) => product(covariance, direction)));
  const variances = followed.map((direction) => dot(direction, product(covariance, direction)));
  let count = 0;
  let explained = 0;
  while (
    count < Math.min(options.most, followed.length) &&
    variances[count] > LEAST_VARIANCE * variances[0] &&
    explained < options.explained * total
  )
    explained += variances[count++];
  return {
    centre,
    components: followed.slice(0, count),
    variance: Float64Array.from(variances.slice(0, count)),
    followed,
  };
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array {
  const B = vector.length;
  const result = new Float64Array(B);
  for (let i = 0; i < B; i++) {
    let sum = 0;
    for (let j = 0; j < B; j++) sum += matrix[i * B + j] * vector[j];
    result[i] = sum;
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Modified Gram–Schmidt, twice over each vector; what has no direction of its own is left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const before = Math.sqrt(dot(vector, vector));
    for (let pass = 0; pass < 2; pass++)
      for (const direction of basis) {
        const along = dot(vector, direction);
        for (let i = 0; i < vector.length; i++) vector[i] -= along * direction[i];
      }
    const length = Math.sqrt(dot(vector, vector));
    if (!(length > 1e-14 * before) || length === 0) continue;
    basis.push(vector.map((value) => value / length));
  }
  return basis;
}
