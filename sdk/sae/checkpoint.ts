/**
 * A training on disk: weights, moments and where in the order of rows it stands, in one safetensors file that appears whole or not at all.
 * Going on from it gives the bytes that an uninterrupted run gives. The rows' order is not kept but drawn again from the seed.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NadirError, readBounded, removeAbandoned, toFloat32, writeFileAtomic } from '../base/index.ts';
import { formatSafeTensors, parseSafeTensors } from './safetensors.ts';
import type { TrainingMemory } from './training-memory.ts';

/** Where and how often a training is kept. */
export interface CheckpointOptions {
  readonly folder: string;
  /** Seconds between two writings, 60 by default; 0 for every step. */
  readonly everySeconds?: number;
}

const FILE = 'checkpoint.safetensors';
/** For the header, with the reports of the epochs. */
const SPARE_BYTES = 64 * 2 ** 20;

const epochSchema = z.object({
  loss: z.number(),
  byLevel: z.array(z.number()).readonly(),
  dead: z.number(),
  penalty: z.number().optional(),
  auxiliary: z.number().optional(),
  resampled: z.number().optional(),
});

const stateSchema = z.object({
  /** Hash of data and options: a checkpoint continues the very training that wrote it. */
  training: z.string(),
  step: z.int().min(0),
  epoch: z.int().min(0),
  /** Rows of the epoch that are done. */
  done: z.int().min(0),
  /** Sums of the running epoch: errors by level, then own term, auxiliary term, latents begun anew. */
  sums: z.array(z.number()),
  /** The selection's. */
  running: z.array(z.number()),
  epochs: z.array(epochSchema),
});

/** Where a training stands between two steps, arrays aside. */
export type TrainingState = z.infer<typeof stateSchema>;

/** Counts of latents that a training keeps besides what lies in its memory, [n] each. */
export interface LatentCounts {
  /** Picked in the running epoch: 1, else 0. */
  readonly fired: Uint8Array;
  /** Steps since last picked. */
  readonly idle: Uint32Array;
}

/** Writes the training into the folder, in place of what was there. */
export async function writeCheckpoint(
  folder: string,
  memory: TrainingMemory,
  { fired, idle }: LatentCounts,
  state: TrainingState,
): Promise<void> {
  const tensor = (data: Float32Array) => ({ shape: [data.length], data });
  const tensors = Object.fromEntries([
    ...arraysOf(memory).map(([name, data]) => [name, tensor(data)]),
    ['fired', tensor(Float32Array.from(fired))],
    ['idle', tensor(Float32Array.from(idle))],
  ]);
  await writeFileAtomic(join(folder, FILE), formatSafeTensors(tensors, { state: JSON.stringify(state) }));
}

/** Puts the folder's training into memory and counts and gives where it stood; undefined where there is none. */
export async function readCheckpoint(
  folder: string,
  memory: TrainingMemory,
  counts: LatentCounts,
  training: string,
): Promise<TrainingState | undefined> {
  const path = join(folder, FILE);
  await removeAbandoned(folder);
  const names = await readdir(folder).catch(() => [] as string[]);
  if (!names.includes(FILE)) return undefined;
  const arrays = arraysOf(memory);
  const bytes = arrays.reduce((sum, [, data]) => sum + data.byteLength, 8 * memory.n);
  const { tensors, metadata } = parseSafeTensors(await readBounded(path, bytes + SPARE_BYTES), path);
  const fail = (what: string) =>
    new NadirError({ what, where: path, remedy: 'Remove the file to begin the training anew, or take another folder' });
  const state = parseState(metadata.state);
  if (!state) throw fail('the checkpoint does not say where the training stands');
  if (state.training !== training) throw fail('the checkpoint is of a training with other data or options');
  const get = (name: string, length: number) => {
    const found = tensors.get(name);
    if (found?.data.length !== length) throw fail(`the checkpoint's ${name} does not hold ${length} values`);
    return toFloat32(found);
  };
  const read = arrays.map(([name, data]) => get(name, data.length));
  const [fired, idle] = [get('fired', memory.n), get('idle', memory.n)];
  arrays.forEach(([, data], i) => {
    data.set(read[i]);
  });
  counts.fired.set(fired);
  counts.idle.set(idle);
  return state;
}

/** Removes the training kept in the folder: once its weights are written. */
export async function removeCheckpoint(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true });
}

/** Views of weights and moments by name. */
function arraysOf({ parameters, floats }: TrainingMemory): [string, Float32Array][] {
  return Object.entries(parameters).flatMap(([name, { count, weight, firstMoment, secondMoment }]) => [
    [`${name}.weight`, floats(weight, count)] as [string, Float32Array],
    [`${name}.firstMoment`, floats(firstMoment, count)] as [string, Float32Array],
    [`${name}.secondMoment`, floats(secondMoment, count)] as [string, Float32Array],
  ]);
}

function parseState(text: string | undefined): TrainingState | undefined {
  try {
    return stateSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}
