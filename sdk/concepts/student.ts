/**
 * The student that flies: embedding to activations in integers. Each feature becomes a byte by its own range, weights have 7 bits
 * (−63 … 63), so that sums of two products stay within 16 bits on CPUs that add them so; every row is computed on its own, so a
 * scene's code does not depend on the scenes beside it. The same arithmetic as the ONNX graph of student-onnx.ts.
 */

export interface Student {
  readonly d: number;
  /** Latents of the student. */
  readonly n: number;
  /** Teacher's latent of each, rising. */
  readonly latents: readonly number[];
  /** Value that becomes byte 0, [d]. */
  readonly low: Float32Array;
  /** Steps per unit, [d]. */
  readonly perUnit: Float32Array;
  /** [n, d], −63 … 63. */
  readonly weights: Int8Array;
  /** Unit of each latent's integer sum, [n]. */
  readonly unit: Float32Array;
  /** [n]. */
  readonly bias: Float32Array;
}

const f32 = Math.fround;

/** Bytes of embeddings [rows, d]. */
function quantiseEmbeddings({ d, low, perUnit }: Student, embeddings: Float32Array): Uint8Array {
  const bytes = new Uint8Array(embeddings.length);
  for (let i = 0; i < embeddings.length; i++) {
    const j = i % d;
    bytes[i] = Math.min(255, Math.max(0, roundHalfEven(f32(f32(embeddings[i] - low[j]) * perUnit[j]))));
  }
  return bytes;
}

/** Pre-activations [rows, n]; without `relu` as they are, else with those below 0 as 0. */
export function evaluateStudent(student: Student, embeddings: Float32Array, relu = true): Float32Array {
  const { d, n, weights, unit, bias } = student;
  const rows = embeddings.length / d;
  const bytes = quantiseEmbeddings(student, embeddings);
  const result = new Float32Array(rows * n);
  for (let row = 0; row < rows; row++) {
    for (let latent = 0; latent < n; latent++) {
      let sum = 0;
      for (let i = 0, w = latent * d, b = row * d; i < d; i++) sum += weights[w + i] * bytes[b + i];
      const value = f32(f32(f32(sum) * unit[latent]) + bias[latent]);
      result[row * n + latent] = relu ? Math.max(0, value) : value;
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
