/** Where everything of a training lies in the one memory of the kernels: byte offsets, and views for what TypeScript touches. */
import type { SaeKernels } from './kernels/kernels.ts';
import { openKernels, openKernelsOn, openSharedMemory, type SharedMemory } from './kernels/open.ts';
import { layout, rowWidth, SPILL, takeScratch } from './layout.ts';

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
  /** Rows of a batch, for several threads. */
  readonly batch?: number;
  /** Most dead latents that help a row (`auxiliary.ts`), 0 for none. */
  readonly helpers?: number;
}

/** Parts of the dictionary whose sums over latents are made on their own: the same for any number of threads, which share the parts out. */
export const BLOCKS = 8;

/** Latents of a block, but for the last ones. */
export function blockSize(n: number): number {
  return 4 * Math.ceil(n / (4 * BLOCKS));
}

const PARAMETERS = ['wDec', 'wEnc', 'bLat', 'bPre'] as const;
/** Names of the trained arrays. */
export type ParameterName = (typeof PARAMETERS)[number];

/** Offset and number of float32 values of a trained array, of its gradient and of Adam's two moments. */
export interface Parameter {
  readonly count: number;
  readonly weight: number;
  readonly gradient: number;
  readonly firstMoment: number;
  readonly secondMoment: number;
}

export interface TrainingMemory extends TrainingSizes {
  readonly kernels: SaeKernels;
  /** d rounded up to a multiple of 32: the length of every row. */
  readonly width: number;
  /** Latents kept of a row: the largest level. */
  readonly slots: number;
  /** Of these, what one of the threads can have. */
  readonly candidateSlots: number;
  readonly parameters: Readonly<Record<ParameterName, Parameter>> & {
    /** log θ, [n]; only where latents have thresholds. */
    readonly logThreshold?: Parameter;
  };
  readonly at: Readonly<Record<Region, number>>;
  /** One a thread. */
  readonly workspaces: readonly Workspace[];
  /** Float32 view of `count` values at a byte offset. */
  floats(offset: number, count: number): Float32Array;
  /** Uint32 view of `count` values at a byte offset. */
  words(offset: number, count: number): Uint32Array;
}

/** What `at` has besides: what each holds is said where kernels take it; candidates, the batch and what is gathered over it are for several threads. `targets`, `atoms` and `gradients` lie by segments. */
type Region =
  | 'input'
  | 'centred'
  | 'targets'
  | 'atoms'
  | 'pre'
  | 'levels'
  | 'levelWeights'
  | 'candidateLatents'
  | 'candidateValues'
  | 'candidateCounts'
  | 'batch'
  | 'batchErrors'
  | 'fired'
  | 'barrier'
  | 'latents'
  | 'values'
  | 'ends'
  | 'inverse'
  | 'gradients'
  | 'squares'
  | 'errors'
  | 'sums'
  | 'norms'
  | 'blockSums'
  | 'blockSquares'
  | 'helpers'
  | 'helperBias'
  | 'helperLatents'
  | 'helperValues'
  | 'helperEnds'
  | 'helperRows'
  | 'helperGradients';

/** Where one thread selects, and lists the pairs of rows and its own latents: as `byLatent` and `derive` write them. */
export interface Workspace {
  readonly scratchValues: number;
  readonly scratchLatents: number;
  readonly scratchAll: number;
  readonly scratchRest: number;
  readonly starts: number;
  readonly residuals: number;
  readonly rowsOf: number;
  readonly activations: number;
  readonly derivatives: number;
}

/** Lays out and opens a memory for one thread. Throws NadirError where it would be too large. */
export function openTrainingMemory(sizes: TrainingSizes, prefer: 'wasm' | 'twin' = 'wasm'): TrainingMemory {
  return layOut(sizes, 1, (bytes) => openKernels(bytes, prefer));
}

/** The same for several, and what lets another thread open the same memory (`joinTrainingMemory`). */
export function openSharedTraining(sizes: TrainingSizes, threads: number, prefer: 'wasm' | 'twin' = 'wasm') {
  let shared: SharedMemory = new SharedArrayBuffer(0);
  const memory = layOut(sizes, threads, (bytes) => {
    shared = openSharedMemory(bytes, prefer);
    return openKernelsOn(shared);
  });
  return { memory, shared };
}

/** Opens the memory that another thread laid out. */
export function joinTrainingMemory(sizes: TrainingSizes, threads: number, shared: SharedMemory): TrainingMemory {
  return layOut(sizes, threads, () => openKernelsOn(shared));
}

function layOut(sizes: TrainingSizes, threads: number, open: (bytes: number) => SaeKernels): TrainingMemory {
  const { d, n, rows, levels, thresholds = false, helpers = 0, batch = rows } = sizes;
  const width = rowWidth(d);
  const slots = levels[levels.length - 1];
  const { take, end } = layout();
  const counts: Record<ParameterName, number> = {
    wDec: n * width,
    wEnc: n * width,
    bLat: Math.ceil(n / 32) * 32,
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
    ...(thresholds && { logThreshold: parameter(Math.ceil(n / 32) * 32) }),
  };
  const several = threads > 1 ? threads : 0;
  const candidateSlots = Math.min(slots, blockSize(n) * Math.ceil(BLOCKS / threads));
  const at: Record<Region, number> = {
    input: take(rows * width),
    centred: take(rows * width),
    targets: take(rows * width),
    atoms: take(n * width),
    pre: take(several ? 0 : rows * n),
    levels: take(levels.length),
    levelWeights: take(levels.length),
    candidateLatents: take(several * rows * candidateSlots),
    candidateValues: take(several * rows * candidateSlots),
    candidateCounts: take(several * rows),
    batch: take(several ? batch * width : 0),
    batchErrors: take(2 * (levels.length + 1)),
    fired: take(Math.ceil(n / 4)),
    barrier: take(3),
    latents: take(rows * slots),
    values: take(rows * slots),
    ends: take(rows * levels.length),
    inverse: take(rows),
    gradients: take(rows * levels.length * width),
    squares: take(rows * levels.length * 4),
    errors: take(levels.length * 2),
    sums: take(4 * n),
    norms: take(n),
    blockSums: take(BLOCKS * width),
    blockSquares: take(BLOCKS * 2),
    helpers: take(1),
    helperBias: take(helpers > 0 ? n : 0),
    helperLatents: take(rows * helpers),
    helperValues: take(rows * helpers),
    helperEnds: take(helpers > 0 ? rows : 0),
    helperRows: take(helpers > 0 ? rows * width : 0),
    helperGradients: take(helpers > 0 ? rows * width : 0),
  };
  const pairs = rows * Math.max(candidateSlots, helpers);
  const workspaces = Array.from(
    { length: threads },
    (): Workspace => ({
      ...takeScratch(take, n),
      starts: take(n + 1),
      residuals: take(pairs),
      rowsOf: take(pairs),
      activations: take(pairs),
      derivatives: take(pairs + SPILL),
    }),
  );
  const kernels = open(end());
  const floats = (offset: number, count: number) => new Float32Array(kernels.buffer, offset, count);
  const words = (offset: number, count: number) => new Uint32Array(kernels.buffer, offset, count);
  words(at.levels, levels.length).set(levels);
  words(at.helpers, 1).set([helpers]);
  return { ...sizes, kernels, width, slots, candidateSlots, parameters, at, workspaces, floats, words };
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
