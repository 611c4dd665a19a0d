/** Products of bytes with one matrix by onnxruntime, exact in int32: several times faster than those of float32. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { DataType, model, node, tensor, valueInfo, writeOnnx } from '../compact/onnx.ts';

/** Numbers of rows at which the product is tried: onnxruntime has ways of its own for a row alone. */
const TRIED_ROWS = [1, 8];
const MOST = 255;

/** y [m, n] = a [m, k] · b [k, n], a of uint8, b of int8. */
export class ByteProduct {
  readonly #session: InferenceSession;
  readonly #k: number;
  readonly #n: number;

  private constructor(session: InferenceSession, k: number, n: number) {
    [this.#session, this.#k, this.#n] = [session, k, n];
  }

  /** Takes b [k, n]. Undefined on processors whose instructions saturate where sums of its bytes are large. */
  static async open(b: Int8Array, k: number, threads: number): Promise<ByteProduct | undefined> {
    const n = b.length / k;
    const graph = {
      name: 'product',
      node: [node('MatMulInteger', ['a', 'b'], ['y'])],
      input: [valueInfo('a', DataType.uint8, ['m', k])],
      output: [valueInfo('y', DataType.int32, ['m', n])],
      initializer: [tensor('b', [k, n], b)],
    };
    const session = await InferenceSession.create(writeOnnx(model(graph, [{ domain: '', version: 13 }])), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const product = new ByteProduct(session, k, n);
    if (await product.#isExact(b)) return product;
    await product.close();
    return undefined;
  }

  /** Whether rows of the largest bytes, which give the largest sums on the way, come out whole. */
  async #isExact(b: Int8Array): Promise<boolean> {
    const sums = new Int32Array(this.#n);
    for (let i = 0; i < b.length; i++) sums[i % this.#n] += MOST * b[i];
    for (const m of TRIED_ROWS) {
      const y = new Int32Array(m * this.#n);
      await this.multiply(new Uint8Array(m * this.#k).fill(MOST), y);
      if (!y.every((value, i) => value === sums[i % this.#n])) return false;
    }
    return true;
  }

  async multiply(a: Uint8Array, y: Int32Array): Promise<void> {
    const m = a.length / this.#k;
    await this.#session.run({ a: new Tensor('uint8', a, [m, this.#k]) }, { y: new Tensor('int32', y, [m, this.#n]) });
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
