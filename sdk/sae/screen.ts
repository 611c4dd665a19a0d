/**
 * The strongest latents of rows by a product of bytes. The dense product, most of the work of encoding, is made in 8-bit integers, and only says
 * which latents can be among the strongest; those are then computed in float32, so that values and their order are float32's.
 *
 * Rounding a row x to steps s and an atom w to steps t adds to their product an error of variance (s²‖w‖² + t²‖x‖²)/12 (rounding errors are as good as
 * independent, uniform and of mean 0: Widrow & Kollár, "Quantization noise", 2008); a latent is computed where it lies within twice six standard
 * deviations of the k-th strongest. The errors that are then known show whether that holds for the rows at hand: where one is above
 * five, the row is computed whole.
 */
import type { ByteProduct } from './byte-product.ts';
import { takeScratch } from './layout.ts';

/** Standard deviations: what is allowed for, and above which a row is computed whole. */
const ALLOWED = 6;
const SUSPECT = 5;
/** Rows whose latents are computed at once, at 1.5·k a row: they stay in the cache. */
const PAIRED_ROWS = 128;

/** What a screen needs of kernels; assembly/sae/screen.ts says what each does. */
export interface ScreenKernels {
  quantise(x: number, rows: number, width: number, bytes: number, steps: number, squares: number): void;
  weightBytes(
    weights: number,
    n: number,
    width: number,
    bytes: number,
    steps: number,
    offsets: number,
    largest: number,
  ): void;
  product(a: number, b: number, width: number): number;
  strongest(
    products: number,
    rows: number,
    n: number,
    k: number,
    x: number,
    width: number,
    weights: number,
    bias: number,
    offsets: number,
    scales: number,
    steps: number,
    margins: number,
    worst: number,
    starts: number,
    pairLatents: number,
    pairValues: number,
    pairRows: number,
    order: number,
    capacity: number,
    firsts: number,
    levels: number,
    levelCount: number,
    scratchValues: number,
    scratchLatents: number,
    scratchAll: number,
    scratchRest: number,
    latents: number,
    values: number,
    ends: number,
  ): void;
  select(
    pre: number,
    rows: number,
    n: number,
    bias: number,
    levels: number,
    levelCount: number,
    scratchValues: number,
    scratchLatents: number,
    scratchAll: number,
    scratchRest: number,
    latents: number,
    values: number,
    ends: number,
    slots: number,
  ): void;
}

export interface ScreenShape {
  /** Most rows at once. */
  readonly rows: number;
  /** Length of rows, a multiple of 32. */
  readonly width: number;
  /** Latents, a multiple of 16. */
  readonly n: number;
  /** Most latents of a row. */
  readonly k: number;
}

/** Takes the screen's own room in a memory. */
export function takeScreen(take: (words: number) => number, { rows, width, n, k }: ScreenShape) {
  const capacity = Math.max(2 * n, Math.ceil(1.5 * k * Math.min(rows, PAIRED_ROWS)) + n);
  return {
    ...{ capacity, bytes: take((rows * width) / 4), weightBytes: take((width * n) / 4) },
    ...{ steps: take(rows), squares: take(rows), margins: take(rows), worst: take(rows), firsts: take(rows + 1) },
    ...{ scales: take(n), offsets: take(n), largest: take(2), products: take(rows * n), starts: take(n + 1) },
    ...{ pairLatents: take(capacity), pairValues: take(capacity), pairRows: take(capacity), order: take(capacity) },
    ...takeScratch(take, n),
  };
}

/** Where in the same memory lies what a screen reads and writes: byte offsets. */
export interface ScreenPlaces {
  /** Centred rows [rows, width]. */
  readonly input: number;
  /** W_enc [n, width] and b_lat [n]. */
  readonly weights: number;
  readonly bias: number;
  /** Numbers of latents [levelCount], rising to k. */
  readonly levels: number;
  readonly levelCount: number;
  /** As `select` writes them. */
  readonly latents: number;
  readonly values: number;
  readonly ends: number;
}

