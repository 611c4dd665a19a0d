/**
 * A rank's own share of the encoder: pre-activations of its latents for all rows. It lies in a memory of its own, since onnxruntime takes no
 * memory that threads share.
 */
import type { DenseProduct } from '../dense.ts';
import { multiplyRows, type Slice } from '../gradients.ts';
import type { SaeKernels } from '../kernels/kernels.ts';
import { openKernels } from '../kernels/open.ts';
import { layout, takeScratch } from '../layout.ts';
import type { TrainingMemory } from '../training-memory.ts';

export class RankEncoder {
  readonly #kernels: SaeKernels;
  readonly #slice: Slice;
  readonly #at: ReturnType<typeof layOut>['at'];

  /** For the latents of `slice`, of the kernels that the shared memory has. */
  constructor(shared: TrainingMemory, slice: Slice) {
    const { at, bytes } = layOut(shared, slice.last - slice.first);
    this.#kernels = openKernels(bytes, shared.kernels.name);
    this.#slice = slice;
    this.#at = at;
    this.#words(at.most, 1).set([shared.candidateSlots]);
  }

  /** Takes the weights that the shared memory has now. */
  take({ floats, parameters, width }: TrainingMemory): void {
    const { first, last } = this.#slice;
    const count = last - first;
    this.#floats(this.#at.matrix, count * width).set(floats(parameters.wEnc.weight + first * width * 4, count * width));
    this.#floats(this.#at.bias, count).set(floats(parameters.bLat.weight + first * 4, count));
    this.#floats(this.#at.inputBias, width).set(floats(parameters.bPre.weight, width));
  }

  /** The strongest of its latents for each of the rows that lie at `from` in the shared memory: as candidates of part `rank`. */
  async encode(shared: TrainingMemory, dense: DenseProduct, rank: number, rows: number, from: number): Promise<void> {
    const { width, candidateSlots: slots } = shared;
    const { matrix, bias, inputBias, input, centred, product, most, latents, values, counts, scratch } = this.#at;
    const { first, last } = this.#slice;
    const count = last - first;
    const floats = (offset: number, length: number) => this.#floats(offset, length);
    floats(input, rows * width).set(shared.floats(from, rows * width));
    this.#kernels.centre(input, inputBias, centred, rows, width);
    await multiplyRows(dense, { floats }, { rows: centred, matrix, product }, rows, count, width);
    const { scratchValues, scratchLatents, scratchAll, scratchRest } = scratch;
    const room = [scratchValues, scratchLatents, scratchAll, scratchRest] as const;
    this.#kernels.select(product, rows, count, bias, most, 1, ...room, latents, values, counts, slots);
    const found = this.#words(latents, rows * slots);
    for (let i = 0; i < found.length; i++) found[i] += first;
    // parts lie as far apart as the rows that are there
    const place = rank * rows * slots * 4;
    shared.words(shared.at.candidateLatents + place, rows * slots).set(found);
    shared.floats(shared.at.candidateValues + place, rows * slots).set(floats(values, rows * slots));
    shared.words(shared.at.candidateCounts + rank * rows * 4, rows).set(this.#words(counts, rows));
  }

  #floats(offset: number, count: number): Float32Array {
    return new Float32Array(this.#kernels.buffer, offset, count);
  }

  #words(offset: number, count: number): Uint32Array {
    return new Uint32Array(this.#kernels.buffer, offset, count);
  }
}

function layOut({ rows, width, candidateSlots: slots }: TrainingMemory, count: number) {
  const { take, end } = layout();
  const at = {
    matrix: take(count * width),
    bias: take(count),
    inputBias: take(width),
    input: take(rows * width),
    centred: take(rows * width),
    product: take(rows * count),
    most: take(1),
    latents: take(rows * slots),
    values: take(rows * slots),
    counts: take(rows),
    scratch: takeScratch(take, count),
  };
  return { at, bytes: end() };
}
