/** What a training on streamed embeddings takes of memory, stated before it starts; the shuffle buffer gets what a stated total leaves. */
import { NadirError } from '../../base/index.ts';

const MIB = 2 ** 20;
/** Memory that a training on streamed embeddings keeps within where nothing is asked, unless its weights need more. */
const DEFAULT_MEMORY_BYTES = 1024 * MIB;
/** The runtime, its libraries, and what their heaps keep and have not yet given back. */
const PROGRAM_BYTES = 320 * MIB;
/** A larger buffer would hardly mix rows better. */
const MOST_BUFFER_BYTES = 256 * MIB;
const LEAST_BUFFER_BYTES = 4 * MIB;
/** Where the weights need more than the default memory. */
const DEFAULT_BUFFER_BYTES = 64 * MIB;
/** Rows drawn for first weights, resampling and naming: at most so many, and bytes. */
const SAMPLE_ROWS = 16_384;
const SAMPLE_BYTES = 32 * MIB;
/** Rows measured on: at most so many, and bytes of their pre-activations. */
const HELD_OUT_ROWS = 4096;
const HELD_OUT_BYTES = 32 * MIB;
/** Copies of data in memory at their peak: as read, split, and preprocessed. */
const COPIES = 4;
/** Weights, gradients and moments of an encoder's or decoder's value, copies in the order of kernels, a checkpoint under way, and the result: float32 values. */
const VALUES_OF_WEIGHT = 13;

export interface TrainingShape {
  readonly d: number;
  readonly n: number;
  readonly batch: number;
  /** Of the shards. */
  readonly readingBytes: number;
}

/** Bytes by use. */
export interface Footprint {
  readonly program: number;
  readonly training: number;
  readonly samples: number;
  readonly reading: number;
  readonly buffer: number;
  readonly total: number;
  readonly bufferRows: number;
  readonly sampleRows: number;
  readonly heldOutRows: number;
}

/** Shares `memoryBytes` out, 1 GiB or what the weights need by default. Throws NadirError where they are too few. */
export function footprintOf(shape: TrainingShape, memoryBytes?: number): Footprint {
  const { d, n, readingBytes: reading } = shape;
  const sampleRows = Math.max(1, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_BYTES / (4 * d))));
  const heldOutRows = Math.max(256, Math.min(HELD_OUT_ROWS, Math.floor(HELD_OUT_BYTES / (4 * Math.max(n, d)))));
  const program = PROGRAM_BYTES;
  const training = trainingBytes(shape);
  // as they are and preprocessed
  const samples = 4 * 2 * sampleRows * d + measuringBytes(shape, heldOutRows);
  const fixed = program + training + samples + reading;
  const memory = memoryBytes ?? Math.max(DEFAULT_MEMORY_BYTES, fixed + DEFAULT_BUFFER_BYTES);
  const buffer = Math.min(MOST_BUFFER_BYTES, memory - fixed);
  if (buffer < LEAST_BUFFER_BYTES) {
    const least = Math.ceil((fixed + LEAST_BUFFER_BYTES) / MIB);
    throw new NadirError({
      what: `${n} latents of length ${d} on streamed embeddings do not train in ${Math.floor(memory / MIB)} MiB`,
      where: '--memory',
      remedy: `Give at least ${least} MiB, or fewer latents`,
      exitCode: 2,
    });
  }
  const bufferRows = Math.max(1, Math.floor(buffer / (4 * d)));
  return { program, training, samples, reading, buffer, total: fixed + buffer, bufferRows, sampleRows, heldOutRows };
}

/** Whether a training can hold all its rows; `memoryBytes` counts everything, and by default the rows alone. */
export function fitsMemory(shape: TrainingShape, rows: number, memoryBytes?: number): boolean {
  const held = COPIES * 4 * rows * shape.d;
  if (memoryBytes === undefined) return held <= DEFAULT_MEMORY_BYTES;
  // a tenth is held out
  return PROGRAM_BYTES + trainingBytes(shape) + measuringBytes(shape, rows / 10) + held <= memoryBytes;
}

/** Of a batch at most 512 rows are worked on at once, with at most about so many arrays of pre-activations' and embeddings' length. */
function trainingBytes({ d, n, batch }: TrainingShape): number {
  return 4 * (2 * n * d * VALUES_OF_WEIGHT + Math.min(batch, 512) * (12 * n + 16 * d) + batch * d);
}

/** Held-out rows with their pre-activations and codes. */
function measuringBytes({ d, n }: TrainingShape, rows: number): number {
  return Math.ceil(4 * rows * (d + 3 * n));
}

/** The footprint in words. */
export function describeFootprint({ total, ...parts }: Footprint): string {
  const mib = (bytes: number) => `${Math.ceil(bytes / MIB)} MiB`;
  const uses = [
    `shuffle buffer ${mib(parts.buffer)} (${parts.bufferRows} rows)`,
    `weights and steps ${mib(parts.training)}`,
    `samples ${mib(parts.samples)}`,
    ...(parts.reading > 0 ? [`reading shards ${mib(parts.reading)}`] : []),
    `program ${mib(parts.program)}`,
  ];
  return `at most ${mib(total)} of memory: ${uses.join(', ')}`;
}
