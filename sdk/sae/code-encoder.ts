/**
 * Codes of embeddings as fast as we can: the k strongest latents of each row.
 *
 * The dense product, which is nearly all of the work, is made in 8-bit integers, and only says which latents can be among the strongest;
 * those are then computed in float32, so that values and their order are float32's. Rounding a row x to steps s and an atom w to steps t adds to
 * their product an error of variance (s²‖w‖² + t²‖x‖²)/12 (rounding errors are as good as independent, uniform and of mean 0: Widrow & Kollár,
 * "Quantization noise", 2008); a latent is computed where it lies within twice six standard deviations of the k-th strongest. The errors that are
 * then known show whether that holds for the rows at hand: where one is above five, the row is computed whole.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openWasm } from '../base/index.ts';
import { DataType, model, node, tensor, valueInfo, writeOnnx } from '../compact/onnx.ts';
import { codesOf, preActivationsOf } from './code-batch.ts';
import type { SparseCode } from './encode.ts';
import { layout, rowWidth, takeScratch } from './training-memory.ts';
import type { SaeWeights } from './weights.ts';

const MODULE = new URL('./kernels/build/encode.wasm', import.meta.url);
/** Rows of one product, and bytes at most. */
const CHUNK_ROWS = 256;
const CHUNK_BYTES = 64 * 2 ** 20;
/** Latents of a row that are computed, over k, for which there is room at once. */
const PAIRS_OF_ROW = 4;
/** n/k below which hardly a latent would be left out. */
const FEWEST_LEFT_OUT = 4;
/** Standard deviations: what is allowed for, and above which a row is computed whole. */
const ALLOWED = 6;
const SUSPECT = 5;
/** Largest byte of a weight. */
const MOST = 127;
/** What zero is as a byte of a row. */
const MIDDLE = 128;

interface Kernels {
  readonly memory: WebAssembly.Memory;
  product(a: number, b: number, width: number): number;
  quantise(x: number, rows: number, width: number, bytes: number, steps: number, squares: number): void;
  strongest(...offsetsAndSizes: number[]): void;
  select(...offsetsAndSizes: number[]): void;
}

export class CodeEncoder {
  readonly k: number;
  readonly #sae: SaeWeights;
  readonly #threads: number;
  /** Undefined where WASM, or integers that do not overflow, are not to be had: then all is float32. */
  readonly #screen: Screen | undefined;

  private constructor(sae: SaeWeights, k: number, threads: number, screen: Screen | undefined) {
    this.k = k;
    this.#sae = sae;
    this.#threads = threads;
    this.#screen = screen;
  }

  /** Readies encoding to at most k latents a row. Latents with thresholds are always computed in float32 alone. */
  static async open(sae: SaeWeights, k: number, threads = 1): Promise<CodeEncoder> {
    const kept = Math.min(k, sae.n);
    const screens = !sae.threshold && kept * FEWEST_LEFT_OUT <= sae.n;
    return new CodeEncoder(sae, kept, threads, screens ? await Screen.open(sae, kept, threads) : undefined);
  }

