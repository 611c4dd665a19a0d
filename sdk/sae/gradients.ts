/**
 * The gradients of MSAE training (arXiv 2502.20578). The levels are nested, so the latents are selected once, in order; each level's estimate
 * grows from the one before; the gradient of a latent is its atom times the sum of the residual gradients of all levels that hold it;
 * and only rows of active latents get gradient.
 */
import type { DenseProduct } from './dense.ts';
import type { Part } from './kinds/selection.ts';
import { BLOCKS, blockSize, type TrainingMemory, type Workspace } from './training-memory.ts';

/** What the loss is made of. */
export interface LossOptions {
  /** α of each level, not yet divided by their sum. */
  readonly alpha: readonly number[];
  /** True: NMSE, a row's squared error over that of its mean; false: plain MSE. */
  readonly relative: boolean;
  /** λ of the L1 term on the code, 0 for none; the term is λ · mean over rows of Σ z. */
  readonly l1: number;
}

/** Rows of one dense product: what it packs then stays in the cache. */
const PRODUCT_ROWS = 512;

/** Some of the latents, or of a part's rows: first … last − 1. */
export interface Slice {
  readonly first: number;
  readonly last: number;
}

/** Bytes of 32 values, of which rows by segments are made. */
export const SEGMENT = 128;

/** Readies a batch: gradients that its parts add to are 0, and atoms lie by segments. */
export function beginBatch(memory: TrainingMemory): void {
  const { parameters, n } = memory;
  for (const { gradient, count } of [parameters.bPre, ...(parameters.logThreshold ? [parameters.logThreshold] : [])])
    memory.floats(gradient, count).fill(0);
  beginLatents(memory, { first: 0, last: n });
}

/** Readies a batch for these latents. */
export function beginLatents(memory: TrainingMemory, { first, last }: Slice): void {
  const { kernels, at, parameters, n, width } = memory;
  memory.floats(parameters.bLat.gradient + first * 4, last - first).fill(0);
  kernels.pack(parameters.wDec.weight, first, last, n, width, at.atoms);
}

/** Centres the part's rows that lie in the memory's input and, unless only that is wanted, makes their pre-activations (without b_lat). */
export async function encodePart(memory: TrainingMemory, dense: DenseProduct, rows: number, centreOnly = false) {
  const { at, parameters, width, n } = memory;
  centreRows(memory, rows, { first: 0, last: rows });
  if (centreOnly) return;
  await multiplyRows(
    dense,
    memory,
    { rows: at.centred, matrix: parameters.wEnc.weight, product: at.pre },
    rows,
    n,
    width,
  );
}

/** Centres some of the part's rows, and lays them out by segments. */
export function centreRows(
  { kernels, at, parameters, width }: TrainingMemory,
  rows: number,
  { first, last }: Slice,
): void {
  const offset = first * width * 4;
  kernels.centre(at.input + offset, parameters.bPre.weight, at.centred + offset, last - first, width);
  kernels.pack(at.centred, first, last, rows, width, at.targets);
}

/** Where floats lie in a memory. */
export interface Floats {
  floats(offset: number, count: number): Float32Array;
}

/** product [rows, n] = rows [rows, width] · matrix [n, width]ᵀ, so many rows at once as stay in the cache. */
export async function multiplyRows(
  dense: DenseProduct,
  memory: Floats,
  at: { readonly rows: number; readonly matrix: number; readonly product: number },
  rows: number,
  n: number,
  width: number,
): Promise<void> {
  const matrix = memory.floats(at.matrix, n * width);
  for (let first = 0; first < rows; first += PRODUCT_ROWS) {
    const count = Math.min(PRODUCT_ROWS, rows - first);
    const some = memory.floats(at.rows + first * width * 4, count * width);
    await dense.multiply(some, matrix, width, memory.floats(at.product + first * n * 4, count * n));
  }
}

/** The estimates of the part's picked latents: the residuals' gradients of each level to the memory; gives the summed error of each, [levels]. */
export function decodePart(memory: TrainingMemory, part: Part, loss: LossOptions): Float64Array {
  weighLevels(memory, part.batchRows, loss);
  decodeRows(memory, part.rows, loss.relative, { first: 0, last: part.rows });
  return sumErrors(memory, part.rows);
}

/** Writes what each level's squared error counts in a batch of so many rows. */
export function weighLevels(
  { at, d, levels, floats }: TrainingMemory,
  batchRows: number,
  { alpha }: LossOptions,
): void {
  const total = alpha.reduce((sum, one) => sum + one, 0);
  floats(at.levelWeights, levels.length).set(alpha.map((one) => ((one / total) * 2) / (d * batchRows)));
}

