/**
 * Nearest neighbours with weights of one over the distance, on features scaled by median and quartiles, as scikit-learn's RobustScaler and
 * KNeighborsRegressor(weights="distance"). The scaler sees the training rows alone.
 */
import { quantile } from '../base/index.ts';
import type { TrainingRows } from './estimator.ts';

/** What a fitted model keeps. */
export interface Neighbours {
  readonly features: number;
  readonly targets: number;
  /** Rows known, [n, features]. */
  readonly x: Float32Array;
  /** [n, targets] */
  readonly y: Float64Array;
  /** Median of each feature, [features]. */
  readonly centre: Float64Array;
  /** Distance between its quartiles, [features]; 1 where it is 0. */
  readonly scale: Float64Array;
  /** Rows that are asked. */
  readonly k: number;
}

/** Counts of neighbours that leave-one-out chooses from. */
const COUNTS = [1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 80, 120, 170];
/** Quartiles nearer than this are one value: numpy's float64 epsilon ten times, as RobustScaler has it. */
const NO_RANGE = 10 * Number.EPSILON;

/** Keeps the rows, of which there may be none, and the scale of their features. Without `k`, the count of least leave-one-out error over the targets' variances. */
export function fitNeighbours({ x, y, n, features, targets }: TrainingRows, k?: number): Neighbours {
  if (k !== undefined && !(Number.isInteger(k) && k >= 1)) throw new RangeError(`${k} is no number of neighbours`);
  const centre = new Float64Array(features);
  const scale = new Float64Array(features).fill(1);
  const column = new Float64Array(n);
  for (let f = 0; f < features && n > 0; f++) {
    for (let i = 0; i < n; i++) column[i] = x[i * features + f];
    column.sort();
    centre[f] = quantile(column, 0.5);
    const range = quantile(column, 0.75) - quantile(column, 0.25);
    scale[f] = range < NO_RANGE ? 1 : range;
  }
  const known = { features, targets, x, y, centre, scale };
  return { ...known, k: k === undefined ? chooseCount({ ...known, k: n }) : Math.min(k, n) };
}

/** Estimates of rows [n, features]: [n, targets]. Rows at distance 0 answer alone, and equally. */
export function predictNeighbours(model: Neighbours, x: Float32Array, n: number): Float64Array {
  const { features, targets, y, k } = model;
  const estimate = new Float64Array(n * targets);
  const table = scaled(model, model.x);
  const asked = scaled(model, x.subarray(0, n * features));
  const distances = new Float64Array(table.length / features);
  for (let row = 0; row < n; row++) {
    distancesTo(asked, row, table, features, distances);
    answer(distances, nearest(distances, k), y, targets, estimate, row * targets);
  }
  return estimate;
}

/** Count of neighbours with the least squared error, each row estimated from all others. */
function chooseCount(model: Neighbours): number {
  const { features, targets, x, y } = model;
  const n = y.length / targets;
  const counts = COUNTS.filter((count) => count < n);
  if (counts.length === 0) return n;
  const table = scaled(model, x);
  const distances = new Float64Array(n);
  const error = new Float64Array(counts.length);
  const variance = varianceOf(y, targets);
  const estimate = new Float64Array(targets);
  for (let row = 0; row < n; row++) {
    distancesTo(table, row, table, features, distances);
    distances[row] = Number.POSITIVE_INFINITY;
    const order = nearest(distances, counts[counts.length - 1]);
    counts.forEach((count, c) => {
      answer(distances, order.subarray(0, count), y, targets, estimate, 0);
      for (let t = 0; t < targets; t++) error[c] += (estimate[t] - y[row * targets + t]) ** 2 / variance[t];
    });
  }
  return counts[error.indexOf(Math.min(...error))];
}

function scaled({ features, centre, scale }: Neighbours, x: Float32Array): Float64Array {
  const values = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += features)
    for (let f = 0; f < features; f++) values[at + f] = (x[at + f] - centre[f]) / scale[f];
  return values;
}

function distancesTo(
  asked: Float64Array,
  row: number,
  table: Float64Array,
  features: number,
  distances: Float64Array,
): void {
  const from = row * features;
  for (let i = 0; i < distances.length; i++) {
    const at = i * features;
    let square = 0;
    for (let f = 0; f < features; f++) {
      const difference = asked[from + f] - table[at + f];
      square += difference * difference;
    }
    distances[i] = Math.sqrt(square);
  }
}

/** Indices of the k least distances, nearest first; ties by position. */
function nearest(distances: Float64Array, k: number): Uint32Array {
  const order = Uint32Array.from({ length: distances.length }, (_, i) => i);
  return order.sort((a, b) => distances[a] - distances[b] || a - b).subarray(0, k);
}

/** Writes the weighted mean of the rows asked to `estimate` from `at`. */
function answer(
  distances: Float64Array,
  asked: Uint32Array,
  y: Float64Array,
  targets: number,
  estimate: Float64Array,
  at: number,
): void {
  const isSame = distances[asked[0]] === 0;
  let total = 0;
  estimate.fill(0, at, at + targets);
  for (const row of asked) {
    if (isSame && distances[row] > 0) break;
    const weight = isSame ? 1 : 1 / distances[row];
    total += weight;
    for (let t = 0; t < targets; t++) estimate[at + t] += weight * y[row * targets + t];
  }
  for (let t = 0; t < targets; t++) estimate[at + t] /= total;
}

function varianceOf(y: Float64Array, targets: number): Float64Array {
  const n = y.length / targets;
  return Float64Array.from({ length: targets }, (_, t) => {
    let mean = 0;
    for (let i = t; i < y.length; i += targets) mean += y[i] / n;
    let square = 0;
    let varies = false;
    for (let i = t; i < y.length; i += targets) {
      square += (y[i] - mean) ** 2 / n;
      varies ||= y[i] !== y[t];
    }
    return varies && square > 0 ? square : 1; // equal values can leave a square of rounding
  });
}
