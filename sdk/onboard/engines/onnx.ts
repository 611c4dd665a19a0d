/** ONNX models on onnxruntime's CPU provider, made from bytes that were verified in memory: no path is opened after the check. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf, NadirError } from '../../base/index.ts';

/** A model with one float32 input, ready to run. */
export class OnnxEngine {
  readonly #session: InferenceSession;
  readonly #makeTensor: (data: Float32Array, dims: readonly number[]) => Tensor;
  readonly #where: string;

  private constructor(
    session: InferenceSession,
    makeTensor: (data: Float32Array, dims: readonly number[]) => Tensor,
    where: string,
  ) {
    this.#session = session;
    this.#makeTensor = makeTensor;
    this.#where = where;
  }

  /** Loads a model. `where` names it in errors; `threads` is what the device profile allows. */
  static async load(model: Uint8Array, where: string, threads: number): Promise<OnnxEngine> {
    // read by the library when it is loaded, hence before the import
    process.env.ORT_DISABLE_TELEMETRY = '1';
    const { InferenceSession, Tensor } = await import('onnxruntime-node');
    try {
      const session = await InferenceSession.create(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      });
      return new OnnxEngine(session, (data, dims) => new Tensor('float32', data, dims), where);
    } catch (cause) {
      throw new NadirError({
        what: `the model does not load (${messageOf(cause)})`,
        where,
        remedy: 'Pack the bundle again for this runtime',
        cause,
      });
    }
  }

  /** Runs the model on `data` of shape `dims` and returns one float32 output by name. */
  async run(data: Float32Array, dims: readonly number[], output: string): Promise<Float32Array> {
    const [input] = this.#session.inputNames;
    const results = await this.#session.run({ [input]: this.#makeTensor(data, dims) }, [output]).catch((cause) => {
      throw this.#fault(messageOf(cause), cause);
    });
    const values = results[output]?.data;
    if (!(values instanceof Float32Array)) throw this.#fault(`output ${output} is not float32`);
    return values;
  }

  #fault(why: string, cause?: unknown): NadirError {
    return new NadirError({
      what: `the model does not run (${why})`,
      where: this.#where,
      remedy: 'Pack it again',
      cause,
    });
  }
}