  /** Codes of embeddings [rows, d], the strongest latent first, of equal ones the first. */
  async codes(embeddings: Float32Array): Promise<SparseCode[]> {
    if (this.#screen) return this.#screen.codes(embeddings);
    return codesOf(await preActivationsOf(this.#sae, embeddings, this.#threads), this.#sae.n, this.k);
  }

  async close(): Promise<void> {
    await this.#screen?.close();
  }
}

class Screen {
  readonly #sae: SaeWeights;
  readonly #k: number;
  readonly #kernels: Kernels;
  readonly #session: InferenceSession;
  readonly #at: ReturnType<typeof layOut>['at'];
  readonly #width: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #levels: readonly number[];
  readonly #pairs: number;
  /** Largest ‖w‖² and t² of a latent. */
  readonly #largest: { readonly weight: number; readonly step: number };
  /** Tensors of one row: most calls on board are such. */
  readonly #one: { readonly a: Tensor; readonly y: Tensor };

  private constructor(
    sae: SaeWeights,
    k: number,
    kernels: Kernels,
    session: InferenceSession,
    laid: Laid,
    bytes: WeightBytes,
  ) {
    [this.#sae, this.#k, this.#kernels, this.#session] = [sae, k, kernels, session];
    [this.#at, this.#width, this.#columns, this.#rows, this.#levels] = [
      laid.at,
      laid.width,
      laid.columns,
      laid.rows,
      laid.levels,
    ];
    this.#pairs = laid.pairs;
    const { n, d, wEnc, bLat } = sae;
    const { at, columns, width } = laid;
    const weights = this.#floats(at.weights, n * width);
    for (let latent = 0; latent < n; latent++) weights.set(wEnc.subarray(latent * d, (latent + 1) * d), latent * width);
    // columns that only fill up are never strong
    this.#floats(at.bias, columns).fill(-Infinity).set(bLat);
    this.#floats(at.scales, columns).set(bytes.steps);
    new Int32Array(kernels.memory.buffer, at.offsets, columns).set(bytes.offsets);
    new Uint32Array(kernels.memory.buffer, at.levels, laid.levels.length).set(laid.levels);
    this.#largest = bytes.largest;
    this.#one = this.#tensors(1);
  }

  static async open(sae: SaeWeights, k: number, threads: number): Promise<Screen | undefined> {
    const laid = layOut(sae, k);
    const kernels = openWasm<Omit<Kernels, 'memory'>>(MODULE, laid.bytes);
    if (!kernels) return undefined;
    const bytes = weightBytes(sae, laid.width, laid.columns);
    const session = await productOf(bytes.weights, laid.width, laid.columns, threads);
    const screen = new Screen(sae, k, kernels, session, laid, bytes);
    if (await screen.#isExact(bytes.offsets)) return screen;
    await screen.close();
    return undefined;
  }

  async codes(embeddings: Float32Array): Promise<SparseCode[]> {
    const { d } = this.#sae;
    const count = embeddings.length / d;
    const codes: SparseCode[] = [];
    for (let from = 0; from < count; from += this.#rows) {
      const rows = Math.min(this.#rows, count - from);
      this.#centre(embeddings, from, rows);
      await this.#select(rows);
      for (let row = 0; row < rows; row++) codes.push(this.#read(row));
    }
    return codes;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  /** Whether the largest sums of bytes that can be come out whole: some processors' instructions saturate. */
  async #isExact(offsets: Int32Array): Promise<boolean> {
    const { buffer } = this.#kernels.memory;
    new Uint8Array(buffer, this.#at.bytes, this.#width).fill(255);
    await this.#session.run({ a: this.#one.a }, { y: this.#one.y });
    const products = new Int32Array(buffer, this.#at.products, this.#columns);
    return products.every((product, column) => product * MIDDLE === offsets[column] * 255);
  }

  #centre(embeddings: Float32Array, from: number, rows: number): void {
    const { d, mean, scale, bPre } = this.#sae;
    const input = this.#floats(this.#at.input, rows * this.#width);
    for (let row = 0; row < rows; row++) {
      const [source, target] = [(from + row) * d, row * this.#width];
      for (let i = 0; i < d; i++) input[target + i] = (embeddings[source + i] - mean[i]) * scale - bPre[i];
    }
  }

  /** The strongest latents of the rows in memory. */
  async #select(rows: number): Promise<void> {
    const at = this.#at;
    const kernels = this.#kernels;
    kernels.quantise(at.input, rows, this.#width, at.bytes, at.steps, at.squares);
    const { a, y } = rows === 1 ? this.#one : this.#tensors(rows);
    await this.#session.run({ a }, { y });
    const [steps, squares] = [this.#floats(at.steps, rows), this.#floats(at.squares, rows)];
    const margins = this.#floats(at.margins, rows);
    const { weight, step } = this.#largest;
    for (let row = 0; row < rows; row++) {
      const deviation = Math.sqrt((steps[row] ** 2 * weight + squares[row] * step) / 12);
      // and what float32 rounds
      margins[row] = ALLOWED * deviation + 1e-6 * Math.sqrt(squares[row] * weight) + 1e-30;
    }
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = at.scratch;
    const scratch = [scratchValues, scratchLatents, scratchAll, scratchRest];
    const into = [at.levels, this.#levels.length, ...scratch, at.latents, at.values, at.ends];
    const by = [at.offsets, at.scales, at.steps, at.margins, at.worst];
    const pairs = [at.starts, at.pairLatents, at.pairValues, at.pairRows, at.order, this.#pairs, at.firsts];
    kernels.strongest(
      at.products,
      rows,
      this.#columns,
      this.#k,
      at.input,
      this.#width,
      at.weights,
      at.bias,
      ...by,
      ...pairs,
      ...into,
    );
    const worst = this.#floats(at.worst, rows);
    for (let row = 0; row < rows; row++) if (!(worst[row] <= SUSPECT / ALLOWED)) this.#computeWhole(row);
  }

  #computeWhole(row: number): void {
    const at = this.#at;
    const pre = this.#floats(at.products, this.#columns);
    const input = at.input + row * this.#width * 4;
    for (let latent = 0; latent < this.#sae.n; latent++)
      pre[latent] = this.#kernels.product(input, at.weights + latent * this.#width * 4, this.#width);
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = at.scratch;
    const place = row * this.#k * 4;
    const into = [at.latents + place, at.values + place, at.ends + row * this.#levels.length * 4, this.#k];
    const scratch = [scratchValues, scratchLatents, scratchAll, scratchRest];
    this.#kernels.select(at.products, 1, this.#columns, at.bias, at.levels, this.#levels.length, ...scratch, ...into);
  }

  /** A row's code. In memory each level's latents rise; they are few enough to be sorted by insertion. */
  #read(row: number): SparseCode {
    const { buffer } = this.#kernels.memory;
    const ends = new Uint32Array(buffer, this.#at.ends + row * this.#levels.length * 4, this.#levels.length);
    const place = row * this.#k * 4;
    const kept = ends[ends.length - 1];
    const latents = new Uint32Array(buffer, this.#at.latents + place, kept).slice();
    const values = new Float32Array(buffer, this.#at.values + place, kept).slice();
    let start = 0;
    for (const end of ends) {
      for (let i = start + 1; i < end; i++) {
        const [value, latent] = [values[i], latents[i]];
        let to = i;
        for (; to > start && values[to - 1] < value; to--) {
          values[to] = values[to - 1];
          latents[to] = latents[to - 1];
        }
        values[to] = value;
        latents[to] = latent;
      }
      start = end;
    }
    return { latents, values };
  }

  #tensors(rows: number): { readonly a: Tensor; readonly y: Tensor } {
    const { buffer } = this.#kernels.memory;
    const bytes = new Uint8Array(buffer, this.#at.bytes, rows * this.#width);
    const products = new Int32Array(buffer, this.#at.products, rows * this.#columns);
    return {
      a: new Tensor('uint8', bytes, [rows, this.#width]),
      y: new Tensor('int32', products, [rows, this.#columns]),
    };
  }

  #floats(offset: number, count: number): Float32Array {
    return new Float32Array(this.#kernels.memory.buffer, offset, count);
  }
}

type Laid = ReturnType<typeof layOut>;

function layOut({ d, n }: SaeWeights, k: number) {
  const width = rowWidth(d);
  const columns = Math.ceil(n / 4) * 4;
  const rows = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_BYTES / (4 * columns))));
  const levels: number[] = [];
  for (let level = Math.min(8, k); level < k; level *= 2) levels.push(level);
  levels.push(k);
  const pairs = Math.max(2 * columns, PAIRS_OF_ROW * k * rows);
  const { take, end } = layout();
  const at = {
    input: take(rows * width),
    bytes: take((rows * width) / 4),
    steps: take(rows),
    squares: take(rows),
    margins: take(rows),
    worst: take(rows),
    starts: take(columns + 1),
    pairLatents: take(pairs),
    pairValues: take(pairs),
    pairRows: take(pairs),
    order: take(pairs),
    firsts: take(rows + 1),
    products: take(rows * columns),
    weights: take(n * width),
    bias: take(columns),
    scales: take(columns),
    offsets: take(columns),
    levels: take(levels.length),
    scratch: takeScratch(take, columns),
    latents: take(rows * k),
    values: take(rows * k),
    ends: take(rows * levels.length),
  };
  return { at, bytes: end(), width, columns, rows, levels, pairs };
}

interface WeightBytes {
  /** [width, columns]. */
  readonly weights: Int8Array;
  /** What a latent's bytes count, [n]. */
  readonly steps: Float32Array;
  /** What a row of zeros would give, [columns]. */
  readonly offsets: Int32Array;
  readonly largest: { readonly weight: number; readonly step: number };
}

function weightBytes({ d, n, wEnc }: SaeWeights, width: number, columns: number): WeightBytes {
  const weights = new Int8Array(width * columns);
  const steps = new Float32Array(n);
  const offsets = new Int32Array(columns);
  let [weight, step] = [0, 0];
  for (let latent = 0; latent < n; latent++) {
    const row = wEnc.subarray(latent * d, (latent + 1) * d);
    let [most, square] = [0, 0];
    for (const value of row) {
      most = Math.max(most, Math.abs(value));
      square += value * value;
    }
    steps[latent] = most > 0 ? most / MOST : 1;
    for (let i = 0; i < d; i++) {
      const byte = Math.round(row[i] / steps[latent]);
      weights[i * columns + latent] = byte;
      offsets[latent] += MIDDLE * byte;
    }
    weight = Math.max(weight, square);
    step = Math.max(step, steps[latent] ** 2);
  }
  return { weights, steps, offsets, largest: { weight, step } };
}

/** y [rows, columns] = a [rows, width] · the weights. */
function productOf(weights: Int8Array, width: number, columns: number, threads: number): Promise<InferenceSession> {
  const graph = {
    name: 'screen',
    node: [node('MatMulInteger', ['a', 'b'], ['y'])],
    input: [valueInfo('a', DataType.uint8, ['M', width])],
    output: [valueInfo('y', DataType.int32, ['M', columns])],
    initializer: [tensor('b', [width, columns], weights)],
  };
  return InferenceSession.create(writeOnnx(model(graph, [{ domain: '', version: 13 }])), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}
