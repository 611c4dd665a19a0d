/**
 * The form in which most programs store an autoencoder: two matrices and two biases that work on embeddings as they are,
 * z = activation((x·s − b_dec)·W_encᵀ + b_enc), x̂ = (z·W_dec + b_dec)/s. From it to our weights and back, and between matrices and their transposes.
 */
import type { SaeWeights } from '../weights.ts';

/** Matrices and biases as other programs keep them, but W_enc by latents. */
export interface RawWeights {
  readonly n: number;
  readonly d: number;
  /** [n, d]. */
  readonly wEnc: Float32Array;
  /** [n]. */
  readonly bEnc: Float32Array;
  /** [n, d]. */
  readonly wDec: Float32Array;
  /** [d]. */
  readonly bDec: Float32Array;
}

/** How a raw autoencoder picks latents and treats its input. */
export interface RawOptions {
  /** Set where the k strongest of each row are kept. */
  readonly k?: number | undefined;
  /** JumpReLU's, [n]; one below 0 cuts nothing that ReLU leaves. */
  readonly threshold?: Float32Array | undefined;
  /** Whether b_dec is taken off the input before encoding. */
  readonly biasOffInput: boolean;
  /** s, what the input is multiplied by first; 1 where nothing is said. */
  readonly inputScale?: number;
}

/** Our weights of a raw autoencoder: mean 0, and b_dec as b_pre. Where b_dec is not taken off the input, b_lat = b_enc + W_enc·b_dec makes up for it. */
export function fromRaw(raw: RawWeights, options: RawOptions): SaeWeights {
  const { n, d, wEnc, wDec, bDec } = raw;
  const { biasOffInput, inputScale: scale = 1 } = options;
  return {
    ...{ n, d, scale, wEnc, wDec, bPre: bDec, mean: new Float32Array(d), nonNegative: false },
    bLat: biasOffInput ? raw.bEnc : shiftedBias(raw.bEnc, wEnc, bDec, 1),
    ...selection(options),
  };
}

/** The parts of our weights that say which latents are picked. */
export function selection({ k, threshold }: Pick<RawOptions, 'k' | 'threshold'>) {
  return {
    activation: k !== undefined ? 'topk' : threshold ? 'jumprelu' : 'relu',
    levels: k !== undefined ? [k] : [],
    ...(threshold && { threshold: threshold.map((value) => Math.max(0, value)) }),
  } as const satisfies Partial<SaeWeights>;
}

/**
 * The exact fold of ours into embeddings as they are: W_enc' = s·W_enc, b_enc' = b_lat, W_dec' = W_dec/s, b_dec' = μ + b_pre/s, with b_dec'
 * taken off the input. z and x̂ stay, but for the projection onto x̂ ≥ 0, which no raw form has.
 */
export function toRaw({ n, d, wEnc, bLat, wDec, bPre, mean, scale }: SaeWeights): RawWeights {
  return {
    ...{ n, d, bEnc: bLat },
    wEnc: wEnc.map((value) => value * scale),
    wDec: wDec.map((value) => value / scale),
    bDec: mean.map((value, i) => value + bPre[i] / scale),
  };
}

/** Takes `toRaw` back for a known scale and mean [d]. */
export function unfoldRaw(
  raw: RawWeights,
  scale: number,
  mean: Float32Array,
): Omit<SaeWeights, 'activation' | 'levels' | 'nonNegative' | 'threshold'> {
  const { n, d, bEnc, bDec } = raw;
  return {
    ...{ n, d, bLat: bEnc, mean, scale },
    wEnc: raw.wEnc.map((value) => value / scale),
    wDec: raw.wDec.map((value) => value * scale),
    bPre: bDec.map((value, i) => (value - mean[i]) * scale),
  };
}

/** b + sign·W·v for W [n, d], b [n], v [d], summed in float64. */
export function shiftedBias(
  bias: Float32Array,
  matrix: Float32Array,
  vector: Float32Array,
  sign: 1 | -1,
): Float32Array {
  const d = vector.length;
  return bias.map((value, row) => {
    let sum = 0;
    for (let i = 0, at = row * d; i < d; i++) sum += matrix[at + i] * vector[i];
    return value + sign * sum;
  });
}

/** The transpose [columns, rows] of a matrix [rows, columns]. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
  return result;
}
