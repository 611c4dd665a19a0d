/** An image encoder in onnxruntime: any ONNX file with one image input and an output named `embedding`. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf, NadirError, readBounded } from '../base/index.ts';
import { ENCODER_EDGE } from '../spectra/index.ts';

const MAX_BYTES = 2 ** 30;
const OUTPUT = 'embedding';

/** A loaded encoder. */
export class ImageEncoder {
  readonly #session: InferenceSession;
  readonly #where: string;

  private constructor(session: InferenceSession, where: string) {
    this.#session = session;
    this.#where = where;
  }

  /** Loads an encoder; throws NadirError where the file is none. */
  static async open(path: string, threads: number): Promise<ImageEncoder> {
    const bytes = await readBounded(path, MAX_BYTES);
    const fail = (what: string, cause?: unknown) =>
      new NadirError({ what, where: path, remedy: `Give an ONNX encoder with an output "${OUTPUT}"`, cause });
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(bytes, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
        // threads that spin between batches would only take the cores that decode the next images
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
    } catch (cause) {
      throw fail(`onnxruntime cannot load the encoder (${messageOf(cause)})`, cause);
    }
    if (!session.outputNames.includes(OUTPUT) || session.inputNames.length !== 1)
      throw fail(`an encoder with inputs ${session.inputNames} and outputs ${session.outputNames}`);
    return new ImageEncoder(session, path);
  }

  /** Embeddings [count, d] of images [count, 3, 128, 128] as encoderInput makes them. */
  async run(images: Float32Array, count: number): Promise<Float32Array> {
    const tensor = new Tensor('float32', images, [count, 3, ENCODER_EDGE, ENCODER_EDGE]);
    try {
      const { data } = (await this.#session.run({ [this.#session.inputNames[0]]: tensor }, [OUTPUT]))[OUTPUT];
      if (!(data instanceof Float32Array) || data.length % count !== 0)
        throw new TypeError('its output is not float32');
      return data;
    } catch (cause) {
      const remedy = `Give an encoder of ${ENCODER_EDGE} × ${ENCODER_EDGE} images`;
      const what = `onnxruntime cannot run the encoder (${messageOf(cause)})`;
      throw new NadirError({ what, where: this.#where, remedy, cause });
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
