/** Codes of embeddings as fast as we can: the k strongest latents of each row, by a screen (screen.ts) whose matrix is laid out once. */
import { openWasm } from '../base/index.ts';
import { ByteProduct } from './byte-product.ts';
import { centreInto, codesOf, preActivationsOf } from './code-batch.ts';
import type { SparseCode } from './encode.ts';
import { layout, rowWidth } from './layout.ts';
import { Screen, type ScreenKernels, takeScreen } from './screen.ts';
import type { SaeWeights } from './weights.ts';

const MODULE = new URL('./kernels/build/encode.wasm', import.meta.url);
/** Rows of one product, and bytes at most. */
const CHUNK_ROWS = 256;
const CHUNK_BYTES = 64 * 2 ** 20;
/** n/k below which hardly a latent would be left out. */
const FEWEST_LEFT_OUT = 4;

export class CodeEncoder {
  readonly k: number;
  readonly #sae: SaeWeights;
  readonly #threads: number;
  /** Undefined where WASM, or integers that do not overflow, are not to be had: then all is float32. */
  readonly #screen: ScreenedRows | undefined;

  private constructor(sae: SaeWeights, k: number, threads: number, screen: ScreenedRows | undefined) {
    this.k = k;
    this.#sae = sae;
    this.#threads = threads;
    this.#screen = screen;
  }

  /** Readies encoding to at most k latents a row. Latents with thresholds are always computed in float32 alone. */
  static async open(sae: SaeWeights, k: number, threads = 1): Promise<CodeEncoder> {
    const kept = Math.min(k, sae.n);
    const screens = !sae.threshold && kept * FEWEST_LEFT_OUT <= sae.n;
    return new CodeEncoder(sae, kept, threads, screens ? await ScreenedRows.open(sae, kept, threads) : undefined);
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

class ScreenedRows {
  readonly #sae: SaeWeights;
  readonly #buffer: ArrayBuffer;
  readonly #product: ByteProduct;
  readonly #screen: Screen;
  readonly #at: Laid['at'];
  readonly #width: number;
  readonly #rows: number;
  readonly #k: number;
  readonly #levels: readonly number[];

  private constructor(sae: SaeWeights, laid: Laid, buffer: ArrayBuffer, screen: Screen, product: ByteProduct) {
    [this.#sae, this.#buffer, this.#screen, this.#product] = [sae, buffer, screen, product];
    const { at, shape, levels } = laid;
    [this.#at, this.#levels, this.#width, this.#rows, this.#k] = [at, levels, shape.width, shape.rows, shape.k];
  }

  static async open(sae: SaeWeights, k: number, threads: number): Promise<ScreenedRows | undefined> {
    const laid = layOut(sae, k);
    const kernels = openWasm<ScreenKernels>(MODULE, laid.bytes);
    if (!kernels) return undefined;
    const { at, shape, levels, room } = laid;
    const { buffer } = kernels.memory;
    const { n, d, wEnc, bLat } = sae;
    const weights = new Float32Array(buffer, at.weights, shape.n * shape.width);
    for (let latent = 0; latent < n; latent++)
      weights.set(wEnc.subarray(latent * d, (latent + 1) * d), latent * shape.width);
    // latents that only fill up are never strong
    const bias = new Float32Array(buffer, at.bias, shape.n).fill(-Infinity);
    bias.set(bLat);
    new Uint32Array(buffer, at.levels, levels.length).set(levels);
    const screen = new Screen(kernels, buffer, shape, room, { ...at, levelCount: levels.length });
    const product = await ByteProduct.open(screen.takeWeights(), shape.width, threads);
    return product && new ScreenedRows(sae, laid, buffer, screen, product);
  }

  async codes(embeddings: Float32Array): Promise<SparseCode[]> {
    const { d } = this.#sae;
    const count = embeddings.length / d;
    const codes: SparseCode[] = [];
    for (let from = 0; from < count; from += this.#rows) {
      const rows = Math.min(this.#rows, count - from);
      const input = new Float32Array(this.#buffer, this.#at.input, rows * this.#width);
      centreInto(this.#sae, embeddings.subarray(from * d, (from + rows) * d), this.#width, input);
      await this.#screen.select(rows, this.#product);
      for (let row = 0; row < rows; row++) codes.push(this.#read(row));
    }
    return codes;
  }

  async close(): Promise<void> {
    await this.#product.close();
  }

  /** A row's code. In memory each level's latents rise; they are few enough to be sorted by insertion. */
  #read(row: number): SparseCode {
    const buffer = this.#buffer;
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
}

type Laid = ReturnType<typeof layOut>;

function layOut({ d, n: latents }: SaeWeights, k: number) {
  const width = rowWidth(d);
  const n = Math.ceil(latents / 16) * 16;
  const rows = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(CHUNK_BYTES / (4 * n))));
  // the finer the levels, the less is left to sort
  const levels: number[] = [];
  for (let level = Math.min(8, k); level < k; level *= 2) levels.push(level);
  levels.push(k);
  const { take, end } = layout();
  const at = {
    ...{ input: take(rows * width), weights: take(n * width), bias: take(n), levels: take(levels.length) },
    ...{ latents: take(rows * k), values: take(rows * k), ends: take(rows * levels.length) },
  };
  const shape = { rows, width, n, k };
  const room = takeScreen(take, shape);
  return { at, shape, levels, room, bytes: end() };
}