/** `decodePart` for some of the part's rows, but for the sums over them. */
export function decodeRows(memory: TrainingMemory, rows: number, relative: boolean, { first, last }: Slice): void {
  const { kernels, at, width, d, n, levels, slots } = memory;
  const count = levels.length;
  const offset = first * width * 4;
  kernels.inversePowers(at.input + offset, last - first, d, width, relative ? 1 : 0, at.inverse + first * 4);
  const picked = [at.latents, at.values, at.ends, slots] as const;
  const dictionary = [at.atoms, n, count, at.levelWeights] as const;
  kernels.decode(at.targets, at.inverse, first, last, rows, width, ...dictionary, ...picked, at.gradients, at.squares);
}

/** Errors by level, summed over the part's rows, [levels]. */
export function sumErrors({ kernels, at, d, levels }: TrainingMemory, rows: number): Float64Array {
  const errors = new Float64Array(kernels.buffer, at.errors, levels.length).fill(0);
  kernels.levelErrors(at.squares, at.inverse, 0, rows, levels.length, d, at.errors);
  return errors.slice();
}

/** Residual gradients [rows, width] of one level, to `target` in memory. */
export function residualsOf(memory: TrainingMemory, rows: number, level: number, target: number): void {
  const { kernels, at, levels, width } = memory;
  kernels.unpack(at.gradients, rows, levels.length, level, width, target);
}

/** Where active latents and what they are worth lie, for their weights' gradients. */
export interface Picked {
  readonly latents: number;
  readonly values: number;
  readonly ends: number;
  readonly slots: number;
  readonly levelCount: number;
  /** By segments, [width/32, rows, levels, 32]. */
  readonly gradients: number;
}

/** What `select` picked. */
export function pickedOf({ at, levels, slots }: TrainingMemory): Picked {
  const { latents, values, ends, gradients } = at;
  return { latents, values, ends, slots, levelCount: levels.length, gradients };
}

/** Gradients of W_dec, W_enc and b_lat of what is picked of the part's rows, for some latents; W's are set, or added to where `adds`. */
export function backpropagateLatents(
  memory: TrainingMemory,
  rows: number,
  { latents, values, ends, slots, levelCount, gradients }: Picked,
  penalty: number,
  adds: boolean,
  { first, last }: Slice,
  { starts, residuals, rowsOf, activations, derivatives }: Workspace,
): void {
  const { kernels, at, parameters, width, n } = memory;
  const { wDec, wEnc, bLat } = parameters;
  const count = last - first;
  const offset = first * SEGMENT;
  const codes = [latents, values, ends, rows, levelCount, slots] as const;
  kernels.byLatent(...codes, first, last, starts, residuals, rowsOf, activations);
  const of = [gradients, rows * levelCount, starts, residuals] as const;
  const how = adds ? 1 : 0;
  const toDecoder = [activations, wDec.gradient + offset, how] as const;
  const gLat = bLat.gradient + first * 4;
  kernels.derive(count, n, width, at.atoms + offset, ...of, penalty, derivatives, gLat, ...toDecoder);
  kernels.sumRows(count, n, width, at.targets, rows, starts, rowsOf, derivatives, wEnc.gradient + offset, how);
}

/** Marks the latents that were picked in the part. */
export function markFired(
  { words }: TrainingMemory,
  { starts }: Workspace,
  { first, last }: Slice,
  fired: Uint8Array,
): void {
  const firsts = words(starts, last - first + 1);
  for (let i = 0; i < last - first; i++) if (firsts[i + 1] > firsts[i]) fired[first + i] = 1;
}

/** b_pre's gradient of the part: it is in x̂, with every level's residual. */
export function addInputBias({ kernels, at, parameters, levels, width }: TrainingMemory, rows: number): void {
  kernels.addLevel(at.gradients, rows, levels.length, width, parameters.bPre.gradient);
}

/** Latents of a block, of which each is summed over on its own. */
export function blockSlice(n: number, block: number): Slice {
  const size = blockSize(n);
  return { first: Math.min(n, block * size), last: Math.min(n, (block + 1) * size) };
}

/** What b_pre's gradient gets when all parts are done: it is in x' − b_pre too, through each active latent's encoder row. */
export function endBatch(memory: TrainingMemory): void {
  for (let block = 0; block < BLOCKS; block++) sumInputBias(memory, block);
  gatherInputBias(memory);
}

/** The block's share of that, by itself. */
export function sumInputBias({ kernels, at, parameters, n, width, floats }: TrainingMemory, block: number): void {
  const { wEnc, bLat } = parameters;
  const { first, last } = blockSlice(n, block);
  const sum = at.blockSums + block * width * 4;
  floats(sum, width).fill(0);
  kernels.subtractRows(bLat.gradient + first * 4, wEnc.weight + first * width * 4, last - first, width, sum);
}

/** Adds the blocks' shares up. */
export function gatherInputBias({ kernels, at, parameters, width }: TrainingMemory): void {
  for (let block = 0; block < BLOCKS; block++)
    kernels.axpy(1, at.blockSums + block * width * 4, parameters.bPre.gradient, width);
}
