/**
 * First weights. `rows`: directions of single training rows with a faint encoder, which training strengthens where they help; on 1,700 scenes
 * with their quarter turns it gives the best held-out cosine at small k and the most latents that keep to one kind of scene. `components`:
 * a part of the dictionary are both signs of the leading principal directions, whose largest coefficients make a good code from the start:
 * better where rows are few. `kaiming`: the paper's random rows.
 */
import { Random } from '../base/index.ts';
import type { DenseProduct } from './dense.ts';

/** How the dictionary begins. */
export const INITIALISATIONS = ['rows', 'components', 'kaiming'] as const;
export type Initialisation = (typeof INITIALISATIONS)[number];

/** At most this many principal directions, and at most a quarter of the dictionary by each sign. */
const MAX_DIRECTIONS = 320;
/** Rows that the principal directions are taken from. */
const MAX_ROWS = 4096;
const ROUNDS = 6;
/** A row's direction is blurred by this much of white noise of the data's power, so that equal rows differ. */
const BLUR = 0.3;
/** Strength of the encoder of a row's direction at the start. */
const FAINT = 0.15;
/** Norm of the paper's first decoder rows. */
const KAIMING_NORM = 0.1;

/** W_dec and W_enc, both [n, d], for preprocessed rows [m, d]. */
export async function initialWeights(
  rows: Float32Array,
  d: number,
  n: number,
  kind: Initialisation,
  seed: number,
  dense: DenseProduct,
): Promise<{ wDec: Float32Array; wEnc: Float32Array }> {
  const random = Random.of(seed, 'initial weights');
  const wDec = new Float32Array(n * d);
  if (kind === 'kaiming') {
    for (let i = 0; i < wDec.length; i++) wDec[i] = 2 * random.uniform() - 1;
    normaliseRows(wDec, d, KAIMING_NORM);
    return { wDec, wEnc: wDec.slice() };
  }
  const m = rows.length / d;
  const count = kind === 'rows' ? 0 : Math.min(MAX_DIRECTIONS, n >> 2, d, Math.max(0, m - 1));
  const directions = count === 0 ? new Float32Array() : await principalDirections(rows, d, count, random, dense);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      wDec[2 * i * d + j] = directions[i * d + j];
      wDec[(2 * i + 1) * d + j] = -directions[i * d + j];
    }
  }
  // preprocessed rows have mean norm √d, so a value's power is 1
  for (let latent = 2 * count; latent < n; latent++) {
    const row = random.below(m) * d;
    for (let j = 0; j < d; j++) wDec[latent * d + j] = rows[row + j] + BLUR * random.normal();
  }
  normaliseRows(wDec, d, 1);
  const wEnc = wDec.slice();
  for (let i = 2 * count * d; i < wEnc.length; i++) wEnc[i] *= FAINT;
  return { wDec, wEnc };
}

/**
 * About the `count` leading principal directions of centred rows [m, d], as orthonormal rows [count, d], by orthogonal iteration on the
 * covariance. Directions of nearly equal variance may come mixed, which does no harm here.
 */
async function principalDirections(
  rows: Float32Array,
  d: number,
  count: number,
  random: Random,
  dense: DenseProduct,
): Promise<Float32Array> {
  const columns = transposedSample(rows, d, random);
  const covariance = await dense.multiply(columns, columns, columns.length / d);
  let basis: Float32Array = new Float32Array(count * d);
  for (let i = 0; i < basis.length; i++) basis[i] = random.normal();
  for (let round = 0; round < ROUNDS; round++) {
    orthonormalise(basis, d);
    // the covariance is symmetric: basis · C = basis · Cᵀ
    basis = await dense.multiply(basis, covariance, d, new Float32Array(count * d));
  }
  orthonormalise(basis, d);
  return basis;
}

/** At most MAX_ROWS of the rows, transposed: [d, rows]. */
function transposedSample(rows: Float32Array, d: number, random: Random): Float32Array {
  const m = rows.length / d;
  const picked =
    m <= MAX_ROWS ? Uint32Array.from({ length: m }, (_, i) => i) : random.permutation(m).slice(0, MAX_ROWS);
  const columns = new Float32Array(d * picked.length);
  for (let i = 0; i < picked.length; i++)
    for (let j = 0; j < d; j++) columns[j * picked.length + i] = rows[picked[i] * d + j];
  return columns;
}

/** Modified Gram–Schmidt over rows [count, d]; a row that depends on the ones before it becomes 0. */
export function orthonormalise(basis: Float32Array, d: number): void {
  const count = basis.length / d;
  for (let i = 0; i < count; i++) {
    const row = basis.subarray(i * d, (i + 1) * d);
    const before = Math.sqrt(dot(row, row));
    for (let k = 0; k < i; k++) {
      const other = basis.subarray(k * d, (k + 1) * d);
      const along = dot(row, other);
      for (let j = 0; j < d; j++) row[j] -= along * other[j];
    }
    const norm = Math.sqrt(dot(row, row));
    const factor = norm > 1e-6 * before ? 1 / norm : 0;
    for (let j = 0; j < d; j++) row[j] *= factor;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function normaliseRows(matrix: Float32Array, d: number, norm: number): void {
  for (let at = 0; at < matrix.length; at += d) {
    const row = matrix.subarray(at, at + d);
    const length = Math.sqrt(dot(row, row));
    for (let j = 0; j < d; j++) row[j] *= norm / (length || 1);
  }
}
