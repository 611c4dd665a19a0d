/**
 * Dense products by onnxruntime: many rows against one matrix. It is several times faster than WASM on wide CPUs; the same
 * matrices give the same results for any number of threads, but a row alone may differ in the last bits from that row among others.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { DataType, model, node, valueInfo, writeOnnx } from '../compact/onnx.ts';

/** A·Bᵀ for row-major matrices. */
export class DenseProduct {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(threads: number): Promise<DenseProduct> {
    const graph = {
      name: 'product',
      node: [node('Gemm', ['a', 'b'], ['y'], { transB: { int: 1 } })],
      input: [valueInfo('a', DataType.float, ['M', 'K']), valueInfo('b', DataType.float, ['N', 'K'])],
      output: [valueInfo('y', DataType.float, ['M', 'N'])],
    };
    const session = await InferenceSession.create(writeOnnx(model(graph, [{ domain: '', version: 13 }])), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // threads that spin while the kernels run would only take their cores away
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new DenseProduct(session);
  }

  /** y [m, n] = a [m, k] · b [n, k]ᵀ; gives `y`. */
  async multiply(
    a: Float32Array,
    b: Float32Array,
    k: number,
    y: Float32Array = new Float32Array((a.length / k) * (b.length / k)),
  ): Promise<Float32Array> {
    const [m, n] = [a.length / k, b.length / k];
    await this.#session.run(
      { a: new Tensor('float32', a, [m, k]), b: new Tensor('float32', b, [n, k]) },
      { y: new Tensor('float32', y, [m, n]) },
    );
    return y;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
