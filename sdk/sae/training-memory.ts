/** Where everything of a training lies in the one memory of the kernels: byte offsets, and views for what TypeScript touches. */
import type { SaeKernels } from './kernels/kernels.ts';
import { openKernels } from './kernels/open.ts';

/** Sizes of a training. */
export interface TrainingSizes {
  readonly d: number;
  readonly n: number;
  /** Rows worked on at once. */
  readonly rows: number;
  readonly levels: readonly number[];
}

const PARAMETERS = ['wDec', 'wEnc', 'bLat', 'bPre'] as const;
/** Names of the trained arrays. */
export type ParameterName = (typeof PARAMETERS)[number];

/** Offset and number of float32 values of a trained array, of its gradient and of Adam's two moments. */
interface Parameter {
  readonly count: number;
  readonly weight: number;
  readonly gradient: number;
  readonly firstMoment: number;
  readonly secondMoment: number;
}

export interface TrainingMemory extends TrainingSizes {
  readonly kernels: SaeKernels;
  /** d rounded up to a multiple of 8: the length of every row. */
  readonly width: number;
  /** Latents kept of a row: the largest level. */
  readonly slots: number;
  readonly parameters: Readonly<Record<ParameterName, Parameter>>;
  readonly at: Readonly<Record<Region, number>>;
  /** Float32 view of `count` values at a byte offset. */
  floats(offset: number, count: number): Float32Array;
  /** Uint32 view of `count` values at a byte offset. */
  words(offset: number, count: number): Uint32Array;
}

type Region =
  | 'input'
  | 'centred'
  | 'pre'
  | 'levels'
  | 'levelWeights'
  | 'scratchValues'
  | 'scratchLatents'
  | 'latents'
  | 'values'
  | 'ends'
  | 'gradients'
  | 'estimate'
  | 'errors'
  | 'starts'
  | 'entries';

/** Lays out and opens the memory. Throws NadirError where it would be too large. */
export function openTrainingMemory(sizes: TrainingSizes, prefer: 'wasm' | 'twin' = 'wasm'): TrainingMemory {
  const { d, n, rows, levels } = sizes;
  const width = Math.ceil(d / 8) * 8;
  const slots = levels[levels.length - 1];
  let end = 65536; // below it lie AssemblyScript's own few bytes
  const take = (words: number) => {
    const offset = end;
    end += Math.ceil((words * 4) / 64) * 64;
    return offset;
  };
  const counts: Record<ParameterName, number> = {
    wDec: n * width,
    wEnc: n * width,
    bLat: Math.ceil(n / 4) * 4,
    bPre: width,
  };
  const parameters = Object.fromEntries(
    PARAMETERS.map((name) => {
      const count = counts[name];
      const [weight, gradient, firstMoment, secondMoment] = [take(count), take(count), take(count), take(count)];
      return [name, { count, weight, gradient, firstMoment, secondMoment }];
    }),
  ) as Record<ParameterName, Parameter>;
  const at: Record<Region, number> = {
    input: take(rows * width),
    centred: take(rows * width),
    pre: take(rows * n),
    levels: take(levels.length),
    levelWeights: take(levels.length),
    scratchValues: take(n),
    scratchLatents: take(n),
    latents: take(rows * slots),
    values: take(rows * slots),
    ends: take(rows * levels.length),
    gradients: take(rows * levels.length * width),
    estimate: take(width),
    errors: take(levels.length * 2),
    starts: take(n + 1),
    entries: take(rows * slots * 2),
  };
  const kernels = openKernels(end, prefer);
  const floats = (offset: number, count: number) => new Float32Array(kernels.buffer, offset, count);
  const words = (offset: number, count: number) => new Uint32Array(kernels.buffer, offset, count);
  words(at.levels, levels.length).set(levels);
  return { ...sizes, kernels, width, slots, parameters, at, floats, words };
}
