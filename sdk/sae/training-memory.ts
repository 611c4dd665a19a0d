/** Where everything of a training lies in the one memory of the kernels: byte offsets, and views for what TypeScript touches. */
import type { SaeKernels } from './kernels/kernels.ts';
import { openKernels } from './kernels/open.ts';

/** Sizes of a training. */
export interface TrainingSizes {
  readonly d: number;
  readonly n: number;
  /** Rows worked on at once. */
  readonly rows: number;
  /** Most latents that a row has at each level, rising. */
  readonly levels: readonly number[];
  /** True: each latent has a trained threshold (JumpReLU). */
  readonly thresholds?: boolean;
  /** Most dead latents that help a row (`auxiliary.ts`), 0 for none. */
  readonly helpers?: number;
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
  readonly parameters: Readonly<Record<ParameterName, Parameter>> & {
    /** log θ, [n]; only where latents have thresholds. */
    readonly logThreshold?: Parameter;
  };
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
  | 'entries'
  | 'helpers'
  | 'helperBias'
  | 'helperLatents'
  | 'helperValues'
  | 'helperEnds'
  | 'helperGradients';

/** Lays out and opens the memory. Throws NadirError where it would be too large. */
export function openTrainingMemory(sizes: TrainingSizes, prefer: 'wasm' | 'twin' = 'wasm'): TrainingMemory {
  const { d, n, rows, levels, thresholds = false, helpers = 0 } = sizes;
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
  const parameter = (count: number): Parameter => {
    const [weight, gradient, firstMoment, secondMoment] = [take(count), take(count), take(count), take(count)];
    return { count, weight, gradient, firstMoment, secondMoment };
  };
  const parameters = {
    ...(Object.fromEntries(PARAMETERS.map((name) => [name, parameter(counts[name])])) as Record<
      ParameterName,
      Parameter
    >),
    ...(thresholds && { logThreshold: parameter(Math.ceil(n / 8) * 8) }),
  };
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
    entries: take(rows * Math.max(slots, helpers) * 2),
    helpers: take(1),
    helperBias: take(helpers > 0 ? n : 0),
    helperLatents: take(rows * helpers),
    helperValues: take(rows * helpers),
    helperEnds: take(helpers > 0 ? rows : 0),
    helperGradients: take(helpers > 0 ? rows * width : 0),
  };
  const kernels = openKernels(end, prefer);
  const floats = (offset: number, count: number) => new Float32Array(kernels.buffer, offset, count);
  const words = (offset: number, count: number) => new Uint32Array(kernels.buffer, offset, count);
  words(at.levels, levels.length).set(levels);
  words(at.helpers, 1).set([helpers]);
  return { ...sizes, kernels, width, slots, parameters, at, floats, words };
}

/** Sets the weights of W_dec or W_enc to rows [n, d]. */
export function putRows(memory: TrainingMemory, name: ParameterName, rows: Float32Array): void {
  const { d, n, width, parameters } = memory;
  const target = memory.floats(parameters[name].weight, n * width);
  for (let i = 0; i < n; i++) target.set(rows.subarray(i * d, (i + 1) * d), i * width);
}

/** The weights of W_dec or W_enc as rows [n, d]. */
export function takeRows(memory: TrainingMemory, name: ParameterName): Float32Array {
  const { d, n, width, parameters } = memory;
  const source = memory.floats(parameters[name].weight, n * width);
  const rows = new Float32Array(n * d);
  for (let i = 0; i < n; i++) rows.set(source.subarray(i * width, i * width + d), i * d);
  return rows;
}
