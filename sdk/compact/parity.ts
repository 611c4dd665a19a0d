/** Parity: how far an engine's outputs on held-out rows are from what the trainer itself computed. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf, NadirError } from '../base/index.ts';

/** Differences between an engine and the reference. */
export interface Parity {
  /** Rows compared. */
  readonly rows: number;
  /** |got − reference| / max(|reference|, RMS of the reference's column): the worst of all values. */
  readonly max: number;
  /** The 99.9th percentile of the same (nearest rank). */
  readonly p999: number;
  /** The mean of the same. */
  readonly mean: number;
  /** Worst |got − reference|, in the output's own unit. */
  readonly maxAbsolute: number;
}

/**
 * Compares two arrays [rows, columns]. A difference is measured against the value itself, but never against less than the RMS of its
 * column, so that a value which happens to be near zero does not make a small difference look large. A column that is zero throughout
 * is measured against the RMS of the whole array. A value that is not a number, or infinite, makes the worst difference infinite.
 */
export function measureParity(
  reference: Float64Array | Float32Array,
  got: Float64Array | Float32Array,
  columns: number,
): Parity {
  if (reference.length !== got.length || columns < 1 || reference.length % columns !== 0 || got.length === 0) {
    throw new RangeError(`${got.length} values cannot be compared with ${reference.length} in rows of ${columns}`);
  }
  const rows = reference.length / columns;
  const scale = columnRms(reference, rows, columns);
  const differences = new Float64Array(got.length);
  let sum = 0;
  let maxAbsolute = 0;
  for (let i = 0; i < got.length; i++) {
    const absolute = Number.isFinite(got[i]) ? Math.abs(got[i] - reference[i]) : Infinity;
    const against = Math.max(Math.abs(reference[i]), scale[i % columns]);
    differences[i] = absolute === 0 ? 0 : absolute / against;
    sum += differences[i];
    if (absolute > maxAbsolute) maxAbsolute = absolute;
  }
  differences.sort();
  return {
    rows,
    max: differences[differences.length - 1],
    p999: differences[Math.ceil(0.999 * differences.length) - 1],
    mean: sum / differences.length,
    maxAbsolute,
  };
}

/** A model in onnxruntime on one thread of the CPU. */
export interface OnnxSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs float32 `values` of shape `dims` through; gives one output's values as float32. */
  run(values: Float32Array, dims: readonly number[], output: string): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Loads ONNX bytes into onnxruntime as the board does: one thread, nothing in parallel. `where` names them in errors. */
export async function openOnnx(bytes: Uint8Array, where: string): Promise<OnnxSession> {
  const failed = (what: string, cause: unknown) =>
    new NadirError({
      what: `onnxruntime ${what} (${messageOf(cause)})`,
      where,
      remedy: 'Train or export the model again',
      cause,
    });
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    });
  } catch (cause) {
    throw failed('cannot load the model', cause);
  }
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(values, dims, output) {
      try {
        const results = await session.run({ [session.inputNames[0]]: new Tensor('float32', values, dims) }, [output]);
        const { data } = results[output];
        if (!(data instanceof Float32Array)) throw new TypeError(`output ${output} is not float32`);
        return data;
      } catch (cause) {
        throw failed('cannot run the model', cause);
      }
    },
    release: () => session.release(),
  };
}

function columnRms(values: Float64Array | Float32Array, rows: number, columns: number): Float64Array {
  const squares = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) squares[i % columns] += values[i] ** 2;
  const whole = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / values.length);
  return squares.map((square) => (square > 0 ? Math.sqrt(square / rows) : whole));
}