export class Screen {
  readonly #kernels: ScreenKernels;
  readonly #buffer: ArrayBuffer | SharedArrayBuffer;
  readonly #shape: ScreenShape;
  readonly #room: ReturnType<typeof takeScreen>;
  readonly #at: ScreenPlaces;

  constructor(
    kernels: ScreenKernels,
    buffer: ArrayBuffer | SharedArrayBuffer,
    shape: ScreenShape,
    room: ReturnType<typeof takeScreen>,
    at: ScreenPlaces,
  ) {
    [this.#kernels, this.#buffer, this.#shape, this.#room, this.#at] = [kernels, buffer, shape, room, at];
  }

  /** Takes the weights as they lie in memory now; gives their bytes [width, n]. */
  takeWeights(): Int8Array {
    const { n, width } = this.#shape;
    const { weightBytes, scales, offsets, largest } = this.#room;
    this.#kernels.weightBytes(this.#at.weights, n, width, weightBytes, scales, offsets, largest);
    return new Int8Array(this.#buffer, weightBytes, width * n);
  }

  /** Selects for the first `rows` rows of the input; the product is with the weights' bytes. */
  async select(rows: number, product: ByteProduct): Promise<void> {
    const { width, n, k } = this.#shape;
    const room = this.#room;
    const at = this.#at;
    this.#kernels.quantise(at.input, rows, width, room.bytes, room.steps, room.squares);
    const products = new Int32Array(this.#buffer, room.products, rows * n);
    await product.multiply(new Uint8Array(this.#buffer, room.bytes, rows * width), products);
    this.#setMargins(rows);
    const by = [room.offsets, room.scales, room.steps, room.margins, room.worst] as const;
    const pairs = [room.starts, room.pairLatents, room.pairValues, room.pairRows, room.order, room.capacity] as const;
    const scratch = [room.scratchValues, room.scratchLatents, room.scratchAll, room.scratchRest] as const;
    const into = [at.levels, at.levelCount, ...scratch, at.latents, at.values, at.ends] as const;
    const of = [at.input, width, at.weights, at.bias] as const;
    this.#kernels.strongest(room.products, rows, n, k, ...of, ...by, ...pairs, room.firsts, ...into);
    const worst = this.#floats(room.worst, rows);
    for (let row = 0; row < rows; row++) if (!(worst[row] <= SUSPECT / ALLOWED)) this.#computeWhole(row);
  }

  #setMargins(rows: number): void {
    const room = this.#room;
    const [steps, squares] = [this.#floats(room.steps, rows), this.#floats(room.squares, rows)];
    const margins = this.#floats(room.margins, rows);
    const [weight, step] = this.#floats(room.largest, 2);
    for (let row = 0; row < rows; row++) {
      const deviation = Math.sqrt((steps[row] ** 2 * weight + squares[row] * step) / 12);
      // and what float32 rounds
      margins[row] = ALLOWED * deviation + 1e-6 * Math.sqrt(squares[row] * weight) + 1e-30;
    }
  }

  #computeWhole(row: number): void {
    const { width, n, k } = this.#shape;
    const room = this.#room;
    const at = this.#at;
    const pre = this.#floats(room.products, n);
    const input = at.input + row * width * 4;
    for (let latent = 0; latent < n; latent++)
      pre[latent] = this.#kernels.product(input, at.weights + latent * width * 4, width);
    const place = row * k * 4;
    const into = [at.latents + place, at.values + place, at.ends + row * at.levelCount * 4, k] as const;
    const scratch = [room.scratchValues, room.scratchLatents, room.scratchAll, room.scratchRest] as const;
    this.#kernels.select(room.products, 1, n, at.bias, at.levels, at.levelCount, ...scratch, ...into);
  }

  #floats(offset: number, count: number): Float32Array {
    return new Float32Array(this.#buffer, offset, count);
  }
}
