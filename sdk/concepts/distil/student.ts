/**
 * The student that flies: embedding to activations in integers. Each feature becomes a byte by its own range; a latent's weights have 2 to
 * 7 bits, so that sums of two products stay within 16 bits on CPUs that add them so; every row is computed on its own, so a scene's code
 * does not depend on the scenes beside it. The same arithmetic as the ONNX graph of student-onnx.ts.
 */

/** Bits that a latent's weights may have. */
export const BITS = [2, 3, 4, 5, 6, 7] as const;
/** Stands for 7 bits that take up a whole byte each, as the weights of the few latents do that make no group of 8. */
export const WHOLE_BYTE = 8;

/** How an embedding becomes bytes. */
export interface ByteRange {
  readonly d: number;
  /** Value that becomes byte 0, [d]. */
  readonly low: Float32Array;
  /** Steps per unit, [d]. */
  readonly perUnit: Float32Array;
}

export interface Student extends ByteRange {
  /** Latents of the student. */
  readonly n: number;
  /** Teacher's latent of each: those of most bits first, rising among those of as many. */
  readonly latents: readonly number[];
  /** Bits of each latent's weights, one of BITS or WHOLE_BYTE, [n]. */
  readonly bits: Uint8Array;
  /** [n, d], −2^(bits − 1) … 2^(bits − 1) − 1. */
  readonly weights: Int8Array;
  /** Unit of each latent's integer sum, [n]. */
  readonly unit: Float32Array;
  /** [n]. */
  readonly bias: Float32Array;
  /** [n]: activations not above it are 0. Absent where the teacher has none. */
  readonly threshold?: Float32Array;
}

const f32 = Math.fround;

/** Bytes of embeddings [rows, d]. */
export function bytesOf({ d, low, perUnit }: ByteRange, embeddings: Float32Array): Uint8Array {
  const bytes = new Uint8Array(embeddings.length);
  for (let i = 0; i < embeddings.length; i++) {
    const j = i % d;
    bytes[i] = Math.min(255, Math.max(0, roundHalfEven(f32(f32(embeddings[i] - low[j]) * perUnit[j]))));
  }
  return bytes;
}

/** Activations [rows, n]: those below 0, or not above their threshold, are 0. */
export function evaluateStudent(student: Student, embeddings: Float32Array): Float32Array {
  const { d, n, weights, unit, bias, threshold } = student;
  const rows = embeddings.length / d;
  const bytes = bytesOf(student, embeddings);
  const result = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) {
    for (let latent = 0; latent < n; latent++) {
      let sum = 0;
      for (let i = 0, w = latent * d, b = row * d; i < d; i++) sum += weights[w + i] * bytes[b + i];
      const value = f32(f32(f32(sum) * unit[latent]) + bias[latent]);
      if (value > (threshold?.[latent] ?? 0)) result[row * n + latent] = value;
    }
  }
  return result;
}

/** IEEE rounding to the nearest whole number, ties to the even one, as QuantizeLinear does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
